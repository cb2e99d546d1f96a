/* The editor of an offer: only what fits its kind is asked for, the rule is built in a box, and whom it reaches and what
   it would have cost is computed half a second after the last key. */
(() => {
  const WAIT_MS = 500;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  addEventListener("DOMContentLoaded", () => {
    const form = one("[data-offer-form]"), box = one("[data-estimate]");
    if (!form || !box) return;
    let timer = 0, running = null, isTouched = Boolean(one(".pl-error", form));

    function settle() {
      const kind = one("[name=kind]", form).value, who = one("[name=audience_kind]", form).value;
      for (const part of all("[data-for]", form)) part.hidden = !part.dataset.for.split(" ").includes(kind);
      for (const part of all("[data-audience]", form)) part.hidden = part.dataset.audience !== who;
    }

    async function ask() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams(new FormData(form));
      body.set("what", "estimate");
      try {
        const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Preview": "yes" }, signal: mine.signal });
        const html = await answer.text();
        if (mine !== running) return;
        if (answer.ok) show(html);
        else box.textContent = `This could not be computed (${answer.status}). It is tried again with your next change.`;
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.textContent = "The server could not be reached. It is tried again with your next change.";
      }
      box.removeAttribute("aria-busy");
    }

    /** Rendered and escaped by the server's template. */
    function show(html) {
      box.innerHTML = html;
      const sentence = one("[data-new-sentence]", box).textContent;
      if (sentence) one("[data-sentence]").textContent = sentence;
      for (const said of all(".pl-error[data-live]", form)) said.remove();
      for (const marked of all("[aria-invalid][data-live]", form)) { marked.removeAttribute("aria-invalid"); delete marked.dataset.live; }
      if (isTouched) for (const fault of all("[data-fault]", box)) mark(fault.dataset.fault, fault.textContent);
    }

    /** A name or words that are still missing are told when it is saved, not while one types. */
    function mark(name, message) {
      if (["name", "languages", "audience"].includes(name)) return;
      const input = one(`[name="${CSS.escape(name)}"]`, form), field = input && input.closest(".pl-field");
      if (!field || field.closest("[hidden]") || one(".pl-error", field)) return;
      input.setAttribute("aria-invalid", "true");
      input.dataset.live = "";
      const said = document.createElement("span");
      said.className = "pl-error";
      said.dataset.live = "";
      said.textContent = message;
      field.append(said);
    }

    function soon(wait = WAIT_MS) {
      clearTimeout(timer);
      box.setAttribute("aria-busy", "true");
      timer = setTimeout(ask, wait);
    }

    const { language, previewUrl, suggestUrl } = JSON.parse(one("#offer-builder").textContent);
    const text = one("[name=audience_rule]", form), place = one("[data-rule-box]", form);
    if (language && place) {
      const read = () => { try { return JSON.parse(text.value); } catch { return null; } };
      const isEditable = !form.querySelector("fieldset:disabled");
      place.append(window.JourneyRule.mount({
        rule: read(), language, clauses: window.RuleClauses.make(language), ask: window.JourneyRule.asking(suggestUrl), previewUrl,
        token: () => one("[name=csrfmiddlewaretoken]", form).value, say: () => {}, isEditable,
        changed: (rule) => { text.value = JSON.stringify(rule); text.dispatchEvent(new Event("input", { bubbles: true })); },
      }));
      text.hidden = true;
    }

    form.addEventListener("input", (event) => {
      if (event.target.closest(".b-builder") && event.target !== text) return;
      isTouched = true;
      settle();
      const field = event.target.closest(".pl-field");
      if (field) for (const said of all(".pl-error", field)) said.remove();
      const note = one("[data-unsaved]");
      if (note) note.textContent = "Not saved yet";
      soon();
    });
    settle();
    const first = one(".pl-error", form);
    if (first) first.scrollIntoView({ block: "center" });
    soon(0);
  });
})();
