/* A placement's page: what stands in the form is shown as the chosen person would meet it, half a second after the last
   key, with its sentence and its faults; people are found without their address standing in any address. */
(() => {
  const WAIT_MS = 500;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  addEventListener("DOMContentLoaded", () => {
    const form = one("[data-placement-form]"), box = one("[data-preview]");
    if (!form || !box) return;
    let timer = 0, running = null;

    async function ask() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams(new FormData(form));
      body.set("what", "preview");
      try {
        const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Preview": "yes" }, signal: mine.signal });
        const html = await answer.text();
        if (mine !== running) return;
        if (answer.ok) show(html);
        else box.textContent = `This could not be shown (${answer.status}). Reload the page and try again.`;
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
      const shares = all("[data-new-share]", box).map((each) => each.textContent);
      all("[data-share]", form).filter((each) => each.closest("[data-row]").querySelector("select").value).forEach((each, index) => { each.textContent = shares[index] || ""; });
      mark(all("[data-fault]", box));
    }

    /** Faults beside their fields: those of rows in the row, all others below the field of that name. */
    function mark(faults) {
      all(".pl-error", form).filter((each) => !isNamed(each)).forEach((each) => each.remove());
      all("[aria-invalid]", form).filter((each) => !isNamed(each)).forEach((each) => each.removeAttribute("aria-invalid"));
      for (const fault of faults) {
        const [group, number] = fault.dataset.fault.split(".");
        const rows = { strategies: "strategy", fallbacks: "fallback", boosts: "boost", rules: "rule" }[group];
        const holder = rows && number !== undefined
          ? all(`[data-rows="${rows}"] > [data-row]`, form).filter((row) => one("select[name=strategy], select[name=fallback], [name=boost_by], [name=rule_value]", row).value)[Number(number)]
          : rows ? one(`[data-rows="${rows}"]`, form)
            : (one(`[name="${group}"]`, form) || one("[name=category_rule]", form)).closest(".pl-field, .pl-modes");
        if (!holder) continue;
        if (isNamed(holder) && one(".pl-error", holder)) continue;
        one("input, select", holder)?.setAttribute("aria-invalid", "true");
        const said = document.createElement("span");
        said.className = "pl-error";
        said.textContent = fault.textContent;
        holder.append(said);
      }
    }

    function soon(wait = WAIT_MS) {
      clearTimeout(timer);
      box.setAttribute("aria-busy", "true");
      timer = setTimeout(ask, wait);
    }

    async function find() {
      const input = one("[data-people]", form), place = one("[data-found]", form);
      const body = new URLSearchParams({ person_q: input.value, csrfmiddlewaretoken: one("[name=csrfmiddlewaretoken]", form).value });
      place.textContent = "Looking…";
      const answer = await fetch(input.dataset.people, { method: "POST", body }).catch(() => null);
      if (!answer || !answer.ok) { place.textContent = "The search did not work. Try once more."; return; }
      place.innerHTML = await answer.text();
      const hits = all("[name=profile]", place);
      one("[name=who][value=person]", form).checked = true;
      settle();
      if (hits.length) hits[0].focus();
      if (hits.length === 1) { hits[0].checked = true; soon(0); }
    }

    /** Only what the chosen kind and the chosen visitor have is asked for. */
    function settle() {
      const who = one("[name=who]:checked", form)?.value, kind = one("[name=kind]", form).value;
      all("[data-who]", form).forEach((each) => { each.hidden = each.dataset.who !== who; });
      all("[data-for]", form).forEach((each) => { each.hidden = !each.dataset.for.split(" ").includes(kind); });
    }

    /** What only saving can judge stays said until that field is typed into. */
    const isNamed = (each) => one("[name=name], [name=key]", each.closest(".pl-field") || document.createElement("i")) !== null;
    const isPreview = (field) => field.closest(".pl-preview") !== null;
    form.addEventListener("input", (event) => {
      if (event.target.name === "person_q") return;
      settle();
      if (isNamed(event.target)) all(".pl-error", event.target.closest(".pl-field")).forEach((each) => each.remove());
      if (!isPreview(event.target)) { const note = one("[data-unsaved]"); if (note) note.textContent = "Not saved yet"; }
      soon();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.defaultPrevented) return;
      event.preventDefault();
      if (event.target.name === "person_q") find(); else soon(0);
    });
    one("[data-find]", form)?.addEventListener("click", (event) => { event.preventDefault(); find(); });
    one("[data-try]", form).hidden = true;
    for (const button of all("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        try { await navigator.clipboard.writeText(one("pre", button.parentElement).textContent); button.textContent = "Copied"; }
        catch { getSelection().selectAllChildren(one("pre", button.parentElement)); button.textContent = "Marked: press Ctrl+C"; }
      });
    }
    settle();
    const first = one(".pl-error", form);
    if (first) first.scrollIntoView({ block: "center" });
    soon(0);
  });
})();
