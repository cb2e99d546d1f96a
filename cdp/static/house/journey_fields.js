/* Fields of the panel: a label, its control, help below it. Each tells what was typed; none draws the panel anew. */
window.JourneyFields = (() => {
  const { element, combo, chips } = window.RuleControls;
  let made = 0;

  const field = (label, control, help) => {
    const id = control.id || `j-f${(made += 1)}`;
    control.id = id;
    return element("div", { className: "j-field", children: [
      element("label", { text: label, for: id }), control, help ? element("p", { className: "j-help", text: help }) : null,
    ] });
  };
  /** Controls that bring a label of their own. */
  const group = (label, controls, help) => element("div", { className: "j-field", role: "group", "aria-label": label, children: [
    element("span", { className: "j-label", text: label }), ...controls, help ? element("p", { className: "j-help", text: help }) : null,
  ] });
  const text = (label, value, changed, { help, placeholder, long } = {}) => {
    const input = element(long ? "textarea" : "input", { ...(long ? { rows: 3, text: value ?? "" } : { type: "text", value: value ?? "" }), placeholder, autocomplete: "off", on: { input: (event) => changed(event.target.value) } });
    return field(label, input, help);
  };
  const number = (label, value, changed, { help, min = 0, max, step = 1 } = {}) => field(label, element("input", {
    type: "number", inputmode: "decimal", min, max, step, value: value ?? "", className: "j-number",
    on: { input: (event) => changed(event.target.value === "" ? null : Number(event.target.value)) },
  }), help);
  const time = (label, value, changed, { help } = {}) => field(label, element("input", { type: "time", value: value ?? "", className: "j-time", on: { input: (event) => changed(event.target.value) } }), help);
  const options = (list, value) => {
    const known = list.some(([given]) => given === value);
    return [
      ...(known ? [] : [element("option", { value: value ?? "", text: value ? `${value} (is not there)` : "choose…", selected: true })]),
      ...list.map(([given, words]) => element("option", { value: given, text: words, selected: given === value })),
    ];
  };
  const select = (label, value, list, changed, { help } = {}) => field(label, element("select", { children: options(list, value), on: { change: (event) => changed(event.target.value) } }), help);
  const tick = (label, value, changed, { help } = {}) => element("div", { className: "j-field", children: [
    element("label", { className: "j-tick", children: [element("input", { type: "checkbox", checked: Boolean(value), on: { change: (event) => changed(event.target.checked) } }), element("span", { text: label })] }),
    help ? element("p", { className: "j-help", text: help }) : null,
  ] });
  const suggesting = (label, value, ask, changed, { help, placeholder, closed = false, words } = {}) => group(label, [combo({
    key: `j:${label}`, label, value: value ?? "", words, plain: true, closed, placeholder, ask, onPick: (picked) => changed(picked),
  })], help);
  const many = (label, values, ask, changed, { help } = {}) => {
    const box = element("span");
    let now = values || [];
    const draw = () => box.replaceChildren(chips({ key: `j:${label}`, label, values: now, plain: true, ask, onChange: (make, focus) => {
      now = make(now);
      changed(now);
      draw();
      if (focus) box.querySelector("input")?.focus();
    } }));
    draw();
    return group(label, [box], help);
  };

  const UNITS = [["days", "days"], ["hours", "hours"], ["minutes", "minutes"]];
  /** {days, hours, minutes}: those that are not nought are kept, at least one. */
  const duration = (label, value, changed, { help } = {}) => {
    const now = { ...value };
    const inputs = UNITS.map(([unit, words]) => element("label", { className: "j-unit", children: [
      element("input", { type: "number", min: 0, inputmode: "numeric", value: now[unit] || 0, "aria-label": `${label}: ${words}`, on: { input: (event) => {
        now[unit] = Number(event.target.value) || 0;
        const kept = Object.fromEntries(UNITS.map(([name]) => [name, now[name] || 0]).filter(([, count]) => count));
        changed(Object.keys(kept).length ? kept : { minutes: 0 });
      } } }),
      element("span", { text: words }),
    ] }));
    return group(label, [element("div", { className: "j-units", children: inputs })], help);
  };

  const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const weekdays = (label, value, changed, { help } = {}) => {
    const now = new Set(value && value.length ? value : [1, 2, 3, 4, 5, 6, 7]);
    const boxes = DAYS.map((name, index) => element("label", { className: "j-day", children: [
      element("input", { type: "checkbox", checked: now.has(index + 1), on: { change: (event) => {
        if (event.target.checked) now.add(index + 1); else now.delete(index + 1);
        changed([...now].sort());
      } } }),
      element("span", { text: name }),
    ] }));
    return group(label, [element("div", { className: "j-days", children: boxes })], help);
  };

  return { field, group, text, number, time, select, tick, suggesting, many, duration, weekdays };
})();
