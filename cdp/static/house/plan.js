/* An event's form: rows are added and taken out, and what is typed is tried on the newest events 600 ms after the last key. */
(() => {
  const WAIT_MS = 600;

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-plan-form]");
    if (!form) return;
    const rows = form.querySelector("[data-rows]");
    const box = form.querySelector("[data-preview]");
    const pattern = rows.querySelector("[data-row]:last-of-type").cloneNode(true);
    let next = rows.querySelectorAll("[data-row]").length;
    let timer = 0;
    let running = null;

    const ask = async () => {
      if (running) running.abort();
      const mine = new AbortController();
      running = mine;
      const body = new URLSearchParams(new FormData(form));
      body.set("what", "preview");
      try {
        const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Preview": "yes" }, signal: mine.signal });
        const html = await answer.text();
        if (mine !== running) return;
        if (answer.ok) box.innerHTML = html; // rendered and escaped by the server's template
        else box.textContent = `This could not be tried (${answer.status}). Reload the page and try again.`;
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.textContent = "The server could not be reached. It is tried again with your next change.";
      }
      box.removeAttribute("aria-busy");
    };

    const soon = () => {
      clearTimeout(timer);
      if (running) running.abort();
      box.setAttribute("aria-busy", "true");
      timer = setTimeout(ask, WAIT_MS);
    };

    const remove = (event) => {
      const row = event.target.closest("[data-row]");
      const near = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      const field = near && near.querySelector("input");
      if (field) field.focus();
      soon();
    };

    const ready = (row) => {
      const button = row.querySelector("[data-remove]");
      button.hidden = false;
      button.addEventListener("click", remove);
    };

    const add = () => {
      const row = pattern.cloneNode(true);
      row.querySelectorAll("[name]").forEach((field) => {
        field.name = field.name.replace(/\d+$/, String(next));
        if (field.type === "checkbox") field.checked = false;
        else if (field.tagName === "SELECT") field.selectedIndex = 0;
        else field.value = "";
      });
      next += 1;
      rows.append(row);
      ready(row);
      row.querySelector("input").focus();
    };

    rows.querySelectorAll("[data-row]").forEach(ready);
    const button = form.querySelector("[data-add]");
    button.hidden = false;
    button.addEventListener("click", add);
    form.addEventListener("input", (event) => {
      if (event.target.name !== "changelog" && event.target.name !== "owner" && event.target.name !== "description") soon();
    });
    form.querySelector("[data-try]").hidden = true;
    ask();
  });
})();
