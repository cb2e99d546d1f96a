/* A block's form, built from the table of kinds: one widget for each kind of field, and when it is shown, in words. */
import { icon, make, one } from "./mail_parts.js";
import { richText, variableButton } from "./mail_words.js";

let known = { conditions: [], placements: [], urls: {} };
let ids = 0;

export function learnForms(facts) { known = facts; }

/** The form of a block; `set(name, value)` stores. */
export function formOf(block, kind, set) {
  const form = make("div", { class: "me-fields" });
  for (const field of kind.fields) if (field.kind !== "blocks") form.append(fieldOf(block, field, set));
  form.append(conditionOf(block, set));
  if (block.type === "products") onlyWhere(form, block, "from", (value) => value === "ids", "ids");
  if (block.type === "recommendations") onlyWhere(form, block, "placement", (value) => !value, "strategy");
  return form;
}

/** Shows the field `name` only while that of `by` says so. */
function onlyWhere(form, block, by, holds, name) {
  const deciding = one(`[data-field="${by}"]`, form), shown = one(`[data-field="${name}"]`, form);
  if (!deciding || !shown) return;
  const settle = () => { shown.hidden = !holds(one("select, input", deciding).value); };
  deciding.addEventListener("change", settle);
  settle();
}

function fieldOf(block, field, set) {
  const id = `me-f-${(ids += 1)}`;
  const value = block[field.name] ?? field.default;
  const help = field.help ? make("p", { class: "me-help", id: `${id}-help` }, field.help) : null;
  const attributes = { id, name: field.name, class: "me-input", "aria-describedby": help ? `${id}-help` : null, autocomplete: "off" };
  const box = (...inner) => make("div", { class: `me-field me-field-${field.kind}`, "data-field": field.name }, ...inner);
  const label = make("label", { for: id }, field.label);
  const widget = WIDGETS[field.kind] || WIDGETS.line;
  return widget({ id, field, value, attributes, box, label, help, set: (next) => set(field.name, next), block });
}

const WIDGETS = {
  line: ({ field, value, attributes, box, label, help, set }) => {
    const input = make("input", { ...attributes, value, oninput: (event) => set(event.target.value) });
    return box(label, make("div", { class: "me-with" }, input, variableButton(input, { label: field.label })), help);
  },
  text: ({ field, value, attributes, box, label, help, set }) => {
    const input = make("textarea", { ...attributes, rows: 3, oninput: (event) => set(event.target.value) }, value);
    return box(label, make("div", { class: "me-with" }, input, variableButton(input, { label: field.label })), help);
  },
  rich: ({ id, field, value, box, set }) => box(make("span", { class: "me-label" }, field.label), richText(value, { id, label: field.label, changed: set })),
  url: ({ field, value, attributes, box, label, help, set }) => {
    const input = make("input", { ...attributes, value, inputmode: "url", placeholder: "https://", oninput: (event) => set(event.target.value.trim()) });
    return box(label, make("div", { class: "me-with" }, input, variableButton(input, { links: true, label: field.label })), help);
  },
  image: ({ value, attributes, box, label, help, set }) => box(label, make("input", { ...attributes, value, inputmode: "url", placeholder: "https://", oninput: (event) => set(event.target.value.trim()) }), help),
  number: ({ field, value, attributes, box, label, help, set }) => {
    const input = make("input", { ...attributes, class: "me-input me-number", type: "number", min: field.low, max: field.high, value, oninput: () => { if (input.value !== "" && input.checkValidity()) set(Math.round(Number(input.value))); } });
    return box(label, input, make("p", { class: "me-help" }, `${field.help ? `${field.help} ` : ""}${field.low} to ${field.high}.`));
  },
  choice: ({ field, value, attributes, box, label, help, set }) => {
    const select = make("select", { ...attributes, onchange: (event) => set(event.target.value) }, field.choices.map(([code, words]) => make("option", { value: code, selected: code === value }, words)));
    return box(label, select, help);
  },
  flag: ({ field, value, attributes, box, set }) => box(make("label", { class: "me-tick" }, make("input", { ...attributes, class: "h-pick", type: "checkbox", checked: Boolean(value), onchange: (event) => set(event.target.checked) }), field.label)),
  placement: ({ field, value, attributes, box, label, help, set }) => {
    const there = known.placements.some(([key]) => key === value);
    const options = [["", "None: by the strategy"], ...known.placements, ...(value && !there ? [[value, `${value} (not there any more)`]] : [])];
    return box(label, make("select", { ...attributes, onchange: (event) => set(event.target.value) }, options.map(([key, words]) => make("option", { value: key, selected: key === value }, words))), help);
  },
  products: (facts) => productsOf(facts),
};

/** Chosen products as lines, and a field that finds more by name. */
function productsOf({ field, value, attributes, box, label, help, set }) {
  const chosen = [...(value || [])];
  const list = make("ul", { class: "me-chosen" }), found = make("ul", { class: "me-found", "aria-label": "Products found" });
  const names = known.products || {};
  const draw = () => list.replaceChildren(...chosen.map((key, index) => make("li", {}, make("span", {}, names[key] || key),
    make("button", { type: "button", class: "me-tool", "aria-label": `Take out ${names[key] || key}`, onclick: () => { chosen.splice(index, 1); set([...chosen]); draw(); } }, icon("close")))));
  const input = make("input", { ...attributes, type: "search", placeholder: "Find by name" });
  let timer = 0, turn = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = (turn += 1);
      const answer = await fetch(`${known.urls.products}?${new URLSearchParams({ q: input.value.trim() })}`).catch(() => null);
      if (mine !== turn) return;
      const items = answer && answer.ok ? (await answer.json()).items : [];
      found.replaceChildren(...items.map((item) => make("li", {}, make("button", { type: "button", class: "me-hit", onclick: () => {
        names[item.value] = item.words;
        if (!chosen.includes(item.value) && chosen.length < 12) { chosen.push(item.value); set([...chosen]); draw(); }
        input.value = ""; found.replaceChildren(); input.focus();
      } }, make("b", {}, item.words), ` ${item.note || ""}`))));
      if (!items.length && input.value.trim()) found.append(make("li", { class: "h-note" }, "No product is called that."));
    }, 200);
  });
  draw();
  return box(label, list, input, found, help);
}

/** When the block is shown: always, or only where something is there, or is not. */
function conditionOf(block, set) {
  const id = `me-f-${(ids += 1)}`, now = block.show_if || "";
  const options = [make("option", { value: "" }, "Always")];
  const there = make("optgroup", { label: "Only where there is" }), missing = make("optgroup", { label: "Only where there is not" });
  for (const each of known.conditions) {
    there.append(make("option", { value: each.name, selected: now === each.name }, `there is ${each.label}`));
    missing.append(make("option", { value: `not ${each.name}`, selected: now === `not ${each.name}` }, `there is no ${each.label}`));
  }
  options.push(there, missing);
  const isKnown = !now || known.conditions.some((each) => now === each.name || now === `not ${each.name}`);
  if (!isKnown) options.push(make("option", { value: now, selected: true }, conditionWords(now)));
  return make("div", { class: "me-field", "data-field": "show_if" }, make("label", { for: id }, "Shown"),
    make("select", { id, name: "show_if", class: "me-input", onchange: (event) => set("show_if", event.target.value) }, options));
}

/** “Only if there is a first name”. */
export function conditionWords(condition) {
  const name = condition.replace(/^not\s+/, "");
  const label = known.conditions.find((each) => each.name === name)?.label || name;
  return condition.startsWith("not ") ? `Only if there is no ${label}` : `Only if there is ${label}`;
}
