/* The controls a clause is made of: choices, numbers, dates, menus, and fields that suggest what there is.
   Each has a `key`, by which it gets the focus back when the page around it is drawn anew. */
window.RuleControls = (() => {
  const WAIT_MS = 150, BAR_PX = 72;
  let ids = 0;

  const element = (tag, { text, className, children = [], on = {}, data = {}, ...attributes } = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
    }
    Object.assign(made.dataset, data);
    for (const [name, handler] of Object.entries(on)) made.addEventListener(name, handler);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  const thousands = (number) => number.toLocaleString("en-US");
  const word = (text) => element("span", { className: "b-word", text });

  /** A choice of one: options = [[value, words]], or [group, [[value, words]]]. */
  const choice = ({ key, label, value, options, onChange }) => {
    const option = ([given, words]) => element("option", { value: given, text: words, selected: given === value });
    const known = options.flatMap((one) => (Array.isArray(one[1]) ? one[1] : [one])).some(([given]) => given === value);
    const children = options.map((one) => (Array.isArray(one[1])
      ? element("optgroup", { label: one[0], children: one[1].map(option) }) : option(one)));
    if (!known) children.unshift(element("option", { value: value ?? "", text: value ? String(value) : "choose…", selected: true, disabled: !value }));
    return element("select", { className: "b-choice", "aria-label": label, children, data: { key }, on: { change: (event) => onChange(event.target.value) } });
  };

  const number = ({ key, label, value, min = 0, onInput }) =>
    element("input", {
      className: "b-number", type: "number", inputmode: "numeric", min, step: 1, "aria-label": label, data: { key },
      value: typeof value === "number" ? value : "",
      on: { input: (event) => onInput(event.target.value === "" ? null : Number(event.target.value)) },
    });

  /** A day; an instant with a time of day stays text. */
  const date = ({ key, label, value, onInput }) => {
    const isDay = value === undefined || value === null || value === "" || /^\d{4}-\d\d-\d\d$/.test(value);
    return element("input", {
      className: "b-date", type: isDay ? "date" : "text", "aria-label": label, value: value ?? "", data: { key },
      on: { input: (event) => onInput(event.target.value) },
    });
  };

  const text = ({ key, label, value, placeholder, onInput }) =>
    element("input", {
      className: "b-text", type: "text", "aria-label": label, value: value ?? "", placeholder, autocomplete: "off", data: { key },
      size: Math.max(8, String(value ?? "").length),
      on: { input: (event) => onInput(event.target.value) },
    });

  const button = ({ key, text: words, label, className = "b-button", onClick, ...rest }) =>
    element("button", { type: "button", className, text: words, "aria-label": label, data: { key }, on: { click: onClick }, ...rest });

  /** A text as it is meant: a number where it looks like one, true and false as such. */
  const meant = (typed) => {
    const trimmed = typed.trim();
    if (/^-?(0|[1-9]\d{0,11})(\.\d{1,6})?$/.test(trimmed)) return Number(trimmed);
    if (trimmed === "true" || trimmed === "false") return trimmed === "true";
    return trimmed;
  };

  const said = (value) => (value === true ? "yes" : value === false ? "no" : value === undefined || value === null ? "" : String(value));

  /** A field that suggests. ask(text) → Promise of { items: [{ value, words, note, often }], empty }.
      What is typed counts too, unless `closed`; Enter, Tab and leaving the field take it;
      Enter rather takes the only suggestion that begins with it. */
  const combo = ({ key, label, value, words, ask, onPick, onEmptyBackspace, placeholder = "", closed = false, plain = false }) => {
    const listId = `b-list-${(ids += 1)}`;
    const shown = words ?? said(value);
    const list = element("ul", { role: "listbox", id: listId, "aria-label": label, hidden: true, className: "b-list" });
    const note = element("p", { className: "b-list-note", hidden: true });
    let items = [], active = -1, timer = 0, turn = 0, open = false, isStale = false;

    const show = (isOpen) => {
      open = isOpen;
      list.hidden = note.hidden = !isOpen;
      if (!note.textContent) note.hidden = true;
      if (!items.length) list.hidden = true;
      if (isOpen && items.length) fit(list);
      input.setAttribute("aria-expanded", String(isOpen && items.length > 0));
      if (!isOpen) { active = -1; input.removeAttribute("aria-activedescendant"); }
    };
    const mark = (index) => {
      active = index;
      [...list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === index)));
      const now = list.children[index];
      if (now) { input.setAttribute("aria-activedescendant", now.id); now.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
    };
    const take = (item, isLeaving = false) => {
      clearTimeout(timer);
      turn += 1;
      input.value = item.words ?? said(item.value);
      input.dataset.taken = input.value;
      show(false);
      onPick(item.value, isLeaving);
    };
    /** Those whose words begin with what is typed; of numbers none: 1 is no beginning of 10. */
    const beginning = (now) => (now ? items.filter((item) => typeof item.value === "string" && (item.words ?? item.value).toLowerCase().startsWith(now.toLowerCase())) : []);
    /** The one that is meant: the same words, or by Enter the only one that begins with them and is shown. */
    const meantBy = (now, isLeaving) => {
      const same = items.find((item) => (item.words ?? said(item.value)).toLowerCase() === now.toLowerCase());
      const begun = same || isLeaving || !open ? [] : beginning(now);
      return same ?? (begun.length === 1 ? begun[0] : undefined);
    };
    const typed = (isLeaving) => {
      const now = input.value.trim();
      if (now === (input.dataset.taken ?? "").trim()) return;
      const same = meantBy(now, isLeaving);
      if (same) take(same, isLeaving);
      else if (!closed) take({ value: plain ? now : meant(now), words: now }, isLeaving);
      else input.value = input.dataset.taken;
    };
    const draw = (found) => {
      items = found.items;
      list.replaceChildren(...items.map((item, index) => element("li", {
        role: "option", id: `${listId}-${index}`, "aria-selected": "false",
        children: [
          element("span", { className: "b-item", text: item.words ?? said(item.value), children: item.note ? [element("small", { text: item.note })] : [] }),
          item.often ? element("span", { className: "b-often", text: item.often }) : null,
        ],
        on: { mousedown: (event) => event.preventDefault(), click: () => take(item), mousemove: () => { if (active !== index) mark(index); } },
      })));
      note.textContent = items.length ? "" : found.empty || "Nothing like it has been seen yet.";
      if (!closed && !items.length && input.value.trim()) note.textContent += " Press Enter to use what you typed.";
      show(document.activeElement === input);
    };
    const look = async (everything) => {
      const mine = (turn += 1);
      const asked = everything ? "" : input.value.trim();
      try {
        const found = await ask(asked);
        if (mine === turn) { isStale = false; draw(found); }
      } catch { if (mine === turn) draw({ items: [], empty: "Suggestions could not be read just now." }); }
    };
    /** At once what is known to fit, until the answer comes: nobody picks from what they have already typed past. */
    const narrow = () => {
      const typedNow = input.value.trim().toLowerCase();
      turn += 1;
      isStale = true;
      draw({ items: items.filter((item) => `${item.words ?? ""} ${said(item.value)}`.toLowerCase().includes(typedNow)), empty: "…" });
      clearTimeout(timer);
      timer = setTimeout(look, WAIT_MS);
    };
    /** Takes what is meant; suggestions under way are waited for first. */
    const enter = async () => {
      const now = input.value;
      clearTimeout(timer);
      if (isStale && now.trim()) await look();
      if (!input.isConnected || input.value !== now) return;
      typed(false);
      show(false);
    };
    const keydown = (event) => {
      if (event.altKey || event.metaKey || event.ctrlKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) look(true);
        else if (items.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (open && active >= 0) take(items[active]); else enter();
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        event.stopPropagation();
        turn += 1;
        show(false);
      } else if (event.key === "Backspace" && !input.value && onEmptyBackspace) onEmptyBackspace();
    };
    const input = element("input", {
      type: "text", role: "combobox", className: "b-pick", autocomplete: "off", spellcheck: "false", "aria-label": label, "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": listId, value: shown, placeholder, size: Math.min(40, Math.max(placeholder.length, shown.length, 4)),
      data: { key, taken: shown },
      on: {
        input: narrow,
        focus: () => input.select(),
        suggest: () => look(true),
        click: () => { if (!open) look(true); },
        keydown,
        blur: () => { clearTimeout(timer); turn += 1; if (input.isConnected) typed(true); show(false); },
      },
    });
    return element("span", { className: "b-combo", children: [input, list, note] });
  };

  /** Several values as chips, and a field to add one. onChange(make, focus): make(list) gives the new list. */
  const chips = ({ key, label, values, wordsOf = said, ask, onChange, plain = false, closed = false }) => {
    const without = (index) => (list) => (list || []).filter((_, each) => each !== index);
    const made = values.map((value, index) => element("span", {
      className: "b-chip",
      children: [
        element("span", { text: wordsOf(value) }),
        button({ key: `${key}.x${index}`, text: "×", label: `Take out ${wordsOf(value)}`, className: "b-x", onClick: () => onChange(without(index), `${key}.add`) }),
      ],
    }));
    const add = combo({
      key: `${key}.add`, label: values.length ? `${label}: add another` : label, value: "", ask, plain, closed,
      placeholder: values.length ? "add…" : "choose…",
      onPick: (value, isLeaving) => {
        if (value !== "") onChange((list) => ((list || []).includes(value) ? list : [...(list || []), value]), isLeaving ? null : `${key}.add`);
      },
      onEmptyBackspace: () => { if (values.length) onChange(without(values.length - 1), `${key}.add`); },
    });
    return element("span", { className: "b-chips", role: "group", "aria-label": label, children: [...made, add] });
  };

  /** Opens to where there is room: not under the bar with the save buttons, not past the right edge. */
  const fit = (popup) => {
    popup.classList.remove("b-menu-left", "b-up");
    const bounds = popup.getBoundingClientRect(), above = popup.parentElement.getBoundingClientRect().top;
    if (bounds.right > document.documentElement.clientWidth - 8 && bounds.width < bounds.right - 8) popup.classList.add("b-menu-left");
    if (bounds.bottom > innerHeight - BAR_PX && above > bounds.height + 8) popup.classList.add("b-up");
  };

  /** A button that opens a menu. items = [{ words, hint, keys, onPick, disabled }] or { head }. */
  const menu = ({ key, text: words, label, className, items }) => {
    const popup = element("div", { role: "menu", className: "b-menu", hidden: true, "aria-label": label || words });
    const entries = () => [...popup.querySelectorAll("[role=menuitem]:not([disabled])")];
    const outside = (event) => { if (!box.contains(event.target)) shut(false); };
    const shut = (refocus) => {
      popup.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      document.removeEventListener("pointerdown", outside);
      if (refocus) opener.focus();
    };
    const open = () => {
      popup.replaceChildren(...items().map((item) => (item.head ? element("p", { className: "b-menu-head", text: item.head, role: "presentation" }) : element("button", {
        type: "button", role: "menuitem", tabindex: "-1", disabled: item.disabled, className: "b-menu-item",
        children: [
          element("span", { text: item.words, children: item.hint ? [element("small", { text: item.hint })] : [] }),
          item.keys ? element("kbd", { text: item.keys }) : null,
        ],
        on: { click: () => { shut(true); item.onPick(); } },
      }))));
      popup.hidden = false;
      fit(popup);
      opener.setAttribute("aria-expanded", "true");
      document.addEventListener("pointerdown", outside);
      entries()[0]?.focus();
    };
    const keydown = (event) => {
      if (popup.hidden) return;
      const all = entries(), now = all.indexOf(document.activeElement);
      const to = { ArrowDown: (now + 1) % all.length, ArrowUp: (now - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (to !== undefined) { event.preventDefault(); all[to]?.focus(); }
      else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); shut(true); }
      else if (event.key === "Tab") shut(false);
      else if (event.key.length === 1 && /\S/.test(event.key)) {
        event.stopPropagation(); // the admin's own keys ("t", "/") are not meant here
        all.find((one) => one.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
      }
    };
    const opener = button({ key, text: words, label, className, "aria-haspopup": "menu", "aria-expanded": "false", onClick: () => (popup.hidden ? open() : shut(true)) });
    const box = element("span", { className: "b-menu-box", children: [opener, popup], on: { keydown } });
    return box;
  };

  return { element, word, choice, number, date, text, button, combo, chips, menu, meant, said, thousands };
})();
