/* Liquid in texts: shown as the names of what it stands for, chosen from a list, and rich text with little in it. */
import { ask, icon, make } from "./mail_parts.js";

const LIQUID = /(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})/;
const ALLOWED = { B: "strong", STRONG: "strong", I: "em", EM: "em", A: "a", UL: "ul", OL: "ol", LI: "li", H1: "p", H2: "p", H3: "p", P: "p", DIV: "p", BR: "br", U: "u", S: "s", BLOCKQUOTE: "blockquote" };
let variables = [];

export function learn(table) { variables = table; }

/** “First name, else “there”” for `{{ person.first_name | default: "there" }}`. */
export function spoken(liquid) {
  const logic = /^\{%-?\s*(if|unless)\s+([\w.[\]]+)\s*-?%\}$/.exec(liquid);
  if (logic) return `${logic[1] === "if" ? "if there is" : "if there is no"} ${variables.find((each) => each.name === logic[2])?.label || logic[2]}:`;
  if (/^\{%-?\s*else\s*-?%\}$/.test(liquid)) return "otherwise:";
  if (/^\{%-?\s*end(if|unless)\s*-?%\}$/.test(liquid)) return "end";
  const found = /^\{\{-?\s*([\w.[\]]+)\s*(?:\|\s*default:\s*(?:"([^"]*)"|'([^']*)'))?/.exec(liquid);
  if (!found) return liquid.replace(/^\{[{%]-?\s*|\s*-?[}%]\}$/g, "");
  const known = variables.find((each) => each.name === found[1]);
  const fallback = found[2] ?? found[3];
  return (known ? known.label : found[1]) + (fallback !== undefined ? `, else “${fallback}”` : "");
}

/** A text as nodes, its Liquid as chips. */
export function withChips(text, isEditable = false) {
  return String(text || "").split(LIQUID).filter(Boolean).map((piece) => (LIQUID.test(piece) ? chip(piece, isEditable) : document.createTextNode(piece)));
}

function chip(liquid, isEditable) {
  const made = make("span", { class: liquid.startsWith("{%") ? "me-var me-logic" : "me-var", title: liquid }, spoken(liquid));
  if (isEditable) { made.setAttribute("contenteditable", "false"); made.dataset.liquid = liquid; }
  return made;
}

/** Rich text as nodes: only what a mail's text may hold, nothing that runs, loads or styles. */
export function cleanNodes(html, isEditable = false) {
  const parsed = new DOMParser().parseFromString(String(html || ""), "text/html");
  return copied(parsed.body, isEditable);
}

function copied(from, isEditable) {
  return [...from.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return withChips(node.data, isEditable);
    if (node.nodeType !== Node.ELEMENT_NODE) return [];
    if (["SCRIPT", "STYLE", "TEMPLATE", "IFRAME"].includes(node.tagName)) return [];
    if (node.dataset && node.dataset.liquid) return [chip(node.dataset.liquid, isEditable)];
    const tag = ALLOWED[node.tagName];
    const inner = copied(node, isEditable);
    if (!tag) return inner;
    const made = document.createElement(tag);
    if (tag === "a") { made.dataset.href = node.getAttribute("data-href") || node.getAttribute("href") || ""; made.title = made.dataset.href; made.className = "me-a"; }
    made.append(...inner);
    return [made];
  });
}

/** What is typed as the HTML that is stored. */
export function htmlOf(root) {
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\u00a0", " ").replaceAll("\u200b", "");
  const write = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return escape(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.dataset.liquid) return node.dataset.liquid;
    const tag = ALLOWED[node.tagName], inner = [...node.childNodes].map(write).join("");
    if (!tag) return inner;
    if (tag === "br") return "<br>";
    const href = tag === "a" ? ` href="${escape(node.dataset.href || "").replaceAll('"', "&quot;")}"` : "";
    return `<${tag}${href}>${inner}</${tag}>`;
  };
  const html = [...root.childNodes].map(write).join("").trim();
  return html === "<p><br></p>" || html === "<br>" || html === "<p></p>" ? "" : html;
}

/** Lets one be chosen, with what stands there where it is missing; resolves with Liquid, or null. */
export function chooseVariable({ links = false } = {}) {
  const offered = variables.filter((each) => (links ? each.is_link : !each.is_list));
  const search = make("input", { type: "search", class: "me-input", id: "me-var-search", autocomplete: "off", placeholder: links ? "Where to" : "First name, cart total …" });
  const list = make("div", { class: "me-var-list", role: "radiogroup", "aria-label": "Variables" });
  const fallback = make("input", { class: "me-input", id: "me-var-fallback", autocomplete: "off" });
  const fallbackField = make("div", { class: "me-field" }, make("label", { for: "me-var-fallback" }, "If it is missing, write"), fallback,
    make("p", { class: "me-help" }, "Not everybody has told everything. Leave it empty to write nothing there."));
  const which = make("input", { class: "me-input", id: "me-var-which", autocomplete: "off", placeholder: "e.g. tier" });
  const whichField = make("div", { class: "me-field" }, make("label", { for: "me-var-which" }, "Its name"), which);
  let chosen = null;
  const take = (each) => {
    chosen = each;
    whichField.hidden = !each.name.endsWith(".*");
    fallbackField.hidden = !each.needs_fallback;
    if (each.needs_fallback) fallback.value = each.fallback || "";
  };
  const draw = () => {
    const asked = search.value.trim().toLowerCase();
    const found = offered.filter((each) => `${each.label} ${each.name} ${each.group}`.toLowerCase().includes(asked));
    list.replaceChildren();
    let group = "";
    for (const each of found) {
      if (each.group !== group) { group = each.group; list.append(make("p", { class: "me-var-group" }, group)); }
      const radio = make("input", { type: "radio", name: "me-var", value: each.name, onchange: () => take(each) });
      list.append(make("label", { class: "me-var-line" }, radio, make("span", {}, make("b", {}, each.label), make("span", { class: "h-soft" }, each.sample ? ` e.g. ${each.sample}` : ""), make("code", { class: "me-var-name" }, each.name))));
      if (chosen && chosen.name === each.name) radio.checked = true;
    }
    if (!found.length) list.append(make("p", { class: "h-note" }, "Nothing is called that. Try another word."));
    else if (!found.includes(chosen)) { const radio = list.querySelector("input"); radio.checked = true; take(found[0]); }
  };
  search.addEventListener("input", draw);
  draw();
  const body = make("div", {}, make("label", { class: "me-label", for: "me-var-search" }, links ? "Find a link" : "Find a variable"), search, list, whichField, fallbackField);
  const read = () => {
    if (!chosen) return null;
    const words = fallback.value.replaceAll('"', "”").replace(/[{}]/g, "");
    const name = chosen.name.replace(/\*$/, which.value.trim().replace(/\W+/g, "_") || "name");
    return chosen.needs_fallback && words ? `{{ ${name} | default: "${words}" }}` : `{{ ${name} }}`;
  };
  return ask(links ? "Link to" : "Insert a variable", body, { button: "Insert", read, first: search });
}

/** A button that inserts into a one-line field, at its caret. */
export function variableButton(input, { links = false, label = "" } = {}) {
  return make("button", { type: "button", class: "me-tool me-tool-words", title: links ? "Link to a page of this person" : "Insert a variable", "aria-label": `${links ? "Link to a page of this person" : "Insert a variable"}${label ? ` into ${label}` : ""}`, onclick: async () => {
    const [start, end] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    const liquid = await chooseVariable({ links });
    if (!liquid) return;
    if (links) input.value = liquid; else input.setRangeText(liquid, start, end, "end");
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  } }, icon(links ? "link" : "data_object"), links ? "Page" : "Variable");
}

/** A field of rich text with its tools; `changed` is given the HTML. */
export function richText(html, { id, label, changed }) {
  const area = make("div", { class: "me-rich", contenteditable: "true", role: "textbox", "aria-multiline": "true", "aria-label": label, id });
  const fill = (nodes) => { area.replaceChildren(...nodes); if (!area.querySelector("p, ul, ol, blockquote")) { const p = make("p", {}, ...area.childNodes); if (!p.childNodes.length) p.append(document.createElement("br")); area.replaceChildren(p); } };
  fill(cleanNodes(html, true));
  let kept = null;
  const keep = () => { const selection = getSelection(); if (selection.rangeCount && area.contains(selection.anchorNode)) kept = selection.getRangeAt(0).cloneRange(); };
  const back = () => { area.focus(); const selection = getSelection(); selection.removeAllRanges(); if (kept) selection.addRange(kept); else { selection.selectAllChildren(area); selection.collapseToEnd(); } };
  const told = () => { keep(); changed(htmlOf(area)); };
  const run = (command, value) => { back(); document.execCommand(command, false, value); told(); };
  const tool = (name, words, act) => make("button", { type: "button", class: "me-tool", title: words, "aria-label": words, onmousedown: (event) => event.preventDefault(), onclick: act }, icon(name));
  const insert = async () => {
    keep();
    const liquid = await chooseVariable();
    if (!liquid) return;
    back();
    const selection = getSelection(), range = selection.getRangeAt(0), made = chip(liquid, true);
    range.deleteContents();
    range.insertNode(made);
    const after = document.createTextNode("\u200b");
    made.after(after);
    range.setStart(after, 1); range.collapse(true);
    selection.removeAllRanges(); selection.addRange(range);
    told();
  };
  const link = async () => {
    keep();
    const inside = kept && kept.startContainer.parentElement?.closest("a");
    const input = make("input", { class: "me-input", id: "me-link", value: inside ? inside.dataset.href : "", placeholder: "https://" });
    const body = make("div", { class: "me-field" }, make("label", { for: "me-link" }, "Where it leads"), make("div", { class: "me-with" }, input), make("p", { class: "me-help" }, "An address, or a variable like {{ cart.url }}. Empty takes the link away."));
    const href = await ask("Link", body, { button: "Set link", read: () => input.value.trim(), first: input });
    if (href === null) return;
    if (inside && area.contains(inside)) { if (href) { inside.dataset.href = href; inside.title = href; } else inside.replaceWith(...inside.childNodes); told(); return; }
    if (!href) return;
    back();
    const range = getSelection().getRangeAt(0), made = make("a", { class: "me-a", title: href });
    made.dataset.href = href;
    if (range.collapsed) made.append(href); else made.append(range.extractContents());
    range.insertNode(made);
    told();
  };
  area.addEventListener("input", told);
  area.addEventListener("keyup", keep);
  area.addEventListener("mouseup", keep);
  area.addEventListener("blur", keep);
  area.addEventListener("paste", (event) => {
    event.preventDefault();
    const pasted = event.clipboardData.getData("text/html"), plain = event.clipboardData.getData("text/plain");
    const holder = make("div", {}, ...(pasted ? cleanNodes(pasted, true) : withChips(plain, true)));
    const range = getSelection().getRangeAt(0);
    range.deleteContents();
    const nodes = [...holder.childNodes];
    for (const node of nodes.reverse()) range.insertNode(node);
    range.collapse(false);
    told();
  });
  area.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); link(); } });
  const tools = make("div", { class: "me-tools", role: "toolbar", "aria-label": `Format ${label}` },
    tool("format_bold", "Bold (Ctrl+B)", () => run("bold")), tool("format_italic", "Italic (Ctrl+I)", () => run("italic")), tool("link", "Link (Ctrl+K)", link),
    tool("format_clear", "Plain text again", () => run("removeFormat")), tool("format_list_bulleted", "List", () => run("insertUnorderedList")), tool("format_list_numbered", "Numbered list", () => run("insertOrderedList")),
    make("button", { type: "button", class: "me-tool me-tool-words", onmousedown: (event) => event.preventDefault(), onclick: insert }, icon("data_object"), "Variable"));
  return make("div", { class: "me-rich-box" }, tools, area);
}
