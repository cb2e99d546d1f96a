/* Draws the tree: groups, clauses as sentences of controls, what each may be done with. Changes nothing itself:
   whatever is done goes to `act(make, options)`, where make(root) gives [the new root, the key that gets the focus]. */
window.RuleView = (() => {
  const { element, word, choice, button, menu, thousands } = window.RuleControls;
  const Tree = window.RuleTree;
  const MEANINGS = [["all", "all of these"], ["any", "any of these"], ["none", "none of these"], ["notall", "not all of these"]];
  const WAYS = [["up", "Move up", "Alt ↑"], ["down", "Move down", "Alt ↓"], ["in", "Move into group", "Alt →"], ["out", "Move out of group", "Alt ←"]];
  const SAID = { up: "Moved up", down: "Moved down", in: "Moved into a group", out: "Moved out of the group" };

  const meaningOf = (node) => (node.nots % 2 ? { all: "notall", any: "none" } : { all: "all", any: "any" })[node.op];
  const MEANS = { all: ["all", 0], any: ["any", 0], none: ["any", 1], notall: ["all", 1] };
  const joiner = (node) => (node.op === "all" ? "and" : "or");

  /** Where a node stands, in words. */
  const whereabouts = (root, id) => {
    const here = Tree.place(root, id);
    return here ? `${here.index + 1} of ${here.parent.children.length}` : "";
  };

  const draw = (root, { clauses, act, ask, names, counts, troubles, say, isEditable }) => {
    const move = (id, way) => act((now) => [Tree.step(now, id, way), `${id}:grip`], {
      after: (next, changed) => say(changed ? `${SAID[way]}, ${whereabouts(next, id)}.` : "There is nowhere to move it to."),
    });
    const near = (now, id) => {
      const here = Tree.place(now, id), siblings = here.parent.children, next = siblings[here.index + 1] || siblings[here.index - 1];
      return next ? `${next.id}:grip` : `${here.parent.id}:add`;
    };
    const remove = (id) => act((now) => [Tree.remove(now, id), near(now, id)], { after: () => say("Deleted. Ctrl+Z brings it back.") });
    const duplicate = (id) => act((now) => { const [next, copy] = Tree.duplicate(now, id); return [next, `${copy}:grip`]; }, { after: () => say("Duplicated.") });

    const keydown = (id) => (event) => {
      const way = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" }[event.key];
      if (event.altKey && way) { event.preventDefault(); event.stopPropagation(); move(id, way); }
      else if (event.key === "Delete" && event.target.matches(".b-grip")) { event.preventDefault(); event.stopPropagation(); remove(id); }
      else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") { event.preventDefault(); event.stopPropagation(); duplicate(id); }
    };

    const tools = (node, what) => {
      const isGroup = Tree.isGroup(node);
      return menu({
        key: `${node.id}:more`, text: "⋯", label: `More for ${what}`, className: "b-tool",
        items: () => [
          ...WAYS.map(([way, words, keys]) => ({ words, keys, disabled: Tree.step(root, node.id, way) === root, onPick: () => move(node.id, way) })),
          { words: "Duplicate", keys: "Ctrl D", onPick: () => duplicate(node.id) },
          ...(isGroup ? [] : [{ words: node.nots % 2 ? "Take back the not" : "Turn into not", onPick: () => act((now) => [Tree.setNots(now, node.id, node.nots % 2 ? 0 : 1), `${node.id}:more`]) }]),
          { words: "Put a group around it", onPick: () => act((now) => { const [next, group] = Tree.wrap(now, node.id, "any"); return [next, `${group}:means`]; }) },
          ...(isGroup && !node.nots ? [{ words: "Dissolve the group", onPick: () => act((now) => [Tree.unwrap(now, node.id), node.children[0] ? `${node.children[0].id}:grip` : `${Tree.place(now, node.id).parent.id}:add`]) }] : []),
          { words: "Delete", keys: "Del", onPick: () => remove(node.id) },
        ],
      });
    };

    const grip = (node, what) => element("button", {
      type: "button", className: "b-grip", text: "⠿", "aria-label": `Move ${what}: drag it, or Alt and an arrow key`, "aria-roledescription": "movable", title: "Drag, or Alt and an arrow key",
      data: { key: `${node.id}:grip`, grip: node.id },
    });

    const badge = (node) => element("span", { className: "b-count", data: { count: node.id }, title: "People for whom this part alone holds", text: countWords(counts.get(node.id)) });

    const trouble = (node) => {
      const found = troubles.get(node.id) || [];
      return element("div", { className: "b-troubles", data: { troubles: node.id }, children: found.map(troubleLine) });
    };

    const addMenu = (node) => menu({
      key: `${node.id}:add`, text: "+ Add clause", label: node.id === root.id ? "Add clause" : "Add clause to this group", className: "b-add",
      items: () => [
        ...clauses.kinds.map((kind) => ({
          words: kind.words, hint: kind.hint,
          onPick: () => act((now) => { const [next, id] = Tree.add(now, node.id, structuredClone(kind.blank)); return [next, `${id}:first`]; }),
        })),
        { words: "Group", hint: "clauses that are combined in their own way", onPick: () => act((now) => { const [next, id] = Tree.add(now, node.id, { [node.op === "all" ? "any" : "all"]: [] }); return [next, `${id}:add`]; }) },
      ],
    });

    const context = (node) => ({
      raw: node.clause,
      key: (keys) => `${node.id}:${keys.join(".")}`,
      ask, names,
      set: (keys, value, { focus } = {}) => act((now) => {
        const raw = Tree.find(now, node.id).clause;
        return [Tree.setClause(now, node.id, Tree.put(raw, keys, typeof value === "function" ? value(Tree.get(raw, keys)) : value)), focus || null];
      }),
      change: (changes, focus) => act((now) => [Tree.setClause(now, node.id, changes.reduce((raw, [keys, value]) => Tree.put(raw, keys, value), Tree.find(now, node.id).clause)), focus || null]),
      rename: (from, to, focus) => act((now) => {
        const raw = Tree.find(now, node.id).clause;
        return [Tree.setClause(now, node.id, Object.fromEntries(Object.entries(raw).map(([key, value]) => [key === from ? to : key, value]))), focus];
      }),
      type: (keys, value) => act((now) => [Tree.setClause(now, node.id, Tree.put(Tree.find(now, node.id).clause, keys, value)), null], { quiet: true, tag: `${node.id}:${keys.join(".")}` }),
    });

    const clauseRow = (node, index) => {
      const what = `clause ${index + 1}`;
      const lines = clauses.lines(context(node));
      const not = node.nots ? [element("b", { className: "b-not", text: node.nots % 2 ? "not" : "not not" })] : [];
      lines[0].unshift(...not);
      const body = element("div", { className: "b-says", children: lines.map((parts) => element("div", { className: "b-line", children: parts })) });
      return element("li", { className: "b-item-of", data: { node: node.id }, on: { keydown: keydown(node.id) }, children: [element("div", {
        className: "b-row", role: "group", "aria-label": what,
        children: [isEditable ? grip(node, what) : null, element("div", { className: "b-body", children: [body, trouble(node)] }), badge(node), isEditable ? tools(node, what) : null],
      })] });
    };

    const group = (node, index, depth) => {
      const isRoot = node.id === root.id, what = isRoot ? "the rule" : `group ${index + 1}`;
      const means = choice({
        key: `${node.id}:means`, label: `How ${what} combines its clauses`, value: meaningOf(node), options: MEANINGS,
        onChange: (picked) => act((now) => [Tree.setGroup(now, node.id, ...MEANS[picked]), `${node.id}:means`]),
      });
      const head = element("div", { className: "b-head", children: [
        isRoot ? null : grip(node, what), word(isRoot ? "People for whom" : ""), means, word(node.children.length ? "hold:" : ""), badge(node), isRoot ? null : tools(node, what),
      ] });
      const items = node.children.flatMap((child, at) => [
        at ? element("li", { className: "b-joiner", "aria-hidden": "true", text: joiner(node) }) : null,
        Tree.isGroup(child) ? element("li", { className: "b-nested", data: { node: child.id }, children: [group(child, at, depth + 1)], on: { keydown: keydown(child.id) } }) : clauseRow(child, at),
      ]);
      const empty = node.children.length ? null : element("p", { className: "b-empty", text: isRoot ? "No clause yet: everybody is in it. Add the first one, or start from a template." : node.op === "all" ? "An empty group: true of everybody." : "An empty group: true of nobody." });
      return element("div", {
        className: `b-group${isRoot ? " b-root" : ""}`, role: "group", "aria-label": isRoot ? "The rule" : what,
        data: { group: node.id, op: node.op },
        children: [head, trouble(node), empty, element("ol", { className: "b-items", data: { items: node.id }, children: items }), addMenu(node)],
      });
    };

    return group(root, 0, 0);
  };

  const countWords = (count) => (count === undefined ? "" : count === null ? "…" : `${thousands(count)}`);
  const troubleLine = ([words, isMissing]) => element("p", { className: isMissing ? "b-missing" : "b-trouble", text: words });

  return { draw, countWords, troubleLine };
})();
