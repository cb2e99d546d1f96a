/* Asks who a rule takes in while it is edited: 400 ms after the last key, and the last question only.
   A server that is busy with another preview is asked again until it answers. */
(() => {
  const WAIT_MS = 400;
  const AGAIN_MS = 1500;

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const person = ({ label, url }) => {
    const item = element("li", url ? "" : label);
    if (url) {
      const link = element("a", label);
      link.href = url;
      item.append(link);
    }
    return item;
  };

  const start = (box, rule) => {
    const headline = box.querySelector(".s-preview-headline");
    const more = box.querySelector(".s-preview-more");
    const token = box.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
    let timer = 0;
    let running = null;

    const showError = (text) => {
      box.classList.add("s-preview-bad");
      headline.textContent = text;
      more.replaceChildren();
    };

    const show = (found) => {
      headline.textContent = found.headline;
      const parts = [];
      if (found.change) parts.push(element("p", found.change, "s-preview-change"));
      parts.push(element("p", `${found.sentence} — ${found.as_of}`));
      if (found.people.length) {
        const list = element("ul");
        list.append(...found.people.map(person));
        if (found.more) list.append(element("li", `and ${found.more.toLocaleString("en-US")} more`));
        parts.push(list);
      }
      more.replaceChildren(...parts);
    };

    const showBusy = (text) => {
      if (headline.textContent !== text) headline.textContent = text; // said once to a screen reader
      timer = setTimeout(ask, AGAIN_MS);
    };

    const ask = async () => {
      if (running) running.abort();
      const mine = new AbortController();
      running = mine;
      try {
        const body = new URLSearchParams({ definition: rule.value, segment: box.dataset.segment });
        const headers = { "X-CSRFToken": token };
        const response = await fetch(box.dataset.preview, { method: "POST", body, headers, signal: mine.signal });
        const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
        const found = isJson ? await response.json() : null;
        if (mine !== running) return;
        if (found && found.busy) {
          showBusy(found.busy);
          return;
        }
        box.classList.remove("s-preview-busy", "s-preview-bad");
        if (!found) showError(`The preview could not be made (${response.status}). Reload the page and try again.`);
        else if (found.error) showError(found.error);
        else show(found);
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.classList.remove("s-preview-busy");
        showError("The server could not be reached. The preview comes back with your next change.");
      }
    };

    const soon = () => {
      clearTimeout(timer);
      if (running) running.abort();
      box.classList.remove("s-preview-bad");
      box.classList.add("s-preview-busy");
      headline.textContent = "computing…";
      timer = setTimeout(ask, WAIT_MS);
    };

    rule.addEventListener("input", soon);
    soon();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-preview]");
    const rule = document.querySelector("textarea[name=definition]");
    if (box && rule) start(box, rule);
  });
})();
