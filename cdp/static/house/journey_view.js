/* Draws the flow: trigger, steps with their counts, arms side by side, where they join. Changes nothing itself. */
window.JourneyView = (() => {
  const { element, menu, thousands } = window.RuleControls;
  const Tree = window.JourneyTree, { STEPS, KINDS } = window.JourneyForms;
  const icon = (name) => element("span", { className: "material-symbols-outlined j-icon", "aria-hidden": "true", text: name });
  const plural = (n, one, many) => `${thousands(n)} ${n === 1 ? one : many}`;

  /** What is known of a step right now, as small tags. */
  const countTags = (counts, { passed = "passed", here = "here", skipped = "skipped" } = {}) => {
    if (!counts) return [];
    const tags = [];
    if (counts.waiting) tags.push(["j-now", `${plural(counts.waiting, "is", "are")} ${here}`, here === "here" ? "People who wait at this step now" : "It has not come true for them yet"]);
    if (counts.passed) tags.push(["", `${thousands(counts.passed)} ${passed}`, counts.week === undefined ? "" : `${thousands(counts.week)} in the last 7 days`]);
    if (counts.week) tags.push(["", `${thousands(counts.week)} in 7 days`, ""]);
    if (counts.skipped) tags.push(["j-skip", `${thousands(counts.skipped)} ${skipped}`, counts.why]);
    return tags.map(([className, text, title]) => element("span", { className: `j-count ${className}`.trim(), text, title }));
  };
  /** Why people wait here now, and why others were passed by. */
  const why = (counts, title = "Why skipped") => {
    const parts = [["Why they wait", counts?.held], [title, counts?.reasons]].filter(([, list]) => list?.length);
    if (!parts.length) return null;
    return element("details", { className: "j-why", children: [
      element("summary", { text: parts.map(([name], index) => (index ? name.toLowerCase() : name)).join(", ") }),
      ...parts.flatMap(([name, list]) => [
        parts.length > 1 ? element("p", { text: name }) : null,
        element("ul", { children: list.map((one) => element("li", { children: [element("b", { text: thousands(one.count) }), ` ${one.words}`] })) }),
      ]),
    ] });
  };

  const draw = (graph, { chosen, sentences, faults, counts, pick, act, isEditable }) => {
    const faultsOf = (id) => (faults[id] || []).map((words) => element("p", { className: "j-fault", children: [icon("error"), element("span", { text: words })] }));
    const says = (id) => element("span", { className: "j-says", data: { says: id }, text: sentences[id] || "" });
    const card = (id, { className = "", iconName, title, isStep = false, children = [], data = {} }) => element("div", {
      className: `j-card ${className}${chosen === id ? " j-chosen" : ""}${faults[id]?.length ? " j-faulty" : ""}`, data: { card: id, ...data },
      children: [
        element("button", { type: "button", className: "j-open", data: { open: id, key: `open:${id}` }, "aria-pressed": String(chosen === id), on: { click: () => pick(id) }, children: [icon(iconName), element("span", { className: "j-words", children: isStep && sentences[id] ? [element("b", { text: sentences[id] })] : [element("b", { text: title }), says(id)] })] }),
        ...children, ...faultsOf(id),
      ],
    });

    const addMenu = (key, index, isBig) => menu({
      key: `add:${key}:${index}`, text: isBig ? "+ Add a step" : "+", label: "Add a step here", className: isBig ? "b-add" : "j-plus",
      items: () => STEPS.map(([kind, , words, hint]) => ({ words, hint, onPick: () => act.add(key, index, kind) })),
    });
    const gap = (key, index) => element("li", { className: "j-gap", data: { gap: key, index }, children: isEditable ? [addMenu(key, index)] : [] });

    const tools = (step) => menu({
      key: `more:${step.id}`, text: "⋯", label: `More for this step`, className: "b-tool",
      items: () => [
        { words: "Move up", keys: "Alt ↑", onPick: () => act.step(step.id, "up") },
        { words: "Move down", keys: "Alt ↓", onPick: () => act.step(step.id, "down") },
        { words: "Duplicate", keys: "Ctrl D", onPick: () => act.duplicate(step.id) },
        { words: "Delete", keys: "Del", onPick: () => act.remove(step.id) },
      ],
    });

    const armHead = (step, one) => element("div", { className: "j-arm-head", children: [
      element("b", { text: step.do === "split" ? `${one.name} · ${Math.round((one.arm.share || 0) * 1000) / 10} %` : one.name }),
      element("span", { className: "j-says", text: sentences[one.key] || "" }),
      ...countTags(counts[one.key]),
    ] });

    const stepItem = (step) => {
      const kind = KINDS[step.do] || { icon: "help", words: step.do };
      const arms = Tree.inside(step);
      const bits = [element("div", { className: "j-counts", children: countTags(counts[step.id]) }), why(counts[step.id])];
      const controls = isEditable ? element("div", { className: "j-tools", children: [
        element("button", { type: "button", className: "b-grip", text: "⠿", data: { drag: step.id, key: `grip:${step.id}` }, "aria-label": `Move “${kind.words}”: drag it, or Alt and an arrow key`, title: "Drag, or Alt and an arrow key" }), tools(step),
      ] }) : null;
      return element("li", { className: "j-step", data: { step: step.id }, children: [
        card(step.id, { className: `j-is-${step.do}`, iconName: kind.icon, title: kind.words, isStep: true, children: [controls, ...bits] }),
        arms.length ? element("div", { className: "j-arms", children: arms.map((one) => element("div", { className: "j-arm", children: [armHead(step, one), sequence(one.key, one.steps)] })) }) : null,
        arms.length ? element("p", { className: "j-join", text: "then all go on" }) : null,
      ] });
    };
    const sequence = (key, steps) => element("ol", { className: "j-seq", data: { seq: key }, children: steps.length
      ? [gap(key, 0), ...steps.flatMap((step, index) => [stepItem(step), gap(key, index + 1)])]
      : [element("li", { className: "j-gap j-gap-empty", data: { gap: key, index: 0 }, children: isEditable ? [addMenu(key, 0, true)] : [element("span", { className: "h-soft", text: "nothing" })] })] });

    return element("div", { className: "j-flow", children: [
      element("div", { className: "j-top", children: [
        card("trigger", { className: "j-is-trigger", iconName: "bolt", title: "It starts when", children: [element("div", { className: "j-counts", children: countTags(counts.trigger, { passed: "came in", here: "on the verge" }) }), why(counts.trigger)] }),
        card("audience", { className: "j-side", iconName: "group", title: "For whom" }),
        card("goal", { className: "j-side", iconName: "flag", title: "Goal", children: [element("div", { className: "j-counts", children: countTags(counts.goal, { passed: "reached it" }) })] }),
        card("exits", { className: "j-side", iconName: "logout", title: "Ends early", children: [element("div", { className: "j-counts", children: countTags(counts.exits, { skipped: "ended early" }) }), why(counts.exits, "Why")] }),
      ] }),
      sequence(Tree.ROOT, graph.steps || []),
      element("p", { className: "j-end", children: [icon("check_circle"), element("span", { text: "The end" }), ...countTags(counts.end, { passed: "came here" })] }),
    ] });
  };

  return { draw, plural };
})();
