/* Who a rule takes in, asked while it is edited: 300 ms after the last change, the newest question only. A number that
   may no longer be true is not shown: "computing…" stands there instead. */
window.RuleLive = (() => {
  const WAIT_MS = 300;
  const AGAIN_MS = 400;
  const { element, thousands } = window.RuleControls;

  /** box: the panel. question() → the fields to send. told(answer or null while computing). */
  const start = (box, { url, token, question, told }) => {
    const headline = box.querySelector("[data-headline]"), more = box.querySelector("[data-more]");
    const page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
    let timer = 0, running = null, asked = 0;

    const bad = (text) => {
      box.classList.add("b-bad");
      headline.textContent = text;
      more.replaceChildren();
      told({ failed: true });
    };

    const person = ({ label, url: link }) => {
      const item = element("li", link ? {} : { text: label });
      if (link) { const to = element("a", { text: label, href: link }); item.append(to); }
      return item;
    };

    const overlap = (found) => element("table", { className: "b-overlap", children: [
      element("caption", { text: "Of them, in other segments" }),
      element("tbody", { children: found.map((one) => element("tr", { children: [
        element("th", { scope: "row", text: one.name }),
        element("td", { text: one.both === null ? "too many to compare here" : thousands(one.both) }),
        element("td", { className: "b-share", text: one.both === null ? "" : one.share }),
      ] })) }),
    ] });

    const show = (found) => {
      box.classList.remove("b-bad");
      headline.textContent = found.headline;
      const parts = [];
      if (found.left_out) parts.push(element("p", { className: "b-left-out", text: found.left_out }));
      if (found.uncounted) parts.push(element("p", { className: "b-left-out", text: found.uncounted }));
      if (found.change) parts.push(element("p", { className: "b-change", text: found.change }));
      if (found.sentence) parts.push(element("p", { className: "b-sentence", text: found.sentence }));
      if (found.people.length) {
        const list = element("ul", { className: "b-people", "aria-label": "For example" });
        list.append(...found.people.map(person));
        if (found.more) list.append(element("li", { text: `and ${thousands(found.more)} more` }));
        parts.push(list);
      }
      if (found.overlap.length) parts.push(overlap(found.overlap));
      if (found.as_of) parts.push(element("p", { className: "b-as-of", text: found.as_of }));
      more.replaceChildren(...parts);
      told(found);
    };

    const ask = async () => {
      if (running) running.abort();
      const mine = new AbortController();
      running = mine;
      try {
        const response = await fetch(url, { method: "POST", body: new URLSearchParams([...question(), ["page", page], ["asked", asked += 1]]), headers: { "X-CSRFToken": token() }, signal: mine.signal });
        const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
        const found = isJson ? await response.json() : null;
        if (mine !== running) return;
        if (found && found.stopped) { timer = setTimeout(ask, AGAIN_MS); return; }
        if (found && found.busy) { if (headline.textContent !== found.busy) headline.textContent = found.busy; timer = setTimeout(ask, AGAIN_MS); return; }
        box.classList.remove("b-computing");
        if (!found) bad(`It could not be counted (${response.status}). Reload the page and try again.`);
        else if (found.error) bad(found.error);
        else show(found);
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.classList.remove("b-computing");
        bad("The server could not be reached. The count comes back with your next change.");
      }
    };

    /** Something changed: what is shown is not true any more. */
    const soon = (wait = WAIT_MS) => {
      clearTimeout(timer);
      if (running) running.abort();
      running = null;
      box.classList.remove("b-bad");
      box.classList.add("b-computing");
      headline.textContent = "computing…";
      told(null);
      timer = setTimeout(ask, wait);
    };
    return { soon };
  };

  return { start };
})();
