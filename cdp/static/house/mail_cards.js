/* The blocks as cards that look like the mail: opened to their form, moved by hand or keyboard, copied, taken out. */
import { drag } from "./mail_drag.js";
import { conditionWords, formOf } from "./mail_forms.js";
import { look } from "./mail_looks.js";
import { all, icon, make, one, say } from "./mail_parts.js";

export class Cards {
  /** `kinds`: {type: kind of the table}; `mayChange`: else only to be looked at. */
  constructor(store, root, kinds, mayChange) {
    Object.assign(this, { store, root, kinds, mayChange, open: null });
    root.addEventListener("keydown", (event) => this.key(event));
  }

  label(type) { return this.kinds[type]?.label || type; }

  draw() {
    const focused = document.activeElement?.closest?.("[data-id]")?.dataset.id;
    this.root.replaceChildren(this.list("root", this.store.blocks));
    if (focused) this.focus(focused);
  }

  list(name, blocks) {
    const cards = blocks.map((block, index) => this.card(block, index, blocks.length));
    const isIn = name !== "root";
    const end = this.mayChange ? make("li", { class: "me-list-end" }, this.adder(name, blocks.length, isIn || !blocks.length)) : null;
    return make("ol", { class: isIn ? "me-list me-list-in" : "me-list", "data-list": name }, ...cards, end);
  }

  adder(name, index, isShown) {
    if (!isShown) return "";
    const button = make("button", { type: "button", class: "me-add", onclick: () => this.choose(name, index, button) }, icon("add"), "Add a block");
    return button;
  }

  card(block, index, count) {
    const kind = this.kinds[block.type], label = this.label(block.type), isOpen = this.open === block.id;
    const where = `${label}, block ${index + 1} of ${count}`;
    const grip = make("button", { type: "button", class: "me-grip", title: "Drag, or press ↑ and ↓", "aria-label": `Move ${where}: press arrow up or down`, "data-grip": "" }, icon("drag_indicator"));
    const tool = (name, words, act, isOff = false) => make("button", { type: "button", class: "me-tool", title: words, "aria-label": `${words}: ${where}`, onclick: act, disabled: isOff }, icon(name));
    const opener = make("button", { type: "button", class: "me-open", "aria-expanded": String(isOpen), "data-open": "", onclick: () => this.toggle(block.id) }, icon(kind?.icon || "help"), make("span", {}, label), make("span", { class: "h-unseen" }, `, block ${index + 1} of ${count}: ${isOpen ? "close" : "edit"}`));
    const bar = make("div", { class: "me-bar" }, this.mayChange ? grip : null, opener, block.show_if ? make("span", { class: "h-tag", "data-condition": "" }, conditionWords(block.show_if)) : null,
      make("span", { class: "h-tag h-tag-bad", "data-faults": block.id, hidden: true }),
      this.mayChange ? make("span", { class: "me-card-tools" }, tool("arrow_upward", "Move up", () => this.nudge(block.id, -1)), tool("arrow_downward", "Move down", () => this.nudge(block.id, 1)), tool("content_copy", "Duplicate", () => this.duplicate(block.id)), tool("delete", "Delete", () => this.remove(block.id))) : null);
    const card = make("li", { class: `me-card me-type-${block.type}${isOpen ? " me-is-open" : ""}`, "data-id": block.id }, bar);
    if (Array.isArray(block.left) || block.type === "columns") card.append(make("div", { class: "me-columns" }, ...["left", "right"].map((side) => make("div", {}, make("p", { class: "h-unseen" }, `${side === "left" ? "Left" : "Right"} column`), this.list(`${block.id}.${side}`, (block[side] ||= []))))));
    else card.append(make("div", { class: "me-look", "data-look": "", onclick: () => { if (this.mayChange && !getSelection().toString()) this.toggle(block.id, true); } }, look(block)));
    if (isOpen && kind) card.append(this.form(block, kind));
    if (this.mayChange) grip.addEventListener("pointerdown", (event) => this.lift(event, block.id, label));
    return card;
  }

  form(block, kind) {
    const form = formOf(block, kind, (name, value) => this.store.set(block.id, name, value));
    if (!this.mayChange) all("input, select, textarea, button", form).forEach((each) => { each.disabled = true; });
    return make("div", { class: "me-form", role: "group", "aria-label": `Settings of ${kind.label}` }, make("p", { class: "me-help" }, kind.help), form);
  }

  /** What a card shows, after its form changed: the form keeps its caret. */
  refresh(id) {
    const card = this.find(id), found = this.store.find(id);
    if (!card || !found) return;
    one(":scope > [data-look]", card)?.replaceChildren(look(found.block));
    const bar = one(":scope > .me-bar", card), tag = one("[data-condition]", bar);
    if (tag) tag.remove();
    if (found.block.show_if) one("[data-open]", bar).after(make("span", { class: "h-tag", "data-condition": "" }, conditionWords(found.block.show_if)));
  }

  find(id) { return one(`[data-id="${CSS.escape(id)}"]`, this.root); }
  focus(id, what = "[data-open]") { one(what, this.find(id) || this.root)?.focus({ preventScroll: true }); }

  toggle(id, isOnly = false) {
    this.open = this.open === id && !isOnly ? null : id;
    this.draw();
    this.focus(id);
    if (this.open) { const card = this.find(id); one(".me-form input, .me-form [contenteditable], .me-form select, .me-form textarea", card)?.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
  }

  show(id, field = "") {
    if (!this.store.find(id)) return;
    this.open = id;
    this.draw();
    const card = this.find(id);
    card.scrollIntoView({ block: "center" });
    const place = field && one(`[data-field="${CSS.escape(field)}"]`, card);
    (one("input, select, textarea, [contenteditable]", place || card.querySelector(".me-form") || card) || one("[data-open]", card)).focus({ preventScroll: true });
  }

  add(type, name, index) {
    const id = this.store.add(structuredClone(this.kinds[type].make), name, index);
    this.open = id;
    this.draw();
    this.show(id);
    say(`${this.label(type)} added.`);
  }

  /** After the open block of the outer list, else before a footer at the end. */
  addHere(type) {
    const blocks = this.store.blocks;
    let outer = this.open;
    while (outer && this.store.find(outer)?.parent) outer = this.store.find(outer).parent.id;
    const here = blocks.findIndex((block) => block.id === outer);
    const hasFooter = blocks.length && blocks[blocks.length - 1].type === "footer" && type !== "footer";
    this.add(type, "root", here >= 0 && blocks[here].type !== "footer" ? here + 1 : hasFooter ? blocks.length - 1 : blocks.length);
  }

  remove(id) {
    const { list, index, block } = this.store.find(id);
    const next = list[index + 1] || list[index - 1];
    this.store.remove(id);
    if (this.open === id) this.open = null;
    if (next) this.focus(next.id); else one(".me-add", this.root)?.focus();
    const steps = this.store.back.length;
    say(`${this.label(block.type)} deleted.`, () => { if (this.store.back.length === steps) this.store.undo(); else this.store.add(block, "root", Math.min(index, this.store.blocks.length)); });
  }

  duplicate(id) {
    const copy = this.store.duplicate(id);
    this.focus(copy);
    say(`${this.label(this.store.find(copy).block.type)} duplicated.`);
  }

  nudge(id, by, what = "[data-grip]") {
    if (!this.store.nudge(id, by)) { say(by < 0 ? "It is the first already." : "It is the last already."); return; }
    this.told(id);
    this.focus(id, what);
    this.find(id).scrollIntoView({ block: "nearest" });
  }

  told(id) {
    const { list, index, block } = this.store.find(id);
    say(`${this.label(block.type)} is block ${index + 1} of ${list.length} now.`);
  }

  mayEnter(type, list) { return list.dataset.list === "root" || this.kinds[type]?.goes_in_columns; }

  lift(event, id, label) {
    const { block } = this.store.find(id);
    drag(event, { ghost: label, root: this.root, itself: this.find(id), mayEnter: (list) => this.mayEnter(block.type, list), drop: (name, index) => { if (this.store.moveTo(id, name, index)) { this.told(id); this.focus(id, "[data-grip]"); } } });
  }

  /** From the palette. */
  liftNew(event, type) {
    drag(event, { ghost: this.label(type), root: this.root, mayEnter: (list) => this.mayEnter(type, list), drop: (name, index) => this.add(type, name, index) });
  }

  choose(name, index, button) {
    const isIn = name !== "root";
    const menu = make("div", { class: "me-adding", role: "group", "aria-label": "Add a block" }, ...Object.values(this.kinds).filter((kind) => !isIn || kind.goes_in_columns).map((kind) => make("button", { type: "button", class: "me-kind", onclick: () => this.add(kind.code, name, index) }, icon(kind.icon), kind.label)));
    button.replaceWith(menu);
    one("button", menu).focus();
  }

  key(event) {
    const card = event.target.closest("[data-id]");
    if (!card) return;
    const isGrip = event.target.matches("[data-grip]"), isArrow = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (isArrow && (isGrip || event.altKey) && this.mayChange) {
      event.preventDefault();
      this.nudge(card.dataset.id, event.key === "ArrowUp" ? -1 : 1, isGrip ? "[data-grip]" : "[data-open]");
    } else if (isGrip && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      this.remove(card.dataset.id);
    } else if (event.key === "Escape" && this.open === card.dataset.id && event.target.closest(".me-form")) {
      this.toggle(card.dataset.id);
    }
  }
}
