/* The segments' rule builder inside a journey's panel: the same clauses, drawn in a box of the panel, told by callback. */
window.JourneyRule = (() => {
  const Tree = window.RuleTree, { element, button } = window.RuleControls;

  /** What suggestions there are, asked once a question. */
  const asking = (url) => {
    const answers = new Map();
    return (what, given = {}) => {
      const query = new URLSearchParams({ what, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null && value !== "")) });
      const address = `${url}?${query}`;
      if (!answers.has(address)) {
        const found = fetch(address, { headers: { Accept: "application/json" } }).then((answer) => { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); });
        found.catch(() => answers.delete(address));
        answers.set(address, found);
      }
      return answers.get(address);
    };
  };

  /** Draws `rule` (null: none yet) into a new element; changed(rule) is told each change. */
  const mount = ({ rule, language, clauses, ask, previewUrl, token, say, changed, isEditable }) => {
    const tree = element("div"), headline = element("p", { className: "b-headline", role: "status", data: { headline: "" } });
    const more = element("div", { data: { more: "" } });
    const panel = element("div", { className: "b-panel j-rule-panel", children: [element("h4", { className: "h-soft", text: "Holds now for" }), headline, more] });
    const history = Tree.history(Tree.read(rule ?? { all: [] }));
    const names = (what, value) => ({ segments: language.segments, lists: language.lists, kinds: language.kinds }[what] || {})[value];
    let counts = new Map(), troubles = new Map(), asked = history.present;
    const undo = button({ key: "rule-undo", text: "Undo", onClick: () => { if (history.undo()) { draw(null); told(); } } });

    const focusOn = (key) => {
      if (!key) return;
      const found = key.endsWith(":first") ? tree.querySelector(`[data-node="${key.slice(0, -6)}"] :is(.b-pick, .b-choice, .b-number)`) : tree.querySelector(`[data-key="${CSS.escape(key)}"]`);
      found?.focus();
      if (found?.matches("[role=combobox]") && !found.value && /:first$|\.property$/.test(key)) found.dispatchEvent(new Event("suggest"));
    };
    const draw = (focus) => {
      const active = document.activeElement, key = tree.contains(active) ? active.dataset.key : null;
      tree.replaceChildren(window.RuleView.draw(history.present, { clauses, act, ask, names, counts, troubles, say, isEditable }));
      undo.disabled = !history.canUndo;
      focusOn(focus || key);
    };
    const told = () => {
      const written = Tree.write(history.present);
      changed(written);
      live.soon();
    };
    const act = (make, { quiet = false, tag = null, after } = {}) => {
      const [next, focus] = make(history.present);
      const isChanged = history.push(next, tag);
      if (isChanged) told();
      // A field that is just being left has not passed the focus on yet.
      if (!(quiet && isChanged) && (isChanged || focus)) setTimeout(() => draw(focus), 0);
      if (after) after(history.present, isChanged);
    };
    const show = (found) => {
      counts = new Map();
      troubles = new Map();
      if (found && !found.failed) {
        const places = Tree.places(asked);
        for (const { path, count } of found.clauses || []) counts.set(places.get(path), count);
        for (const { path, message } of found.troubles || []) {
          const [id, rest] = Tree.at(asked, path);
          troubles.set(id, [...(troubles.get(id) || []), clauses.trouble(Tree.find(asked, id).clause ?? {}, rest, message)]);
        }
      }
      for (const badge of tree.querySelectorAll("[data-count]")) badge.textContent = window.RuleView.countWords(counts.get(badge.dataset.count));
      for (const line of tree.querySelectorAll("[data-troubles]")) line.replaceChildren(...(troubles.get(line.dataset.troubles) || []).map(window.RuleView.troubleLine));
    };
    const live = window.RuleLive.start(panel, {
      url: previewUrl, token, told: show,
      question: () => { asked = history.present; return [["definition", JSON.stringify(Tree.write(history.present))], ["segment", ""], ["compare", "given"]]; },
    });
    const box = element("div", { className: "b-builder j-rule", children: [tree, isEditable ? element("div", { className: "b-bar", children: [undo] }) : null, panel] });
    if (isEditable) window.RuleDrag.watch(tree, (id, group, index) => act((now) => [Tree.move(now, id, group, index), `${id}:grip`]));
    draw(null);
    live.soon(0);
    return box;
  };

  /** An event with its conditions: value = { event, where }, changed(value) is told each change. */
  const eventWith = ({ value, clauses, ask, label, changed }) => {
    const box = element("div", { className: "b-builder j-event" });
    let raw = { event: value.event || "", where: value.where || [] };
    // A journey waits for one event by its name: "anything" is for rules.
    const named = async (what, given) => { const found = await ask(what, given); return { ...found, items: found.items.filter((one) => one.value !== "*") }; };
    const put = (keys, given) => { raw = Tree.put(raw, keys, given); changed({ event: raw.event, where: raw.where || [] }); };
    const draw = (focus) => {
      const ctx = {
        raw, key: (keys) => `event:${keys.join(".")}`, ask: named, names: () => undefined,
        set: (keys, given, { focus: to } = {}) => { put(keys, typeof given === "function" ? given(Tree.get(raw, keys)) : given); setTimeout(() => draw(to), 0); },
        change: (changes, to) => { for (const [keys, given] of changes) put(keys, given); setTimeout(() => draw(to), 0); },
        type: (keys, given) => put(keys, given),
      };
      const lines = [[clauses.eventPick(ctx, ["event"], label)], ...clauses.where(ctx, ["where"], raw.event), [clauses.addWhere(ctx, ["where"])]];
      box.replaceChildren(...lines.map((parts) => element("div", { className: "b-line", children: parts })));
      const to = focus && box.querySelector(`[data-key="${CSS.escape(focus)}"]`);
      to?.focus();
      if (to?.matches("[role=combobox]") && !to.value) to.dispatchEvent(new Event("suggest"));
    };
    draw(null);
    return box;
  };

  return { asking, mount, eventWith };
})();
