/* The mail editor: brings cards, forms, preview and saving together for one template. */
import { Cards } from "./mail_cards.js";
import { learnForms } from "./mail_forms.js";
import { learnBrand } from "./mail_looks.js";
import { all, ask, icon, make, one, post, say } from "./mail_parts.js";
import { Preview } from "./mail_preview.js";
import { Saving } from "./mail_saving.js";
import { Store } from "./mail_store.js";
import { learn, variableButton } from "./mail_words.js";

const BEST = { subject: [50, "Phones show about 40 characters."], preheader: [90, "The grey words after the subject; about 90 are shown."] };
const facts = JSON.parse(one("#mail-facts").textContent);
const page = one("[data-editor]");
const store = new Store(facts.content);
learn(facts.variables);
learnForms({ conditions: facts.conditions, placements: facts.placements, urls: facts.urls, products: facts.products });
learnBrand(facts.brand, facts.origins);

const kinds = Object.fromEntries(facts.kinds.map((kind) => [kind.code, kind]));
const canvas = one("[data-canvas]"), code = one("[data-code]");
for (const name of ["accent", "background", "surface", "ink"]) canvas.style.setProperty(`--m-${name}`, facts.brand[name]);
canvas.style.setProperty("--m-font", facts.brand.font);
const cards = new Cards(store, canvas, kinds, facts.may_change);
const saving = new Saving({ address: facts.urls.draft, seen: facts.seen, content: () => store.content, take: (content) => store.change(() => { store.content = content; store.locale = content.locales[store.locale] ? store.locale : content.default; }), keep: (content) => store.remember(content) });
const preview = new Preview(one("[data-preview]"), { urls: facts.urls, content: () => ({ content: store.content, locale: store.locale }), goto: show, marked: mark });
let findings = [];

/** Everything anew: after another language, undo, or blocks moved. */
function draw() {
  drawLocales();
  for (const name of ["subject", "preheader", "text"]) { const input = one(`[data-part-of="${name}"]`); if (input.value !== (store.part[name] || "")) input.value = store.part[name] || ""; count(input); }
  one("[data-blocks]").hidden = store.isCode;
  one("[data-code-box]").hidden = !store.isCode;
  one("[data-view-code]").hidden = store.isCode;
  if (store.isCode) { if (code.value !== store.part.code) code.value = store.part.code || ""; } else cards.draw();
  buttons();
  mark(findings);
}

function buttons() {
  one("[data-undo]").disabled = !store.back.length;
  one("[data-redo]").disabled = !store.forward.length;
}

function changed(what) {
  if (what === "all") draw(); else if (what !== "words") cards.refresh(what);
  buttons();
  if (facts.may_change) saving.soon();
  preview.soon();
}

/** How long it is as it is read: Liquid counts as its fallback. */
function count(input) {
  const [best, words] = BEST[input.dataset.partOf] || [];
  const place = one(`[data-count="${input.dataset.partOf}"]`);
  if (!place || !best) return;
  const length = input.value.replace(/\{%[\s\S]*?%\}/g, "").replace(/\{\{[^}]*?default:\s*["']([^"']*)["'][^}]*\}\}/g, "$1").replace(/\{\{[\s\S]*?\}\}/g, "·····").length;
  place.textContent = `${length} characters. ${length > best ? `The end may be cut off: ${words.charAt(0).toLowerCase()}${words.slice(1)}` : words}`;
}

function drawLocales() {
  const place = one("[data-locales]"), codes = Object.keys(store.content.locales).sort((a, b) => (b === store.content.default) - (a === store.content.default) || a.localeCompare(b));
  const called = (each) => facts.locales.find(([known]) => known === each)?.[1] || each;
  const tabs = codes.map((each) => make("button", { type: "button", role: "tab", class: "me-tab", "aria-selected": String(each === store.locale), tabindex: each === store.locale ? 0 : -1, "data-locale": each, onclick: () => open(each) }, called(each), each === store.content.default ? make("span", { class: "h-soft" }, " default") : ""));
  place.replaceChildren(make("div", { role: "tablist", "aria-label": "Languages", class: "me-tablist" }, ...tabs),
    facts.may_change ? make("button", { type: "button", class: "me-tool me-tool-words", onclick: addLocale }, icon("add"), "Language") : "",
    facts.may_change && codes.length > 1 ? make("button", { type: "button", class: "me-tool me-tool-words", onclick: removeLocale }, `Remove ${called(store.locale)}`) : "",
    facts.may_change && store.locale !== store.content.default ? make("button", { type: "button", class: "me-tool me-tool-words", onclick: () => store.change(() => { store.content.default = store.locale; }) }, "Make it the default") : "");
  place.onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || event.target.getAttribute("role") !== "tab") return;
    open(codes[(codes.indexOf(store.locale) + by + codes.length) % codes.length]);
    one("[role=tab][aria-selected=true]", place).focus();
  };
}

function open(locale) {
  store.locale = locale;
  cards.open = null;
  draw();
  preview.soon(0);
}

async function addLocale() {
  const there = Object.keys(store.content.locales);
  const known = make("select", { class: "me-input", id: "me-locale" }, ...facts.locales.filter(([each]) => !there.includes(each)).map(([each, words]) => make("option", { value: each }, `${words} (${each})`)));
  const from = make("select", { class: "me-input", id: "me-from" }, ...there.map((each) => make("option", { value: each, selected: each === store.locale }, `Copy of ${facts.locales.find(([one_]) => one_ === each)?.[1] || each}`)), make("option", { value: "" }, "Empty"));
  const body = make("div", { class: "me-fields" }, make("div", { class: "me-field" }, make("label", { for: "me-locale" }, "Language"), known), make("div", { class: "me-field" }, make("label", { for: "me-from" }, "Begin with"), from, make("p", { class: "me-help" }, "Whoever reads a language that the mail does not have gets the default one.")));
  const found = await ask("Add a language", body, { button: "Add language", read: () => [known.value, from.value] });
  if (!found || !found[0]) return;
  cards.open = null;
  store.addLocale(...found);
  say("Language added. Translate its subject and blocks.");
}

function removeLocale() {
  const gone = store.locale;
  store.removeLocale(gone);
  say(`${gone} removed.`, () => store.undo());
}

/** What the blocks become, to be read; and, if asked for, to be written by hand from now on. */
async function viewCode() {
  const answer = await post(facts.urls.code, { content: store.content, locale: store.locale });
  if (answer.status !== 200) { say(answer.body.error || "The code could not be had. Mend what is marked first."); return; }
  const shown = make("textarea", { class: "h-editor me-code-shown", readonly: true, rows: 16, "aria-label": "MJML with Liquid" }, answer.body.code);
  const body = make("div", {}, make("p", { class: "h-note" }, "This is the MJML with Liquid that these blocks are. You can write it by hand instead: blocks are not made of code again, but Undo brings them back."), shown);
  if (!facts.may_change) { await ask("Code", body, { button: "Close" }); return; }
  if (!(await ask("Code of this mail", body, { button: "Edit as code" }))) return;
  store.change(() => { store.part.mode = "code"; store.part.code = answer.body.code; });
  code.focus();
  say("This language is written as code now.", () => store.undo());
}

/** To what a finding is about. */
function show(finding) {
  if (finding.locale && finding.locale !== store.locale && store.content.locales[finding.locale]) open(finding.locale);
  if (finding.block) { cards.show(finding.block, finding.field); return; }
  if (finding.line && store.isCode) {
    const start = code.value.split("\n").slice(0, finding.line - 1).join("\n").length + (finding.line > 1 ? 1 : 0);
    code.focus();
    code.setSelectionRange(start, code.value.indexOf("\n", start) < 0 ? code.value.length : code.value.indexOf("\n", start));
    return;
  }
  const input = one(`[data-part-of="${CSS.escape(finding.field || "subject")}"]`);
  if (input) { input.closest("details")?.setAttribute("open", ""); input.focus(); }
}

function mark(found) {
  findings = found;
  const mine = found.filter((each) => each.locale === store.locale || !each.locale);
  for (const tag of all("[data-faults]", canvas)) {
    const here = mine.filter((each) => each.block === tag.dataset.faults && each.level !== "hint");
    tag.hidden = !here.length;
    tag.textContent = here.some((each) => each.level === "error") ? "Must be mended" : "Look at this";
    tag.title = here.map((each) => each.message).join(" ");
    tag.classList.toggle("h-tag-bad", here.some((each) => each.level === "error"));
    tag.classList.toggle("h-tag-warn", !here.some((each) => each.level === "error"));
  }
}

for (const kind of facts.kinds) {
  const button = make("button", { type: "button", class: "me-kind", title: kind.help, onclick: () => cards.addHere(kind.code) }, icon(kind.icon), kind.label);
  button.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse") cards.liftNew(event, kind.code); });
  one("[data-palette]")?.append(button);
}
for (const input of all("[data-part-of]")) {
  input.addEventListener("input", () => { store.setPart(input.dataset.partOf, input.value); count(input); });
  if (facts.may_change && input.dataset.partOf !== "text") one(`[data-tool-of="${input.dataset.partOf}"]`)?.append(variableButton(input, { label: input.dataset.partOf }));
}
code.addEventListener("input", () => store.setPart("code", code.value));
one("[data-undo]").addEventListener("click", () => { store.undo(); say("Undone."); });
one("[data-redo]").addEventListener("click", () => { store.redo(); say("Done again."); });
one("[data-view-code]").addEventListener("click", viewCode);
one("[data-publish]")?.addEventListener("click", async (event) => { event.preventDefault(); if (await saving.save()) location.href = event.target.closest("a").href; });
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.closest?.("input, textarea, [contenteditable], dialog")) { if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); saving.save(); } return; }
  const pressed = event.key.toLowerCase();
  if (pressed === "z") { event.preventDefault(); if (event.shiftKey) store.redo(); else store.undo(); }
  if (pressed === "y") { event.preventDefault(); store.redo(); }
  if (pressed === "s") { event.preventDefault(); saving.save(); }
});
store.onChange(changed);
page.classList.add("me-ready");
if (!facts.may_change) all("[data-part-of], [data-code]").forEach((input) => { input.readOnly = true; });
draw();
preview.soon(0);
