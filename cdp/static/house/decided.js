/* The editor of a decided place: a form drawn from the definition, which stands as JSON in the textarea that is sent.
   Faults are asked for half a second after the last key and drawn where they belong. */
(() => {
  const WAIT_MS = 500;
  const one = (selector, root = document) => root.querySelector(selector);

  addEventListener("DOMContentLoaded", () => {
    const form = one("[data-decided]");
    if (!form) return;
    const { element, select, input, button, field, json, operatorsOf, subjectsOf, firstOf, valueOf, outcome } = window.DecidedParts;
    const { language, urls, isEditable, ...given } = JSON.parse(one("#decided-data").textContent);
    const text = one("[name=draft]", form), place = one("[data-drawn]", form), sentence = one("[data-sentence]"), problems = one("[data-problems]");
    let draft = given.draft, faults = given.faults, timer = 0, running = null;
    const kept = {};

    const write = () => {
      text.value = JSON.stringify(draft, null, 2);
      const note = one("[data-unsaved]");
      if (note) note.textContent = "Not saved yet";
      clearTimeout(timer);
      timer = setTimeout(check, WAIT_MS);
    };
    const change = (make) => { make(); write(); };
    const changeAndDraw = (make) => { change(make); draw(); };
    const put = (owner, key) => (value) => change(() => { owner[key] = value; });
    const freshId = (letter, all) => { let n = all.length + 1; while (all.some(({ id }) => id === letter + n)) n += 1; return letter + n; };
    const at = (node, path) => { node.dataset.path = path; return node; };

    async function check() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams({ draft: text.value, csrfmiddlewaretoken: one("[name=csrfmiddlewaretoken]", form).value });
      try {
        const answer = await fetch(urls.check, { method: "POST", body, signal: mine.signal });
        const found = await answer.json();
        if (mine !== running) return;
        faults = found.faults;
        if (found.sentence) sentence.textContent = found.sentence;
        mark();
      } catch (error) {
        if (error.name !== "AbortError") problems.textContent = "The server could not be reached: it is checked with your next change.";
      }
    }

    /** Each fault at the closest part that is drawn; what belongs nowhere is listed on top. */
    function mark() {
      for (const said of document.querySelectorAll("[data-said]")) said.remove();
      for (const bad of place.querySelectorAll(".d-bad, .d-warn")) bad.classList.remove("d-bad", "d-warn");
      const parts = [...place.querySelectorAll("[data-path]")];
      for (const fault of faults) {
        const path = fault.path.replace(/^\$\.?/, "");
        const fits = parts.filter(({ dataset }) => path === dataset.path || path.startsWith(dataset.path + ".") || path.startsWith(dataset.path + "["));
        const holder = fits.sort((a, b) => b.dataset.path.length - a.dataset.path.length)[0] || place;
        if (holder !== place) holder.classList.add(fault.blocks ? "d-bad" : "d-warn");
        const words = fault.message[0].toUpperCase() + fault.message.slice(1);
        holder.append(element("span", { class: fault.blocks ? "pl-error" : "pl-help", "data-said": "" }, words.endsWith(".") ? words : words + "."));
      }
      const blocking = faults.filter(({ blocks }) => blocks).length;
      problems.textContent = blocking ? `${blocking} ${blocking === 1 ? "thing" : "things"} to mend before it can be published.` : faults.length ? "It can be published; look at what is marked." : "";
    }

    const move = (list, index, by) => () => changeAndDraw(() => { const [it] = list.splice(index, 1); list.splice(Math.max(0, index + by), 0, it); });
    const tools = (list, index, what, copy) => element("span", { class: "d-tools" },
      button("↑", `Move ${what} up`, move(list, index, -1)), button("↓", `Move ${what} down`, move(list, index, 1)),
      button("+", `Copy ${what}`, () => changeAndDraw(() => list.splice(index + 1, 0, copy(list[index])))),
      button("×", `Take ${what} out`, () => changeAndDraw(() => list.splice(index, 1))));

    function chooseSubject(label, on, changed) {
      return select(label, subjectsOf(language, on), on, (value) => {
        const name = value === "context." ? `context.${(prompt("What the page calls it, e.g. campaign") || "").trim().toLowerCase().replace(/[^a-z0-9_]/g, "_")}` : value;
        if (name === "context.") draw(); else changed(name);
      });
    }

    // The table.
    function cellOf(row, column, path) {
      const cell = (row.when ||= {})[column.id];
      const any = select(`${column.name || column.on}: comparison`, [["", "anything"], ...operatorsOf(language, column.on)], cell ? cell.is : "", (is) => changeAndDraw(() => {
        if (is) row.when[column.id] = { ...firstOf(language, column.on), is, ...(is === "between" ? { value: ["", ""] } : {}) };
        else delete row.when[column.id];
      }));
      const value = cell ? valueOf(language, column.on, cell, (next) => change(() => { row.when[column.id] = Object.assign(cell, next); })) : null;
      return at(element("td", { class: "d-cell-holder" }, element("div", { class: "d-cell" }, any, value)), path);
    }

    function drawTable() {
      const hit = draft.hit || "first", ranks = ["priority", "collect"].includes(hit), inputs = (draft.inputs ||= []), rows = (draft.rows ||= []);
      const head = element("tr", {}, element("th", { scope: "col", class: "d-narrow" }, "Row"),
        ...inputs.map((column, index) => at(element("th", { scope: "col" }, chooseSubject("What this column looks at", column.on, (on) => changeAndDraw(() => { column.on = on; for (const row of rows) if (row.when) delete row.when[column.id]; })),
          element("span", { class: "d-tools" }, button("←", "Move column left", move(inputs, index, -1)), button("→", "Move column right", move(inputs, index, 1)),
            button("×", "Take column out", () => changeAndDraw(() => { inputs.splice(index, 1); for (const row of rows) if (row.when) delete row.when[column.id]; })))), `inputs[${index}]`)),
        element("th", { scope: "col", class: "d-wide" }, "What is shown"), ranks ? element("th", { scope: "col", class: "d-narrow" }, "Priority") : null, element("th", { scope: "col" }, "When, note"));
      const body = rows.map((row, index) => at(element("tr", {},
        element("th", { scope: "row", class: "d-narrow" }, element("span", {}, String(index + 1)), tools(rows, index, `row ${index + 1}`, (it) => ({ ...structuredClone(it), id: freshId("r", rows) }))),
        ...inputs.map((column) => cellOf(row, column, `rows[${index}].when.${column.id}`)),
        at(element("td", { class: "d-wide" }, outcome(language, row.outcome || {}, put(row, "outcome"), draw, `Row ${index + 1}`)), `rows[${index}].outcome`),
        ranks ? at(element("td", { class: "d-narrow" }, input("Priority", row.priority ?? 0, (value) => change(() => { row.priority = Number(value) || 0; }), { inputmode: "numeric" })), `rows[${index}].priority`) : null,
        at(element("td", {}, element("div", { class: "d-cell" }, input("Note", row.note, put(row, "note"), { placeholder: "Note" }),
          element("details", { open: Boolean(row.starts_at || row.ends_at) }, element("summary", {}, row.starts_at || row.ends_at ? "For a time" : "Always"),
            element("label", { class: "pl-help" }, "From ", moment(row, "starts_at")), element("label", { class: "pl-help" }, "Until ", moment(row, "ends_at"))))), `rows[${index}].starts_at`)), `rows[${index}]`));
      return [
        element("div", { class: "pl-fields" }, field("Of rows that match", select("Hit policy", Object.entries(language.hits), hit, (value) => changeAndDraw(() => { draft.hit = value; }))),
          hit === "collect" ? field("At most so many", input("At most so many", draft.most ?? 10, (value) => change(() => { draft.most = Number(value) || value; }), { inputmode: "numeric" })) : null),
        element("div", { class: "d-scroll", tabindex: "0", role: "region", "aria-label": "Decision table" }, element("table", { class: "d-grid" }, element("thead", {}, head), element("tbody", {}, ...body))),
        element("p", { class: "h-row-actions" }, button("Add row", "Add row", () => changeAndDraw(() => rows.push({ id: freshId("r", rows), when: {}, outcome: { nothing: true } })), { class: "h-button h-button-quiet" }),
          button("Add column", "Add column", () => changeAndDraw(() => inputs.push({ id: freshId("c", inputs), on: "context.country", name: "" })), { class: "h-button h-button-quiet" })),
      ];
    }

    /** Moments are kept with their zone; the browser's own is used to type them. */
    function moment(row, key) {
      const known = row[key] ? new Date(row[key]) : null;
      const local = known && !Number.isNaN(known.getTime()) ? new Date(known.getTime() - known.getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
      return element("input", { type: "datetime-local", value: local, "aria-label": key === "starts_at" ? "From" : "Until", oninput: (event) => change(() => { if (event.target.value) row[key] = new Date(event.target.value).toISOString(); else delete row[key]; }) });
    }

    // Rules: conditions side by side, all or any of them; deeper ones as JSON.
    const isFlat = (clause) => clause && typeof clause === "object" && Object.keys(clause).length <= 1 && ["all", "any"].some((how) => Array.isArray(clause[how]) && clause[how].every((part) => part && typeof part.on === "string"));

    function clauseOf(arm, path) {
      const clause = (arm.if ||= { all: [] });
      if (Object.keys(clause).length && !isFlat(clause)) return at(element("div", {}, json("Conditions, as JSON", clause, put(arm, "if"), 6)), path);
      const how = Array.isArray(clause.any) ? "any" : "all", parts = clause[how] || (clause[how] = []);
      const lines = parts.map((part, index) => at(element("div", { class: "d-clause" },
        chooseSubject("What it looks at", part.on, (on) => changeAndDraw(() => { parts[index] = { on, ...firstOf(language, on) }; })),
        select("Comparison", operatorsOf(language, part.on), part.is, (is) => changeAndDraw(() => { part.is = is; part.value = is === "between" ? ["", ""] : firstOf(language, part.on).value; })),
        valueOf(language, part.on, part, (next) => change(() => Object.assign(part, next))),
        element("span", { class: "d-tools" }, button("×", "Take condition out", () => changeAndDraw(() => parts.splice(index, 1))))), `${path}.${how}[${index}]`));
      return at(element("div", {},
        parts.length > 1 ? select("How conditions go together", [["all", "all of these hold"], ["any", "any of these holds"]], how, (value) => changeAndDraw(() => { arm.if = { [value]: parts }; })) : element("span", { class: "d-any" }, parts.length ? "If" : "Everybody"),
        ...lines, button("Add condition", "Add condition", () => changeAndDraw(() => parts.push({ on: "person.segment", ...firstOf(language, "person.segment") })), { class: "h-button h-button-quiet pl-small" })), path);
    }

    function drawRules() {
      const arms = (draft.arms ||= []);
      return [...arms.map((arm, index) => at(element("div", { class: "d-arm" },
        element("div", { class: "d-arm-head" }, element("b", {}, `Rule ${index + 1}`), tools(arms, index, `rule ${index + 1}`, (it) => ({ ...structuredClone(it), id: freshId("a", arms) }))),
        clauseOf(arm, `arms[${index}].if`), at(element("div", {}, element("span", { class: "pl-label" }, "is shown"), outcome(language, arm.outcome || {}, put(arm, "outcome"), draw, `Rule ${index + 1}`)), `arms[${index}].outcome`)), `arms[${index}]`)),
      element("p", { class: "h-row-actions" }, button("Add rule", "Add rule", () => changeAndDraw(() => arms.push({ id: freshId("a", arms), if: { all: [] }, outcome: { nothing: true } })), { class: "h-button h-button-quiet" }))];
    }

    function drawExperiment() {
      const chosen = language.experiments[draft.experiment];
      const names = chosen ? chosen.variants : Object.keys(draft.outcomes || {});
      const outcomes = (draft.outcomes ||= {});
      return [
        element("div", { class: "pl-fields" }, at(field("Experiment", select("Experiment", Object.entries(language.experiments).map(([key, { name }]) => [key, name]), draft.experiment || "", (value) => changeAndDraw(() => { draft.experiment = value; draft.outcomes = Object.fromEntries(((language.experiments[value] || {}).variants || []).map((name) => [name, outcomes[name] || { nothing: true }])); })), "Made under Experiments; it says who takes part and what is measured."), "experiment")),
        ...names.map((name) => at(element("div", { class: "d-arm" }, element("div", { class: "d-arm-head" }, element("b", {}, `Variant “${name}”`)), at(element("div", {}, outcome(language, outcomes[name] || { nothing: true }, put(outcomes, name), draw, `Variant ${name}`)), `outcomes.${name}`)), `outcomes.${name}`)),
      ];
    }

    function drawBandit() {
      const arms = (draft.arms ||= []), reward = (draft.reward ||= { kind: "click", within_hours: 24, value: false });
      return [
        element("div", { class: "pl-fields" },
          at(field("Policy", select("Policy", [["thompson", "Thompson sampling: one best arm for all"], ["linucb", "LinUCB: the best arm by features"]], draft.policy || "thompson", (value) => changeAndDraw(() => { draft.policy = value; }))), "policy"),
          at(field("Success is", input("Success is", reward.kind, put(reward, "kind"), { list: "d-kinds" }), "click, order, or a kind of conversion that your shop tells."), "reward"),
          field("within so many hours", input("within so many hours", reward.within_hours, (value) => change(() => { reward.within_hours = Number(value) || value; }), { inputmode: "numeric" })),
          field("Counted by", select("Counted by", [["no", "how often"], ["yes", "its money"]], reward.value ? "yes" : "no", (value) => change(() => { reward.value = value === "yes"; }))),
          at(field("Least chance of each arm", input("Least chance of each arm", draft.floor ?? 0.05, (value) => change(() => { draft.floor = Number(value.replace(",", ".")); }), { inputmode: "decimal" }), "0.05: every arm is tried at least so often, whatever was learned."), "floor"),
          at(field("Features", input("Features", (draft.features || []).join(", "), (value) => change(() => { draft.features = value.split(",").map((each) => each.trim()).filter(Boolean); }), { placeholder: "context.device, hour" }), "What LinUCB looks at: context.device, hour, weekday, person.segment:vip."), "features")),
        element("datalist", { id: "d-kinds" }, ...["click", "order"].map((value) => element("option", { value }))),
        ...arms.map((arm, index) => at(element("div", { class: "d-arm" },
          element("div", { class: "d-arm-head" }, field("Arm", input(`Name of arm ${index + 1}`, arm.id, put(arm, "id"))), tools(arms, index, `arm ${index + 1}`, (it) => ({ ...structuredClone(it), id: freshId("arm", arms) }))),
          at(element("div", {}, outcome(language, arm.outcome || {}, put(arm, "outcome"), draw, `Arm ${arm.id}`)), `arms[${index}].outcome`)), `arms[${index}]`)),
        element("p", { class: "h-row-actions" }, button("Add arm", "Add arm", () => changeAndDraw(() => arms.push({ id: freshId("arm", arms), outcome: { nothing: true } })), { class: "h-button h-button-quiet" })),
      ];
    }

    function draw() {
      const active = document.activeElement, all = () => [...place.querySelectorAll("select, input, textarea, button")], index = all().indexOf(active), label = active && active.getAttribute("aria-label");
      const how_ = { table: drawTable, rule: drawRules, experiment: drawExperiment, bandit: drawBandit }[draft.by] || (() => []);
      const body = () => {
        try { return how_(); } catch { // a draft may be anything that was pasted
          one("[data-json]").open = true;
          return [element("p", { class: "pl-error" }, "This draft cannot be drawn: mend it as JSON below.")];
        }
      };
      const how = field("Decided by", select("Decided by", Object.entries(language.hows).map(([key, words]) => [key, words.join(": ")]), draft.by, (by) => changeAndDraw(() => {
        kept[draft.by] = draft;
        draft = kept[by] || { ...structuredClone(language.beginnings[by]), fallback: draft.fallback };
      })));
      const fallback = at(element("div", { class: "d-fallback" }, element("span", { class: "pl-label" }, "Where nothing fits"), outcome(language, draft.fallback || {}, (value) => change(() => { draft.fallback = value; }), draw, "Fallback")), "fallback");
      const whole = element("fieldset", { disabled: !isEditable }, element("legend", { class: "h-unseen" }, "How it is decided"), element("div", { class: "pl-fields" }, how), ...body(), fallback);
      place.replaceChildren(whole);
      const now = all();
      (now[index] && now[index].getAttribute("aria-label") === label ? now[index] : now.find((each) => label && each.getAttribute("aria-label") === label))?.focus();
      mark();
    }

    // Trying it out.
    const context = { channel: "web", country: "", locale: document.documentElement.lang, device: "desktop", page: "/" };
    const cart = { worth: "", currency: "EUR", products: "" };
    /** What lies in it, as the API takes it: all it is worth on the first product; null where nothing is said. */
    const cartOf = () => {
      const products = cart.products.split(",").map((one) => one.trim()).filter(Boolean);
      if (!products.length && !cart.worth.trim()) return null;
      return { currency: cart.currency, lines: (products.length ? products : ["any"]).map((product_id, index) => ({ product_id, quantity: 1, price: index ? "0" : cart.worth.trim().replace(",", ".") || "0" })) };
    };
    function drawTry() {
      const box = one("[data-try]");
      box.hidden = false;
      one("[data-try-context]", box).replaceChildren(element("div", { class: "pl-fields" }, ...Object.keys(context).map((name) => field(name[0].toUpperCase() + name.slice(1), input(name, context[name], (value) => { context[name] = value; }))), ...[["worth", "Cart worth", "decimal"], ["currency", "Currency of the cart"], ["products", "Products in the cart"]].map(([name, words, inputmode]) => field(words, input(words, cart[name], (value) => { cart[name] = value; }, { inputmode: inputmode || null, placeholder: name === "products" ? "product ids with commas between" : null })))));
      one("[data-try-go]", box).addEventListener("click", async () => {
        const answerBox = one("[data-try-answer]", box);
        const said = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== ""));
        const body = new URLSearchParams({ draft: text.value, context: JSON.stringify(said), cart: JSON.stringify(cartOf()), who: one("[data-try-who]", box).value, value: one("[data-try-value]", box).value, csrfmiddlewaretoken: one("[name=csrfmiddlewaretoken]", form).value });
        answerBox.textContent = "Asking…";
        try {
          const answer = await fetch(urls.try, { method: "POST", body });
          const found = answer.ok ? await answer.json() : { problem: `It could not be tried (${answer.status}).` };
          if (found.problem) { answerBox.textContent = found.problem; return; }
          const { decision } = found;
          const named = decision.key ? ` “${decision.key}”` : "";
          answerBox.replaceChildren(element("div", { class: "d-answer" }, element("p", { class: "pl-headline" }, `To ${found.known}: ${decision.type}${named}`),
            element("p", { class: "pl-help" }, `By ${decision.decided_by}${decision.arm ? `, ${decision.arm}` : ""}, because: ${decision.reason}. ${found.note}`), element("pre", {}, JSON.stringify(decision, null, 2))));
        } catch { answerBox.textContent = "The server could not be reached. Try once more."; }
      });
    }

    form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault(); });
    text.addEventListener("input", () => { try { draft = JSON.parse(text.value); draw(); } catch { problems.textContent = "The JSON cannot be read yet."; } clearTimeout(timer); timer = setTimeout(check, WAIT_MS); });
    one("[data-json]").open = false;
    draw();
    drawTry();
  });
})();
