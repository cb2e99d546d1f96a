/* Desks of prices and content: what stands in the form is shown as the chosen person would meet it, half a second after
   the last key; rows are added, moved and taken out; people are found without their address standing in any address. */
(() => {
  const WAIT_MS = 500;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const told = (from) => from.dispatchEvent(new Event("input", { bubbles: true }));

  /** Rows: the order of the page is the order that is sent. */
  function ready(row) {
    if (!row.closest("fieldset:disabled")) all("[data-up], [data-down], [data-remove]", row).forEach((each) => { each.hidden = false; });
  }

  function add(button) {
    const rows = one(`[data-rows="${button.dataset.add}"]`), pattern = one(":scope > template", rows);
    const row = pattern.content.firstElementChild.cloneNode(true);
    row.innerHTML = row.innerHTML.replaceAll("__new__", `n${Date.now().toString(36)}`);
    (one(":scope > noscript", rows) || pattern).before(row);
    ready(row);
    one("input:not([type=hidden]), select, textarea", row).focus();
    row.dispatchEvent(new CustomEvent("placement:row", { bubbles: true }));
    settle();
    return row;
  }

  function arrange(button) {
    const row = button.closest("[data-row]"), rows = row?.parentElement;
    if (!row) return;
    const other = "up" in button.dataset ? row.previousElementSibling : row.nextElementSibling;
    if ("remove" in button.dataset) {
      row.remove();
      (one("[data-row] :is(input, select):not([type=hidden])", rows) || one(`[data-add="${rows.dataset.rows}"]`))?.focus();
      told(rows);
    } else if (("up" in button.dataset || "down" in button.dataset) && other?.matches("[data-row]")) {
      if ("up" in button.dataset) other.before(row); else other.after(row);
      button.focus();
      told(row);
    }
  }

  /** Only what the chosen kind has is asked for. */
  function settle() {
    const who = one("[name=who]:checked")?.value, whom = one("[name=whom]:checked")?.value, kind = one("[name=kind]:checked, [name=kind][type=hidden]")?.value;
    all("[data-who]").forEach((each) => { each.hidden = each.dataset.who !== who; });
    all("[data-whom]").forEach((each) => { each.hidden = !each.dataset.whom.split(" ").includes(whom); });
    all("[data-kind]").forEach((each) => { each.hidden = each.dataset.kind !== kind; });
  }

  addEventListener("DOMContentLoaded", () => {
    const form = one("[data-live-form]"), box = one("[data-preview]");
    for (const button of all("[data-add]")) button.hidden = false;
    all("[data-row]").forEach(ready);
    settle();
    // The admin's own listener looks for a text field beside every file field.
    document.addEventListener("change", (event) => { if (event.target.matches("[data-file]")) event.stopPropagation(); }, true);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || button.closest("fieldset:disabled")) return;
      if ("add" in button.dataset) add(button); else arrange(button);
    });
    if (!form || !box) return;
    let timer = 0, running = null;
    const mine = (field) => field.form === form || field.closest("[data-live-form]") === form;

    async function ask() {
      if (running) running.abort();
      const now = (running = new AbortController());
      const body = new URLSearchParams(new FormData(form));
      body.set("what", "preview");
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Preview": "yes" }, signal: now.signal });
        const html = await answer.text();
        if (now !== running) return;
        if (answer.ok) { box.innerHTML = html; mark(all("[data-fault]", box)); } // rendered and escaped by the server's template
        else box.textContent = `This could not be shown (${answer.status}). Reload the page and try again.`;
      } catch (error) {
        if (error.name === "AbortError" || now !== running) return;
        box.textContent = "The server could not be reached. It is tried again with your next change.";
      }
      box.removeAttribute("aria-busy");
    }

    /** Faults beside their fields; what only saving can judge stays said until that field is typed into. */
    const isNamed = (each) => one("[name=name], [name=key]", each.closest(".pl-field") || document.createElement("i")) !== null;
    function mark(faults) {
      all(".pl-error", form).filter((each) => !isNamed(each)).forEach((each) => each.remove());
      all("[aria-invalid]", form).filter((each) => !isNamed(each)).forEach((each) => each.removeAttribute("aria-invalid"));
      for (const fault of faults) {
        const [group, number, name] = fault.dataset.fault.split(".");
        const row = group === "variants" && number !== undefined ? all('[data-rows="variants"] > [data-row]', form)[Number(number)] : null;
        const field = row ? one(`[data-field="${name || "row"}"]`, row) : group === "fallback" ? one(`[data-fallback] [data-field="${number}"]`, form) : one(`[name="${group}"]`, form);
        const holder = field?.closest(".pl-field, .pl-modes") || row || one(`[data-errors="${group}"]`);
        if (!holder || (isNamed(holder) && one(".pl-error", holder))) continue;
        if (field) field.setAttribute("aria-invalid", "true");
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
      const input = one("[data-people]"), place = one("[data-found]");
      const body = new URLSearchParams({ person_q: input.value, csrfmiddlewaretoken: one("[name=csrfmiddlewaretoken]", form).value });
      place.textContent = "Looking…";
      const answer = await fetch(input.dataset.people, { method: "POST", body }).catch(() => null);
      if (!answer || !answer.ok) { place.textContent = "The search did not work. Try once more."; return; }
      place.innerHTML = await answer.text();
      const hits = all("[name=profile]", place);
      hits.forEach((each) => each.setAttribute("form", form.id));
      one("[name=who][value=person]").checked = true;
      settle();
      if (hits.length) hits[0].focus();
      if (hits.length === 1) { hits[0].checked = true; soon(0); }
    }

    /** How many people it is for, counted anew as the audience changes. */
    const counted = one("[data-count-url]");
    let asked = null;
    async function count() {
      if (!counted) return;
      const data = new FormData(form), whom = data.get("whom");
      const body = new URLSearchParams({ csrfmiddlewaretoken: data.get("csrfmiddlewaretoken") || one("[name=csrfmiddlewaretoken]", form).value });
      if (["segment", "both"].includes(whom)) body.set("segment", one("[name=segment]", form).value);
      if (["group", "both"].includes(whom)) body.set("group", one("[name=group]", form).value);
      const wanted = body.toString();
      if (wanted === asked) return;
      asked = wanted;
      if (whom !== "everybody" && !body.get("segment") && !body.get("group")) { counted.textContent = "Choose who gets it, and they are counted here."; return; }
      counted.textContent = "Counting who gets it…";
      const answer = await fetch(counted.dataset.countUrl, { method: "POST", body }).catch(() => null);
      if (asked !== wanted) return;
      counted.textContent = answer && answer.ok ? (await answer.json()).words : "They could not be counted. It is tried again with your next change.";
    }
    let counting = 0;

    document.addEventListener("input", (event) => {
      if (!mine(event.target) || event.target.name === "person_q") return;
      settle();
      if (isNamed(event.target)) all(".pl-error", event.target.closest(".pl-field")).forEach((each) => each.remove());
      if (!event.target.closest(".pl-preview")) { const note = one("[data-unsaved]"); if (note) note.textContent = "Not saved yet"; }
      soon();
      clearTimeout(counting);
      counting = setTimeout(count, WAIT_MS);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.defaultPrevented || !mine(event.target)) return;
      event.preventDefault();
      if (event.target.name === "person_q") find(); else soon(0);
    });
    one("[data-find]")?.addEventListener("click", (event) => { event.preventDefault(); find(); });
    const first = one(".pl-error");
    if (first) first.scrollIntoView({ block: "center" });
    soon(0);
    count();
  });
})();
