/* Parts of the editor of a decided place: elements, conditions and outcomes. Text only ever becomes text. */
window.DecidedParts = (() => {
  const LISTS = ["in", "not_in", "contains_any", "contains_all", "contains_none"];
  const NUMBERS = ["gt", "gte", "lt", "lte"];

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "value") made.value = value;
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const select = (label, options, value, changed, more = {}) => {
    const known = options.some(([key]) => key === value);
    const made = element("select", { "aria-label": label, ...more, onchange: (event) => changed(event.target.value) },
      ...(known || value === undefined ? options : [[value, value ? `${value} (is not there)` : "Choose…"], ...options]).map(([key, words]) => element("option", { value: key }, words)));
    made.value = value ?? "";
    return made;
  };
  const input = (label, value, changed, more = {}) => element("input", { "aria-label": label, value: value ?? "", autocomplete: "off", ...more, oninput: (event) => changed(event.target.value) });
  const button = (words, label, act, more = {}) => element("button", { type: "button", title: label, "aria-label": label, onclick: act, ...more }, words);
  const field = (label, control, help) => element("div", { class: "pl-field" }, element("label", {}, element("span", { class: "pl-label" }, label), control), help ? element("span", { class: "pl-help" }, help) : null);
  /** JSON typed by hand: kept as text until it can be read, so that nothing is lost while one types. */
  const json = (label, value, changed, rows = 3) => element("textarea", { "aria-label": label, rows, spellcheck: "false", value: typeof value === "string" ? value : JSON.stringify(value ?? {}, null, 1),
    oninput: (event) => { let read = event.target.value; try { read = JSON.parse(read); } catch { /* told by the server */ } changed(read); } });

  const typeOf = (language, on) => (language.subjects[on] || [on === "person.segment" ? "segment" : ""])[0];
  const operatorsOf = (language, on) => {
    const kind = typeOf(language, on);
    const more = kind ? [] : language.operators.number.filter(([op]) => [...NUMBERS, "between"].includes(op));
    return [...(language.operators[kind || "text"] || []), ...more];
  };
  const subjectsOf = (language, on) => [...Object.entries(language.subjects).map(([key, [, words]]) => [key, words]), ...(language.subjects[on] || !on ? [] : [[on, on]]), ["context.", "Something else the page says…"]];
  const firstOf = (language, on) => {
    const op = operatorsOf(language, on)[0][0];
    const kind = typeOf(language, on);
    return { is: op, value: kind === "truth" ? true : kind === "rule" ? {} : LISTS.includes(op) ? [] : "" };
  };

  /** What an operator compares with. cell = {is, value}. */
  const valueOf = (language, on, cell, changed) => {
    const kind = typeOf(language, on), set = (value) => changed({ ...cell, value });
    if (cell.is === "is_known" || kind === "truth") return select("Yes or no", [["yes", "yes"], ["no", "no"]], cell.value === false ? "no" : "yes", (value) => set(value === "yes"));
    if (kind === "segment") {
      const chosen = Array.isArray(cell.value) ? cell.value : cell.value ? [cell.value] : [];
      return select("Segment", Object.entries(language.segments), chosen[0] ?? "", (value) => set(value ? [value] : []));
    }
    if (kind === "rule") return json("Rule, in the rule language", cell.value, set);
    if (on === "time.weekday" && !LISTS.includes(cell.is)) return select("Day", language.weekdays.map((day) => [day, day]), cell.value || "", set);
    if (cell.is === "between") {
      const ends = Array.isArray(cell.value) ? cell.value : ["", ""];
      return element("span", { class: "pl-input" }, input("From", ends[0], (value) => set([value, (Array.isArray(cell.value) ? cell.value : ends)[1]]), { inputmode: "decimal" }), input("To", ends[1], (value) => { ends[1] = value; set([ends[0], value]); }, { inputmode: "decimal" }));
    }
    if (LISTS.includes(cell.is)) return input("Values with commas between", Array.isArray(cell.value) ? cell.value.join(", ") : cell.value, (text) => set(text.split(",").map((one) => one.trim()).filter(Boolean)), { placeholder: "DE, AT" });
    return input("Value", cell.value, set, NUMBERS.includes(cell.is) || kind === "number" ? { inputmode: "decimal" } : {});
  };

  /** What is shown. changed(outcome) is told each change; redraw() where another kind is chosen. */
  const outcome = (language, raw, changed, redraw, label) => {
    const kind = Object.keys(raw || {}).find((key) => key in language.outcomes) || "nothing";
    const fresh = { content: { content: "" }, offer: { offer: "" }, offers: { offers: { best_of: [] } }, recommendations: { recommendations: "" }, data: { data: {} }, nothing: { nothing: true } };
    const parts = [select(`${label}: kind`, Object.entries(language.outcomes), kind, (value) => { changed(fresh[value]); redraw(); })];
    if (["content", "offer", "recommendations"].includes(kind)) parts.push(select(`${label}: which`, Object.entries(language[kind]), raw[kind] || "", (value) => changed({ ...raw, [kind]: value })));
    if (kind === "recommendations") parts.push(input(`${label}: how many`, raw.n, (value) => { const { n, ...rest } = raw; changed(value === "" ? rest : { ...rest, n: Number(value) || value }); }, { inputmode: "numeric", placeholder: "as many as the placement says" }));
    if (kind === "offers") {
      const chosen = (raw.offers || {}).best_of || [];
      const list = element("select", { multiple: true, size: 4, "aria-label": `${label}: which offers`, onchange: (event) => changed({ offers: { best_of: [...event.target.selectedOptions].map((one) => one.value) } }) }, ...Object.entries(language.offer).map(([key, words]) => element("option", { value: key, selected: chosen.includes(key) }, words)));
      parts.push(list);
    }
    if (kind === "data") parts.push(json(`${label}: JSON`, raw.data, (value) => changed({ data: value })));
    return element("div", { class: "d-outcome" }, ...parts);
  };

  return { element, select, input, button, field, json, operatorsOf, subjectsOf, firstOf, valueOf, outcome };
})();
