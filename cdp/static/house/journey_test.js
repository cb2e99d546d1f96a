/* People found without their address in any address, and the progress of a back-test. */
addEventListener("DOMContentLoaded", () => {
  const WAIT_MS = 1500;
  const input = document.querySelector("[data-j-people]"), place = document.querySelector("[data-j-found]"), button = document.querySelector("[data-j-find]");
  const find = async () => {
    const body = new URLSearchParams({ person_q: input.value, csrfmiddlewaretoken: input.form.querySelector("[name=csrfmiddlewaretoken]").value });
    place.textContent = "Looking…";
    const answer = await fetch(input.dataset.jPeople, { method: "POST", body }).catch(() => null);
    if (!answer || !answer.ok) { place.textContent = "The search did not work. Try once more."; return; }
    place.innerHTML = await answer.text(); // rendered and escaped by the server's template
    place.querySelector("input")?.focus();
  };
  button?.addEventListener("click", (event) => { event.preventDefault(); find(); });
  input?.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); find(); } });

  const waiting = document.querySelector("[data-j-progress]");
  const look = async () => {
    const answer = await fetch(waiting.dataset.jProgress, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && answer.ok) {
      const found = await answer.json();
      if (!found.running) { location.reload(); return; }
      waiting.querySelector("[data-j-pace]").textContent = found.pace;
      if (found.share !== null) waiting.querySelector("progress").value = found.share;
    }
    setTimeout(look, WAIT_MS);
  };
  if (waiting) setTimeout(look, WAIT_MS);
});
