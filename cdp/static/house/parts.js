/* Loads pieces of a page that take longer than the page: every [data-part] is replaced by what its address answers.
   503 means "somebody else is being answered": asked again. [data-part-again] loads its own piece anew.
   [data-size] of a list gets the size that was not waited for. */
(() => {
  const RETRY_MS = 2000, MOST_TRIES = 15;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function load(holder, address) {
    holder.setAttribute("aria-busy", "true");
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
      if (answer && answer.status === 503) { await wait(RETRY_MS); continue; }
      if (answer && answer.ok) {
        holder.innerHTML = await answer.text();
        holder.removeAttribute("aria-busy");
        holder.dispatchEvent(new CustomEvent("h:part", { bubbles: true }));
        return;
      }
      break;
    }
    holder.removeAttribute("aria-busy");
    const note = document.createElement("p");
    note.className = "h-note h-alarm";
    note.textContent = "This part did not load. Load the page again to try once more.";
    holder.replaceChildren(note);
  }

  async function sizes() {
    const cells = [...document.querySelectorAll("[data-size]")];
    if (!cells.length) return;
    const query = new URLSearchParams([...new Set(cells.map((cell) => cell.dataset.size))].map((id) => ["id", id]));
    const answer = await fetch(`${cells[0].dataset.sizes}?${query}`).catch(() => null);
    if (!answer || !answer.ok) return;
    const found = await answer.json();
    for (const cell of cells) {
      const one = found[cell.dataset.size];
      if (one) cell.textContent = one[cell.dataset.figure];
    }
  }

  addEventListener("DOMContentLoaded", () => {
    for (const holder of document.querySelectorAll("[data-part]")) load(holder, holder.dataset.part);
    sizes();
  });
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-part-again]");
    const holder = button && button.closest("[data-part]");
    if (!holder) return;
    button.disabled = true;
    button.textContent = "Counting…";
    load(holder, button.dataset.partAgain);
  });
})();
