/* A run that is under way: asked every second, the page anew when it ends. After a preview the rows are brought into view. */
(() => {
  async function follow(holder) {
    const answer = await fetch(holder.dataset.progress).catch(() => null);
    if (answer?.ok) {
      const now = await answer.json();
      if (now.state !== holder.dataset.state) return location.reload();
      const bar = holder.querySelector("progress");
      if (now.share === null) bar.removeAttribute("value");
      else bar.value = now.share;
      holder.querySelector("[data-text]").textContent = now.text;
    }
    setTimeout(() => follow(holder), 1000);
  }

  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-progress]").forEach(follow);
    const rows = document.querySelector("#rows");
    if (rows?.querySelector("table, [role=alert]")) rows.scrollIntoView({ block: "start" });
  });
})();
