/* Asks what a computed trait says of some people while it is edited: 400 ms after the last change, the last question only. */
(() => {
  const WAIT_MS = 400;

  const cell = (row, text, url) => {
    const made = row.insertCell();
    if (!url) { made.textContent = text; return; }
    const link = document.createElement("a");
    link.href = url;
    link.textContent = text;
    made.append(link);
  };

  const start = (box) => {
    const form = box.closest("form");
    const headline = box.querySelector("p");
    const table = document.createElement("table");
    box.append(table);
    let timer = 0;
    let running = null;

    let isTouched = false;

    const show = (found) => {
      box.classList.toggle("p-preview-bad", Boolean(found.error) && isTouched);
      table.replaceChildren();
      headline.textContent = found.error || (found.people.length ? found.sentence : "Nobody is known yet: send events first.");
      for (const one of found.people || []) {
        const row = table.insertRow();
        cell(row, one.name, one.url);
        cell(row, one.value, "");
      }
    };

    const ask = async () => {
      if (running) running.abort();
      const mine = new AbortController();
      running = mine;
      try {
        const response = await fetch(box.dataset.preview, { method: "POST", body: new FormData(form), signal: mine.signal });
        const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
        if (mine !== running) return;
        show(isJson ? await response.json() : { error: `The preview could not be made (${response.status}).` });
      } catch (error) {
        if (error.name !== "AbortError" && mine === running) show({ error: "The server could not be reached." });
      }
    };

    const later = () => { isTouched = true; clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    ask();
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".p-preview").forEach(start));
})();
