/* A choice that leads to others is taken at once; while a comparison is at work its card is loaded anew. */
(() => {
  const EVERY_MS = 2000;

  async function again(holder) {
    if (document.hidden) return true;
    const answer = await fetch(holder.dataset.atWorkPart, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok) return true;
    const text = await answer.text();
    if (!text.includes("data-at-work")) { location.reload(); return false; }
    if (!holder.contains(document.activeElement)) holder.innerHTML = text;
    return true;
  }

  addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-reload]")) {
      form.addEventListener("change", () => { if (form.querySelector("select").value) form.submit(); });
    }
    const holder = document.querySelector("[data-at-work-part]");
    if (!holder || !holder.querySelector("[data-at-work]")) return;
    const timer = setInterval(async () => { if (!(await again(holder))) clearInterval(timer); }, EVERY_MS);
  });
})();
