/* A rule as a tree, and every change that can be made to it. Knows no page: takes a tree, gives back another one.

   node  = { id, nots, op: "all" | "any", children: [node] }  a group
         | { id, nots, clause }                               a clause, as its JSON
   `nots`: how many "not" stand around it. The root is always a group; `bare` marks one that was made for a single clause. */
window.RuleTree = (() => {
  let made = 0;
  const isObject = (raw) => raw !== null && typeof raw === "object" && !Array.isArray(raw);
  const only = (raw, key) => isObject(raw) && Object.keys(raw).length === 1 && key in raw;
  const isGroup = (node) => Boolean(node.children);

  const readNode = (raw) => {
    let nots = 0;
    while (only(raw, "not") && isObject(raw.not)) { nots += 1; raw = raw.not; }
    const id = `n${(made += 1)}`;
    for (const op of ["all", "any"]) {
      if (only(raw, op) && Array.isArray(raw[op])) return { id, nots, op, children: raw[op].map(readNode) };
    }
    return { id, nots, clause: raw };
  };

  /** The tree of a rule's JSON. */
  const read = (raw) => {
    const node = readNode(raw);
    return isGroup(node) ? node : { id: `n${(made += 1)}`, nots: 0, op: "all", children: [node], bare: true };
  };

  const isBare = (root) => Boolean(root.bare) && root.children.length === 1 && root.op === "all" && !root.nots;

  const writeNode = (node) => {
    let raw = isGroup(node) ? { [node.op]: node.children.map(writeNode) } : node.clause;
    for (let left = node.nots; left > 0; left -= 1) raw = { not: raw };
    return raw;
  };

  /** The JSON of a tree. */
  const write = (root) => writeNode(isBare(root) ? root.children[0] : root);

  /** {path in the JSON: node id} of every node, the outermost "not" included. */
  const places = (root) => {
    const found = new Map();
    const walk = (node, path) => {
      found.set(path, node.id);
      const inner = path + ".not".repeat(node.nots);
      if (isGroup(node)) node.children.forEach((child, index) => walk(child, `${inner}.${node.op}[${index}]`));
    };
    walk(isBare(root) ? root.children[0] : root, "$");
    return found;
  };

  /** The node a path belongs to, with what follows its own path: ["n3", ".where[0].value"]. */
  const at = (root, path) => {
    let best = [root.id, ""], longest = -1;
    for (const [own, id] of places(root)) {
      const rest = path.slice(own.length);
      if (path.startsWith(own) && own.length > longest && (rest === "" || rest[0] === "." || rest[0] === "[")) {
        best = [id, rest];
        longest = own.length;
      }
    }
    return best;
  };

  const find = (node, id) => {
    if (node.id === id) return node;
    for (const child of node.children || []) {
      const found = find(child, id);
      if (found) return found;
    }
    return null;
  };

  /** Where a node stands: { parent, index }, null for the root. */
  const place = (node, id) => {
    for (const [index, child] of (node.children || []).entries()) {
      if (child.id === id) return { parent: node, index };
      const found = place(child, id);
      if (found) return found;
    }
    return null;
  };

  const change = (node, id, make) => {
    if (node.id === id) return make(node);
    if (!isGroup(node)) return node;
    const children = node.children.map((child) => change(child, id, make));
    return children.every((child, index) => child === node.children[index]) ? node : { ...node, children };
  };

  const spliced = (list, index, remove, ...added) => [...list.slice(0, index), ...added, ...list.slice(index + remove)];

  const insert = (root, parentId, index, node) =>
    change(root, parentId, (parent) => ({ ...parent, children: spliced(parent.children, index, 0, node) }));

  /** Adds a node given as JSON (at the end without an index): [root, its id]. */
  const add = (root, parentId, raw, index) => {
    const node = readNode(raw);
    const parent = find(root, parentId);
    return [insert(root, parentId, index === undefined ? parent.children.length : index, node), node.id];
  };

  const remove = (root, id) => {
    const here = place(root, id);
    return here ? change(root, here.parent.id, (parent) => ({ ...parent, children: spliced(parent.children, here.index, 1) })) : root;
  };

  /** A copy right after it: [root, the copy's id]. */
  const duplicate = (root, id) => {
    const here = place(root, id);
    return here ? add(root, here.parent.id, structuredClone(writeNode(here.parent.children[here.index])), here.index + 1) : [root, id];
  };

  const setClause = (root, id, clause) => change(root, id, (node) => ({ ...node, clause }));
  const setGroup = (root, id, op, nots) => change(root, id, (node) => ({ ...node, op, nots }));
  const setNots = (root, id, nots) => change(root, id, (node) => ({ ...node, nots }));

  /** To a place counted before it was taken out. Into itself: nothing happens. A group that this empties goes: it would
      be true of nobody, or of everybody, with nothing to be seen in it. */
  const move = (root, id, parentId, index) => {
    const here = place(root, id), node = find(root, id);
    if (!here || find(node, parentId)) return root;
    const before = here.parent.id === parentId && here.index < index;
    if (here.parent.id === parentId && (index === here.index || index === here.index + 1)) return root;
    const moved = insert(remove(root, id), parentId, before ? index - 1 : index, node);
    const isEmptied = here.parent.children.length === 1 && here.parent.id !== root.id && here.parent.id !== parentId;
    return isEmptied ? remove(moved, here.parent.id) : moved;
  };

  /** A group around it: [root, the group's id]. */
  const wrap = (root, id, op) => {
    const group = `n${(made += 1)}`;
    return [change(root, id, (node) => ({ id: group, nots: 0, op, children: [node] })), group];
  };

  /** Its clauses stand where the group stood. A negated group keeps its meaning, so it stays. */
  const unwrap = (root, id) => {
    const here = place(root, id), node = find(root, id);
    if (!here || !isGroup(node) || node.nots) return root;
    return change(root, here.parent.id, (parent) => ({ ...parent, children: spliced(parent.children, here.index, 1, ...node.children) }));
  };

  const STEPS = {
    up: (root, id, { parent, index }) => {
      if (index > 0) return move(root, id, parent.id, index - 1);
      const above = place(root, parent.id);
      return above ? move(root, id, above.parent.id, above.index) : root;
    },
    down: (root, id, { parent, index }) => {
      if (index < parent.children.length - 1) return move(root, id, parent.id, index + 2);
      const above = place(root, parent.id);
      return above ? move(root, id, above.parent.id, above.index + 1) : root;
    },
    in: (root, id, { parent, index }) => {
      const before = parent.children[index - 1], after = parent.children[index + 1];
      if (before && isGroup(before)) return move(root, id, before.id, before.children.length);
      if (after && isGroup(after)) return move(root, id, after.id, 0);
      return wrap(root, id, parent.op === "all" ? "any" : "all")[0];
    },
    out: (root, id, { parent }) => {
      const above = place(root, parent.id);
      return above ? move(root, id, above.parent.id, above.index + 1) : root;
    },
  };

  /** One step up, down, in (to the group beside it, else to one of its own) or out. The same root where there is no such step. */
  const step = (root, id, way) => {
    const here = place(root, id);
    return here ? STEPS[way](root, id, here) : root;
  };

  /** How deep a node stands in the JSON: what the language counts. */
  const size = (node) => 1 + node.nots + (node.children || []).reduce((sum, child) => sum + size(child), 0);

  /** A clause with one of its parts changed: keys and indexes; undefined takes the part out. */
  const put = (raw, keys, value) => {
    if (!keys.length) return value;
    const [key, ...rest] = keys;
    if (Array.isArray(raw)) {
      if (value === undefined && !rest.length) return raw.filter((_, index) => index !== key);
      const copy = [...raw];
      copy[key] = put(copy[key], rest, value);
      return copy;
    }
    const copy = { ...(isObject(raw) ? raw : {}) };
    const found = put(copy[key] === undefined && typeof rest[0] === "number" ? [] : copy[key], rest, value);
    if (found === undefined) delete copy[key]; else copy[key] = found;
    return copy;
  };

  const get = (raw, keys) => keys.reduce((found, key) => (found === undefined || found === null ? undefined : found[key]), raw);

  /** What was, what is, what was taken back. Changes with the same tag in a row are one step. */
  const history = (first) => {
    let past = [], present = first, future = [], tagged = null;
    const MOST = 200;
    return {
      get present() { return present; },
      get canUndo() { return past.length > 0; },
      get canRedo() { return future.length > 0; },
      push(root, tag = null) {
        if (root === present) return false;
        if (tag === null || tag !== tagged) past = [...past.slice(1 - MOST), present];
        present = root;
        future = [];
        tagged = tag;
        return true;
      },
      undo() {
        if (!past.length) return false;
        future = [present, ...future];
        present = past[past.length - 1];
        past = past.slice(0, -1);
        tagged = null;
        return true;
      },
      redo() {
        if (!future.length) return false;
        past = [...past, present];
        [present, ...future] = future;
        tagged = null;
        return true;
      },
      settle() { tagged = null; },
    };
  };

  return { read, write, places, at, find, place, add, remove, duplicate, setClause, setGroup, setNots, move, wrap, unwrap, step, size, put, get, history, isGroup };
})();
