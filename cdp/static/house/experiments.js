/* Experiments: the editor computes beside what is typed how long it takes, half a second after the last key; sliders say
   their figure; a page whose result is being computed loads itself anew. */
(() => {
  const WAIT_MS = 500, AGAIN_MS = 4000;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  function sliders() {
    for (const slider of all("input[type=range]")) {
      const said = one(`output[for="${slider.id}"]`);
      if (said) slider.addEventListener("input", () => { said.textContent = `${slider.value} %`; });
    }
  }

  /** Only what a measure takes is asked for. */
  function settle(form) {
    for (const row of all(".ex-metric", form)) {
      const kind = one("[data-kind]", row).value;
      for (const each of all("[data-for]", row)) each.hidden = !each.dataset.for.split(" ").includes(kind);
    }
  }

  function even(form) {
    const shares = all("[name=variant_share]", form);
    const part = Math.floor(10000 / shares.length) / 100;
    shares.forEach((field, place) => { field.value = place ? part : Math.round((100 - part * (shares.length - 1)) * 100) / 100; });
  }

  function ruleBuilder(form) {
    const { language, previewUrl, suggestUrl } = JSON.parse(one("#experiment-builder").textContent);
    const text = one("[name=audience_rule]", form), place = one("[data-rule-box]", form);
    const read = () => { try { return JSON.parse(text.value); } catch { return null; } };
    if (text.value && !read()) return;
    place.append(window.JourneyRule.mount({
      rule: read(), language, clauses: window.RuleClauses.make(language), ask: window.JourneyRule.asking(suggestUrl), previewUrl,
      token: () => one("[name=csrfmiddlewaretoken]", form).value, say: () => {}, isEditable: !one("fieldset:disabled", form),
      changed: (rule) => { text.value = JSON.stringify(rule); text.dispatchEvent(new Event("input", { bubbles: true })); },
    }));
    text.hidden = true;
  }

  function editor(form) {
    const box = one("[data-plan]", form);
    let timer = 0, running = null;

    async function ask() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams(new FormData(form));
      body.set("what", "plan");
      try {
        const answer = await fetch(location.href, { method: "POST", body, signal: mine.signal });
        const html = await answer.text();
        if (mine !== running) return;
        if (answer.ok) { box.innerHTML = html; shown(); }
        else box.textContent = `This could not be computed (${answer.status}). Reload the page and try again.`;
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.textContent = "The server could not be reached. It is tried again with your next change.";
      }
      box.removeAttribute("aria-busy");
    }

    function shown() {
      const told = one("[data-plan-share]", box);
      if (!told) return;
      const isShare = told.dataset.planShare === "yes";
      one("[data-deviation]", form).hidden = isShare;
      one("[data-base-unit]", form).textContent = isShare ? "% do it" : "a person";
      one("[name=base]", form).placeholder = told.dataset.planBase;
      one("[name=people_a_day]", form).placeholder = told.dataset.planPeople;
    }

    function soon() {
      clearTimeout(timer);
      box.setAttribute("aria-busy", "true");
      timer = setTimeout(ask, WAIT_MS);
    }

    form.addEventListener("input", (event) => {
      if (event.target.closest(".b-builder") && event.target.name !== "audience_rule") return;
      settle(form);
      const field = event.target.closest(".pl-field, .pl-row");
      if (field) for (const said of all(".pl-error", field)) said.remove();
      const note = one("[data-unsaved]");
      if (note) note.textContent = "Not saved yet";
      soon();
    });
    form.addEventListener("placement:row", () => settle(form));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT" && !event.defaultPrevented) event.preventDefault();
    });
    const button = one("[data-even]", form);
    if (button) { button.hidden = false; button.addEventListener("click", () => { even(form); soon(); }); }
    settle(form);
    ruleBuilder(form);
    shown();
    one(".pl-error", form)?.scrollIntoView({ block: "center" });
  }

  addEventListener("DOMContentLoaded", () => {
    sliders();
    const form = one("[data-experiment-form]");
    if (form) editor(form);
    if (one("[data-computing]")) setTimeout(() => location.reload(), AGAIN_MS);
  });
})();
