/* A journey's graph, and every change that can be made to it. Knows no page: takes a graph, gives back another one.
   A sequence of steps is named by a key: "root", or "<step>:then", "<step>:else", "<step>:arm:<number>". */
window.JourneyTree = (() => {
  const PREFIX = { send: "mail", wait: "wait", wait_until: "until", wait_for: "event", branch: "branch", split: "split", set_trait: "trait", add_to_list: "list", give_offer: "offer", webhook: "hook", notify_staff: "staff", exit: "exit" };
  const ROOT = "root";

  /** The sequences inside one step: [{ key, name, arm, steps }]. */
  const inside = (step) => {
    if (step.do === "wait_for") return [{ key: `${step.id}:then`, name: "It happened", steps: step.then || [] }, { key: `${step.id}:else`, name: "It did not", steps: step.else || [] }];
    const arms = (step.arms || []).map((arm, index) => ({ key: `${step.id}:arm:${index}`, name: arm.name || `Arm ${index + 1}`, arm, index, steps: arm.steps || [] }));
    if (step.do === "branch") return [...arms, { key: `${step.id}:else`, name: "Everybody else", steps: step.else || [] }];
    return step.do === "split" ? arms : [];
  };

  const walk = (steps, visit, key = ROOT) => (steps || []).forEach((step, index) => {
    visit(step, key, index);
    for (const one of inside(step)) walk(one.steps, visit, one.key);
  });

  const all = (graph) => { const found = []; walk(graph.steps, (step, key, index) => found.push({ step, key, index })); return found; };
  const find = (graph, id) => all(graph).find((one) => one.step.id === id) || null;
  const steps = (graph, key) => {
    if (key === ROOT) return graph.steps || [];
    const [id] = key.split(":");
    const here = find(graph, id);
    return here ? inside(here.step).find((one) => one.key === key)?.steps || [] : [];
  };

  /** Every step through `make`: a step, or a list of steps in its place. */
  const mapped = (list, make) => (list || []).flatMap((step) => {
    const found = make(step);
    return (Array.isArray(found) ? found : [found]).map((each) => {
      const next = { ...each };
      if (each.then) next.then = mapped(each.then, make);
      if (each.else) next.else = mapped(each.else, make);
      if (each.arms) next.arms = each.arms.map((arm) => ({ ...arm, steps: mapped(arm.steps, make) }));
      return next;
    });
  });

  const withSteps = (graph, key, make) => {
    if (key === ROOT) return { ...graph, steps: make(graph.steps || []) };
    const [id, part, number] = key.split(":");
    const change = (step) => {
      if (step.id !== id) return step;
      if (part !== "arm") return { ...step, [part]: make(step[part] || []) };
      return { ...step, arms: step.arms.map((arm, index) => (index === Number(number) ? { ...arm, steps: make(arm.steps || []) } : arm)) };
    };
    return { ...graph, steps: mapped(graph.steps, change) };
  };

  const newId = (taken, kind) => {
    const prefix = PREFIX[kind] || "step";
    let number = 1;
    while (taken.has(`${prefix}_${number}`)) number += 1;
    taken.add(`${prefix}_${number}`);
    return `${prefix}_${number}`;
  };
  const ids = (graph) => new Set(all(graph).map((one) => one.step.id));

  const insert = (graph, key, index, step) => withSteps(graph, key, (list) => [...list.slice(0, index), step, ...list.slice(index)]);
  const add = (graph, key, index, blank) => {
    const step = { id: newId(ids(graph), blank.do), ...structuredClone(blank) };
    return [insert(graph, key, index, step), step.id];
  };
  const update = (graph, id, make) => ({ ...graph, steps: mapped(graph.steps, (step) => (step.id === id ? make(step) : step)) });
  const remove = (graph, id) => ({ ...graph, steps: mapped(graph.steps, (step) => (step.id === id ? [] : step)) });

  const duplicate = (graph, id) => {
    const here = find(graph, id), taken = ids(graph);
    const copy = mapped([structuredClone(here.step)], (step) => ({ ...step, id: newId(taken, step.do) }))[0];
    return [insert(graph, here.key, here.index + 1, copy), copy.id];
  };

  /** To a place counted before it was taken out; into itself nothing happens. */
  const move = (graph, id, key, index) => {
    const here = find(graph, id);
    if (!here) return graph;
    let isInside = false;
    walk([here.step], (step) => { if (key.startsWith(`${step.id}:`)) isInside = true; });
    if (isInside || (here.key === key && (index === here.index || index === here.index + 1))) return graph;
    const at = here.key === key && here.index < index ? index - 1 : index;
    return insert(remove(graph, id), key, at, here.step);
  };

  /** One place up or down; past an edge of an arm, out of it; beside a step with arms, into its first or last. */
  const step = (graph, id, way) => {
    const here = find(graph, id), list = steps(graph, here.key), owner = here.key === ROOT ? null : find(graph, here.key.split(":")[0]);
    const beside = list[here.index + (way === "up" ? -1 : 1)];
    if (beside) {
      const arms = inside(beside);
      if (arms.length) return way === "up" ? move(graph, id, arms[0].key, arms[0].steps.length) : move(graph, id, arms[0].key, 0);
      return move(graph, id, here.key, way === "up" ? here.index - 1 : here.index + 2);
    }
    return owner ? move(graph, id, owner.key, owner.index + (way === "up" ? 0 : 1)) : graph;
  };
  /** Into the arm beside its own. */
  const sideways = (graph, id, by) => {
    const here = find(graph, id);
    if (here.key === ROOT) return graph;
    const arms = inside(find(graph, here.key.split(":")[0]).step);
    const to = arms[arms.findIndex((one) => one.key === here.key) + by];
    return to ? move(graph, id, to.key, Math.min(here.index, to.steps.length)) : graph;
  };

  return { ROOT, inside, walk, all, find, steps, add, insert, update, remove, duplicate, move, step, sideways };
})();
