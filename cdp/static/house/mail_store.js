/* What the mail editor holds: the content of all locales, every change undoable. Knows no page. */
const SAME_TYPING_MS = 1500, MOST_STEPS = 200;

export class Store {
  constructor(content) {
    this.content = content;
    this.locale = content.default;
    this.back = [];
    this.forward = [];
    this.listeners = [];
  }

  get part() { return this.content.locales[this.locale]; }
  get blocks() { return (this.part.blocks ||= []); }
  get isCode() { return this.part.mode === "code"; }

  /** `what`: "all" redraws the page, a block's id its card, "words" neither. */
  onChange(listener) { this.listeners.push(listener); }
  tell(what) { for (const listener of this.listeners) listener(what); }

  /** Runs `change` as one step back; steps of one `key` that follow each other closely are one. */
  change(change, { what = "all", key = "" } = {}) {
    const before = this.snapshot();
    change();
    const last = this.back[this.back.length - 1];
    const isSame = key && last && last.key === key && Date.now() - last.at < SAME_TYPING_MS;
    if (isSame) last.at = Date.now();
    else this.back.push({ state: before, key, at: Date.now() });
    if (this.back.length > MOST_STEPS) this.back.shift();
    this.forward = [];
    this.tell(what);
  }

  /** What Undo leads to next. */
  remember(content) {
    this.back.push({ state: JSON.stringify({ content, locale: content.locales[this.locale] ? this.locale : content.default }), key: "", at: 0 });
    this.tell("words");
  }

  snapshot() { return JSON.stringify({ content: this.content, locale: this.locale }); }
  undo() { return this.step(this.back, this.forward); }
  redo() { return this.step(this.forward, this.back); }

  step(from, to) {
    const step = from.pop();
    if (!step) return false;
    to.push({ state: this.snapshot(), key: "", at: 0 });
    Object.assign(this, JSON.parse(step.state));
    this.tell("all");
    return true;
  }

  /** {list, index, block, parent, side} of a block's id; null for none. */
  find(id, list = this.blocks, parent = null, side = "") {
    for (const [index, block] of list.entries()) {
      if (block.id === id) return { list, index, block, parent, side };
      for (const inner of ["left", "right"]) {
        const found = Array.isArray(block[inner]) ? this.find(id, block[inner], block, inner) : null;
        if (found) return found;
      }
    }
    return null;
  }

  /** The list of a name: "root", or "<id of columns>.left". */
  list(name) {
    if (name === "root") return this.blocks;
    const [id, side] = name.split(".");
    return (this.find(id).block[side] ||= []);
  }

  ids(list = this.blocks) {
    return list.flatMap((block) => [block.id, ...this.ids(block.left || []), ...this.ids(block.right || [])]);
  }

  newId(taken = new Set(this.ids())) {
    let number = 1;
    while (taken.has(`b${number}`)) number += 1;
    taken.add(`b${number}`);
    return `b${number}`;
  }

  /** A copy with ids of its own. */
  renamed(block, taken = new Set(this.ids())) {
    const copy = { ...structuredClone(block), id: this.newId(taken) };
    for (const side of ["left", "right"]) if (Array.isArray(copy[side])) copy[side] = copy[side].map((each) => this.renamed(each, taken));
    return copy;
  }

  add(block, name, index) {
    const made = this.renamed(block);
    this.change(() => this.list(name).splice(index, 0, made));
    return made.id;
  }

  remove(id) {
    const { list, index } = this.find(id);
    this.change(() => list.splice(index, 1));
  }

  duplicate(id) {
    const { list, index, block } = this.find(id);
    const copy = this.renamed(block);
    this.change(() => list.splice(index + 1, 0, copy));
    return copy.id;
  }

  /** Before the block that stands at `index` of that list now; columns never stand in columns. */
  moveTo(id, name, index) {
    const { list, index: from, block } = this.find(id);
    const target = this.list(name);
    if (name !== "root" && Array.isArray(block.left)) return false;
    if (target === list && (index === from || index === from + 1)) return false;
    this.change(() => {
      list.splice(from, 1);
      target.splice(target === list && index > from ? index - 1 : index, 0, block);
    });
    return true;
  }

  /** One place up or down; out of a column at its ends. */
  nudge(id, by) {
    const { list, index, parent } = this.find(id);
    const next = index + by;
    if (next >= 0 && next < list.length) return this.moveTo(id, this.nameOf(id), by > 0 ? index + 2 : index - 1);
    if (!parent) return false;
    const outer = this.find(parent.id);
    return this.moveTo(id, "root", by > 0 ? outer.index + 1 : outer.index);
  }

  nameOf(id) {
    const { parent, side } = this.find(id);
    return parent ? `${parent.id}.${side}` : "root";
  }

  set(id, name, value) {
    const { block } = this.find(id);
    this.change(() => { if (name === "show_if" && !value) delete block[name]; else block[name] = value; }, { what: id, key: `${id}.${name}` });
  }

  setPart(name, value) {
    this.change(() => { this.part[name] = value; }, { what: "words", key: `${this.locale}.${name}` });
  }

  addLocale(code, from) {
    this.change(() => {
      this.content.locales[code] = from ? structuredClone(this.content.locales[from]) : { subject: "", preheader: "", mode: "blocks", blocks: [], code: "", text: "" };
      this.locale = code;
    });
  }

  removeLocale(code) {
    this.change(() => {
      delete this.content.locales[code];
      if (this.content.default === code) [this.content.default] = Object.keys(this.content.locales);
      if (this.locale === code) this.locale = this.content.default;
    });
  }
}
