/* While a training waits or runs, its card is loaded anew; when it ended, so is the page. */
(() => {
  const EVERY_MS = 3000;

  async function again(holder) {
    if (document.hidden) return true;
    const answer = await fetch(holder.dataset.trainingPart, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok) return true;
    const text = await answer.text();
    if (!text.includes("data-training")) { location.reload(); return false; }
    if (!holder.contains(document.activeElement)) holder.innerHTML = text;
    return true;
  }

  addEventListener("DOMContentLoaded", () => {
    const holder = document.querySelector("[data-training-part]");
    if (!holder || !holder.querySelector("[data-training]")) return;
    const timer = setInterval(async () => { if (!(await again(holder))) clearInterval(timer); }, EVERY_MS);
  });
})();
