/* The rule builder: holds the tree with what was and what was taken back, draws it, keeps the form's JSON in step with it,
   and gives the focus back after every change. The textarea of the form stays what is saved. */
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-builder]");
  if (!box) return;
  const Tree = window.RuleTree, Controls = window.RuleControls, { element, chips, thousands } = Controls;
  const part = (name) => box.querySelector(`[data-${name}]`);
  const form = box.closest("form"), field = box.querySelector("textarea");
  const language = JSON.parse(document.getElementById("b-language").textContent);
  const clauses = window.RuleClauses.make(language);
  const tree = part("tree"), live = part("say"), jsonTroubles = part("json-troubles"), saving = part("saving");
  const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 30); };

  /* JSON for people: what fits in a line stands in one. */
  const written = (value, indent = 0) => {
    const line = (each) => {
      if (Array.isArray(each)) return `[${each.map(line).join(", ")}]`;
      if (each && typeof each === "object") return `{${Object.entries(each).map(([key, item]) => `${JSON.stringify(key)}: ${line(item)}`).join(", ")}}`;
      return JSON.stringify(each);
    };
    const short = line(value);
    if (short.length + indent <= 90 || !value || typeof value !== "object") return short;
    const blanks = " ".repeat(indent + 2), end = " ".repeat(indent);
    if (Array.isArray(value)) return `[\n${value.map((item) => blanks + written(item, indent + 2)).join(",\n")}\n${end}]`;
    const entries = Object.entries(value);
    if (entries.length === 1) return `{${JSON.stringify(entries[0][0])}: ${written(entries[0][1], indent)}}`;
    return `{\n${entries.map(([key, item]) => `${blanks}${JSON.stringify(key)}: ${written(item, indent + 2)}`).join(",\n")}\n${end}}`;
  };

  const parsed = () => { try { return { rule: JSON.parse(field.value) }; } catch (error) { return { error: error.message }; } };
  const first = parsed();
  const history = Tree.history(Tree.read(first.error ? { all: [] } : first.rule));
  let counts = new Map(), troubles = new Map(), isPressed = false, waiting = null, asked = history.present, isJson = Boolean(first.error);
  let compared = language.compared;

  /* What there is: asked of the server once a question. */
  const answers = new Map();
  const ask = (what, given) => {
    const query = new URLSearchParams({ what, segment: box.dataset.segment, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null && value !== "")) });
    const url = `${box.dataset.suggest}?${query}`;
    if (!answers.has(url)) {
      const found = fetch(url, { headers: { Accept: "application/json" } }).then((answer) => { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); });
      found.catch(() => answers.delete(url));
      answers.set(url, found);
    }
    return answers.get(url);
  };
  const names = (what, value) => ({ segments: language.segments, lists: language.lists, kinds: language.kinds }[what] || {})[value];

  /* Focus: by the key of the control, whatever was drawn anew. */
  const focusOn = (key) => {
    if (!key) return false;
    const found = key.endsWith(":first") ? tree.querySelector(`[data-node="${key.slice(0, -6)}"] :is(.b-pick, .b-choice, .b-number)`)
      : tree.querySelector(`[data-key="${CSS.escape(key)}"]`);
    found?.focus();
    if (found?.matches("[role=combobox]") && !found.value && /:first$|\.property$/.test(key)) found.dispatchEvent(new Event("suggest"));
    return Boolean(found);
  };
  const draw = (focus) => {
    const active = document.activeElement, key = tree.contains(active) ? active.dataset.key : null;
    const typed = key && "value" in active && active.tagName === "INPUT" ? active.value : null;
    const wasTyping = typed !== null && active.dataset.taken !== undefined && typed !== active.dataset.taken;
    tree.replaceChildren(window.RuleView.draw(history.present, { clauses, act, ask, names, counts, troubles, say, isEditable: true }));
    if (focus && focusOn(focus)) return;
    if (key && focusOn(key) && wasTyping) document.activeElement.value = typed;
  };
  /* At once, so that the next key finds the focus where it belongs. But a press that began on what is drawn now must end
     on it, and a field that is just being left (the focus is nowhere) has not passed the focus on yet. */
  const drawSoon = (focus) => {
    waiting = { focus: focus || waiting?.focus || null };
    if (isPressed) return;
    if (document.activeElement === document.body) setTimeout(drawNow, 0); else drawNow();
  };
  const drawNow = () => {
    if (!waiting) return;
    if (isPressed) return;
    const { focus } = waiting;
    waiting = null;
    draw(focus);
  };
  document.addEventListener("pointerdown", () => { isPressed = true; setTimeout(() => { isPressed = false; drawNow(); }, 1500); }, true);
  for (const over of ["pointerup", "pointercancel"]) document.addEventListener(over, () => setTimeout(() => { isPressed = false; drawNow(); }, 0), true);

  const buttons = () => {
    part("undo").disabled = !history.canUndo;
    part("redo").disabled = !history.canRedo;
  };
  const changed = () => {
    field.value = written(Tree.write(history.present));
    jsonTroubles.replaceChildren();
    buttons();
    panel.soon();
  };
  const act = (make, { quiet = false, tag = null, after } = {}) => {
    const [next, focus] = make(history.present);
    const isChanged = history.push(next, tag);
    if (isChanged) { changed(); if (!quiet) drawSoon(focus); } else if (focus) drawSoon(focus);
    if (after) after(history.present, isChanged);
  };
  const back = (way) => {
    if (!history[way]()) { say(way === "undo" ? "Nothing to undo." : "Nothing to redo."); return; }
    changed();
    draw(null);
    if (document.activeElement === document.body) (history[way === "undo" ? "canUndo" : "canRedo"] ? part(way) : part(way === "undo" ? "redo" : "undo")).focus();
    say(way === "undo" ? "Undone." : "Done again.");
  };

  /* Counts and troubles, put beside their clauses. */
  const show = () => {
    for (const badge of tree.querySelectorAll("[data-count]")) badge.textContent = window.RuleView.countWords(counts.get(badge.dataset.count));
    for (const line of tree.querySelectorAll("[data-troubles]")) line.replaceChildren(...(troubles.get(line.dataset.troubles) || []).map(window.RuleView.troubleLine));
  };
  const told = (found) => {
    tree.classList.toggle("b-computing-counts", !found);
    if (!found) {
      counts = new Map([...Tree.places(history.present).values(), history.present.id].map((id) => [id, null]));
      for (const badge of tree.querySelectorAll("[data-count]")) badge.textContent = "…";
      savingWords(null);
      return;
    }
    counts = new Map();
    troubles = new Map();
    const places = Tree.places(asked);
    for (const { path, count } of found.clauses || []) counts.set(places.get(path), count);
    const lines = (found.troubles || []).map(({ path, message }) => {
      const [id, rest] = Tree.at(asked, path), node = Tree.find(asked, id);
      const line = clauses.trouble(node.clause ?? {}, rest, message);
      troubles.set(id, [...(troubles.get(id) || []), line]);
      return element("p", { className: "b-trouble", children: [element("code", { text: path }), ` ${line[0]}`] });
    });
    jsonTroubles.replaceChildren(...lines);
    show();
    savingWords(found);
  };

  /* What saving would do, said beside the buttons before it is done. */
  const verbs = (count, verb) => (count === 1 ? `${verb}s` : verb);
  const people = (count, verb) => `${count === 1 ? "1 person" : `${thousands(count)} people`} ${verbs(count, verb)}`;
  let lastFound = null;
  const savingWords = (found) => {
    lastFound = found;
    const state = form.querySelector("[name=state]")?.value || "live", was = box.dataset.state;
    if (!found) saving.textContent = "computing who enters and leaves when it is saved…";
    else if (found.failed || found.count === undefined) saving.textContent = "";
    else if ((found.troubles || []).length) saving.textContent = "It can be saved once every clause is complete.";
    else if (state !== "live") saving.textContent = was === "live" ? `Saving it takes everybody out: ${people(found.present, "leave")}.` : `Saving moves nobody: it is ${state === "draft" ? "a draft" : state}.`;
    else if (was !== "live") saving.textContent = `Saving it: ${people(found.count, "enter")}.`;
    else saving.textContent = found.entering || found.leaving ? `Saving it: ${people(found.entering, "enter")}, ${thousands(found.leaving)} ${verbs(found.leaving, "leave")}.` : "Saving it moves nobody.";
  };
  form.querySelector("[name=state]")?.addEventListener("change", () => savingWords(lastFound));

  const panel = window.RuleLive.start(part("panel"), {
    url: box.dataset.preview, token, told,
    question: () => {
      asked = history.present;
      return [["definition", field.value], ["segment", box.dataset.segment], ...compared.map((slug) => ["compared", slug]), ["compare", "given"]];
    },
  });

  /* Which segments it is compared with. */
  const drawCompared = (focus) => {
    part("compare").replaceChildren(chips({
      key: "compare", label: "Compare with segments", values: compared, plain: true, closed: true, wordsOf: (slug) => language.segments[slug] || language.lists[slug] || slug,
      ask: (typed) => ask("segments", { q: typed }),
      onChange: (make, to) => { compared = make(compared).slice(-5); drawCompared(to); panel.soon(); },
    }));
    if (focus) part("compare").querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  };

  /* JSON, both ways. */
  const see = (json) => {
    isJson = json;
    part("json").hidden = !json;
    tree.hidden = json;
    part("as-json").setAttribute("aria-pressed", String(json));
    part("as-builder").setAttribute("aria-pressed", String(!json));
  };
  part("as-json").addEventListener("click", () => { see(true); field.focus(); });
  part("as-builder").addEventListener("click", () => {
    const { error } = parsed();
    if (error) { say("The JSON is not complete yet."); jsonTroubles.replaceChildren(element("p", { className: "b-trouble", text: `This is not JSON yet, so it cannot be shown as clauses: ${error}.` })); field.focus(); return; }
    see(false);
    tree.querySelector(".b-grip, .b-add")?.focus();
  });
  field.addEventListener("input", () => {
    const { rule, error } = parsed();
    if (!error) {
      history.push(Tree.read(rule), "json");
      buttons();
      draw(null);
    }
    panel.soon();
  });
  field.addEventListener("change", () => history.settle());

  /* Templates: a rule to start from, taken back like any change. */
  for (const link of box.querySelectorAll("[data-starter]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const root = Tree.read(JSON.parse(link.dataset.starter));
      act(() => [root, `${root.children[0]?.id}:first`]);
      for (const [name, value] of [["name", link.dataset.name], ["slug", link.dataset.slug]]) {
        const input = form.querySelector(`[name=${name}]`);
        if (input && !input.value) input.value = value;
      }
      part("starters").open = false;
      see(false);
      say(`Started from ${link.dataset.name}.`);
    });
  }

  part("undo").addEventListener("click", () => back("undo"));
  part("redo").addEventListener("click", () => back("redo"));
  box.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target === field) return;
    const letter = event.key.toLowerCase();
    if (letter !== "z" && letter !== "y") return;
    event.preventDefault();
    back(letter === "y" || event.shiftKey ? "redo" : "undo");
  });
  box.addEventListener("focusout", (event) => { if (event.target.matches("input")) history.settle(); });
  window.RuleDrag.watch(tree, (id, group, index) => act((now) => [Tree.move(now, id, group, index), `${id}:grip`], {
    after: (_, isMoved) => { if (isMoved) say("Moved."); },
  }));

  for (const hidden of box.querySelectorAll("[data-with-script]")) hidden.hidden = false;
  part("without-script")?.remove();
  (document.querySelector("#submit-row .mr-auto") || form).append(saving); // beside the buttons: seen before they are pressed
  see(isJson);
  draw(null);
  drawCompared(null);
  buttons();
  panel.soon(0);
});
