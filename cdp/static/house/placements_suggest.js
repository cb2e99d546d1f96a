/* Fields that suggest what the catalog holds: products with picture and price, categories, brands. By keyboard: arrows,
   Enter takes, Escape closes. What is typed counts as it is, too. */
(() => {
  const WAIT_MS = 180;
  let ids = 0, open = null;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  function whatOf(input) {
    const row = input.closest("[data-row]");
    if (input.dataset.suggest === "rule") return row.querySelector("[name=rule_target]").value;
    if (input.dataset.suggest === "boost") return row.querySelector("[name=boost_by]").value;
    return input.dataset.suggest;
  }

  function product(item) {
    const made = element("span", "pl-product");
    if (item.picture) {
      const picture = element("img");
      Object.assign(picture, { src: item.picture, alt: "", width: 32, height: 32 });
      made.append(picture);
    } else if (item.letter) {
      const letter = element("span", "pl-letter", item.letter);
      letter.setAttribute("aria-hidden", "true");
      made.append(letter);
    }
    const words = element("span");
    words.append(element("b", "", item.words), ` ${item.price || ""} `, element("span", "h-soft", item.note));
    made.append(words);
    return made;
  }

  class Combo {
    constructor(input) {
      this.input = input;
      this.list = element("ul", "pl-list-box");
      this.list.id = `pl-list-${(ids += 1)}`;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "Suggestions");
      this.list.hidden = true;
      this.items = [];
      this.active = -1;
      this.turn = 0;
      for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
      (input.closest("label") || input).after(this.list);
      input.addEventListener("input", (event) => { if (event.isTrusted) this.soon(); });
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => this.close());
    }

    soon() {
      clearTimeout(this.timer);
      this.name(null);
      this.timer = setTimeout(() => this.look(this.input.value), WAIT_MS);
    }

    async look(text) {
      const turn = (this.turn += 1);
      const query = new URLSearchParams({ what: whatOf(this.input), q: text.trim() });
      const address = this.input.form.dataset.suggestUrl;
      const answer = await fetch(`${address}?${query}`).catch(() => null);
      if (turn !== this.turn || document.activeElement !== this.input) return;
      this.draw(answer && answer.ok ? (await answer.json()).items : []);
    }

    draw(items) {
      this.items = items;
      this.active = -1;
      this.list.replaceChildren(...items.map((item, index) => {
        const line = element("li");
        line.id = `${this.list.id}-${index}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", "false");
        line.append(product(item));
        line.addEventListener("mousedown", (event) => event.preventDefault());
        line.addEventListener("click", () => this.take(item));
        return line;
      }));
      this.list.hidden = !items.length;
      this.input.setAttribute("aria-expanded", String(items.length > 0));
      if (open && open !== this) open.close();
      open = this;
    }

    mark(index) {
      this.active = index;
      [...this.list.children].forEach((line, each) => line.setAttribute("aria-selected", String(each === index)));
      const line = this.list.children[index];
      this.input.setAttribute("aria-activedescendant", line.id);
      line.scrollIntoView({ block: "nearest" });
    }

    take(item) {
      this.input.value = item.value;
      this.name(item);
      this.close();
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    /** Below a field of products stands what the chosen one is called. */
    name(item) {
      const place = this.input.closest("[data-row]")?.querySelector("[data-named]");
      if (!place) return;
      place.replaceChildren(...(item && item.price !== undefined ? [product(item)] : []));
    }

    close() {
      clearTimeout(this.timer);
      this.turn += 1;
      this.list.hidden = true;
      this.active = -1;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden) { this.look(this.input.value); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.mark((this.active + step + this.items.length) % this.items.length);
      } else if (event.key === "Enter") {
        event.preventDefault(); // a form this long is not sent by a stray Enter
        if (!this.list.hidden && this.active >= 0) this.take(this.items[this.active]); else this.close();
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.preventDefault();
        this.close();
      }
    }
  }

  const ready = (root) => {
    for (const input of root.querySelectorAll("[data-suggest]:not([role=combobox])")) if (!input.closest("template")) new Combo(input);
  };
  addEventListener("DOMContentLoaded", () => ready(document));
  addEventListener("placement:row", (event) => ready(event.target));
})();
