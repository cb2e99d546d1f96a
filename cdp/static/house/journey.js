/* The builder of a journey: holds the graph with what was and what was taken back, draws it, opens the panel, saves the
   draft half a second after the last change, and shows what the server says of it. Nothing typed is lost. */
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-journey]");
  if (!box) return;
  const WAIT_MS = 500, COUNTS_MS = 15000;
  const Tree = window.JourneyTree, Forms = window.JourneyForms, { element, button } = window.RuleControls;
  const part = (name) => document.querySelector(`[data-j-${name}]`);
  const given = JSON.parse(document.getElementById("journey-data").textContent);
  const { urls, choices, language, isEditable } = given;
  const clauses = window.RuleClauses.make(language);
  const ask = window.JourneyRule.asking(urls.suggest);
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const flow = part("flow"), panel = part("panel"), live = part("say"), stands = part("stands");
  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 30); };
  const history = window.RuleTree.history(given.graph);
  let said = { sentences: given.sentences, faults: given.faults }, counts = given.counts || {}, chosen = null, revision = given.revision;
  let timer = 0, isSaving = false, isDirty = false, isBlocked = false, shownProblems = false;
  const graph = () => history.present;
  const kit = { clauses, ask, language, choices, urls, token, say, isEditable };

  /* Drawing. */
  const focusOn = (key) => { const found = key && flow.querySelector(`[data-key="${CSS.escape(key)}"]`); found?.focus(); return Boolean(found); };
  const draw = (focus) => {
    const active = document.activeElement, key = flow.contains(active) ? active.dataset.key : null;
    flow.replaceChildren(window.JourneyView.draw(graph(), { chosen, ...said, counts, pick, act, isEditable }));
    if (!focusOn(focus)) focusOn(key);
    part("undo").disabled = !history.canUndo;
    part("redo").disabled = !history.canRedo;
    problems();
  };
  const problems = () => {
    const all = Object.values(said.faults).flat(), note = part("problems");
    note.hidden = !all.length;
    note.textContent = all.length === 1 ? "1 thing is missing before it can be published" : `${all.length} things are missing before it can be published`;
    const publish = part("publish");
    if (publish) publish.classList.toggle("j-not-yet", all.length > 0);
    if (!shownProblems && all.length) shownProblems = true;
  };

  /* The panel. */
  const TITLES = { trigger: "It starts when", audience: "For whom", goal: "Goal", exits: "Ends early" };
  const pick = (id) => { chosen = id; draw(`open:${id}`); openPanel(true); };
  const openPanel = (isFocused) => {
    const here = chosen && !TITLES[chosen] ? Tree.find(graph(), chosen) : null;
    if (!chosen || (!TITLES[chosen] && !here)) { shut(); return; }
    const redraw = () => openPanel(false);
    const put = (key) => (value) => change({ ...graph(), [key]: value }, `panel:${key}`);
    const forms = {
      trigger: () => Forms.trigger(kit, graph().trigger || { on: "" }, put("trigger"), redraw),
      audience: () => Forms.audience(kit, graph(), put("audience")),
      goal: () => Forms.goal(kit, graph().goal, put("goal"), redraw),
      exits: () => Forms.exits(kit, graph().exits || [], put("exits"), redraw),
    };
    const setStep = (step) => change(Tree.update(graph(), chosen, (old) => withLatestSteps(step, old)), `panel:${chosen}`);
    const made = forms[chosen] ? forms[chosen]() : Forms.FORMS[here.step.do](kit, here.step, setStep, redraw);
    const title = TITLES[chosen] || Forms.KINDS[here.step.do].words;
    const shutButton = button({ key: "panel-shut", text: "Done", className: "h-button h-button-quiet j-shut", onClick: () => { const back = `open:${chosen}`; shut(); focusOn(back); } });
    const isWide = panel.dataset.open === chosen ? panel.scrollTop : 0;
    panel.replaceChildren(element("div", { className: "j-panel-head", children: [element("h2", { text: title, tabindex: "-1" }), shutButton] }), element("div", { className: "j-form", children: made }), element("div", { className: "j-panel-faults", data: { panelFaults: "" } }));
    if (!isEditable) for (const field of panel.querySelectorAll("input, select, textarea")) field.disabled = true;
    panel.dataset.open = chosen;
    panel.hidden = false;
    panel.scrollTop = isWide;
    document.body.classList.add("j-with-panel");
    panelFaults();
    if (isFocused) panel.querySelector("h2").focus();
  };
  /** The panel's form knows the step as it was opened: what stands inside its arms is taken from the flow. */
  const withLatestSteps = (step, old) => {
    const next = { ...step };
    for (const key of ["then", "else"]) if (old[key]) next[key] = old[key];
    if (step.arms && old.arms && step.arms.length === old.arms.length) next.arms = step.arms.map((arm, index) => ({ ...arm, steps: old.arms[index].steps }));
    return next;
  };
  const shut = () => { chosen = null; panel.hidden = true; panel.replaceChildren(); delete panel.dataset.open; document.body.classList.remove("j-with-panel"); draw(null); };
  const panelFaults = () => {
    const place = panel.querySelector("[data-panel-faults]");
    if (place) place.replaceChildren(...(said.faults[chosen] || []).map((words) => element("p", { className: "j-fault", text: words })));
  };

  /* Changes. */
  const change = (next, tag = null) => {
    if (!isEditable || !history.push(next, tag)) return false;
    draw(null);
    soon();
    return true;
  };
  const removed = (words) => {
    const note = part("undo-note");
    note.replaceChildren(element("span", { text: words }), button({ key: "undo-note", text: "Undo", className: "h-link", onClick: () => { back("undo"); note.hidden = true; } }));
    note.hidden = false;
    clearTimeout(removed.timer);
    removed.timer = setTimeout(() => { note.hidden = true; }, 8000);
  };
  const act = {
    add(key, index, kind) { const [next, id] = Tree.add(graph(), key, index, Forms.KINDS[kind].blank); change(next); pick(id); say("Added."); },
    remove(id) {
      const words = Forms.KINDS[Tree.find(graph(), id).step.do].words, inner = Tree.inside(Tree.find(graph(), id).step).reduce((sum, one) => sum + one.steps.length, 0);
      if (chosen === id) shut();
      change(Tree.remove(graph(), id));
      removed(`“${words}” is taken out${inner ? ", with the steps in it" : ""}.`);
      say("Deleted. Ctrl+Z brings it back.");
    },
    duplicate(id) { const [next, copy] = Tree.duplicate(graph(), id); change(next); draw(`open:${copy}`); say("Duplicated."); },
    step(id, way) { say(change(Tree.step(graph(), id, way)) ? `Moved ${way}.` : "There is nowhere to move it to."); focusOn(`grip:${id}`); },
    sideways(id, by) { say(change(Tree.sideways(graph(), id, by)) ? "Moved to the way beside it." : "There is no way beside it."); focusOn(`grip:${id}`); },
  };
  const back = (way) => {
    if (!history[way]()) { say(way === "undo" ? "Nothing to undo." : "Nothing to redo."); return; }
    draw(null);
    if (chosen) openPanel(false);
    soon();
    say(way === "undo" ? "Undone." : "Done again.");
  };
  part("undo").addEventListener("click", () => back("undo"));
  part("redo").addEventListener("click", () => back("redo"));
  flow.addEventListener("keydown", (event) => {
    const id = event.target.closest("[data-step]")?.dataset.step;
    if (!id || !isEditable || event.target.closest("[role=menu]")) return;
    const own = event.target.closest("[data-card]");
    if (!own) return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); act.step(id, event.key === "ArrowUp" ? "up" : "down"); }
    else if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) { event.preventDefault(); act.sideways(id, event.key === "ArrowLeft" ? -1 : 1); }
    else if (event.key === "Delete" && event.target.matches(".j-open, .b-grip")) { event.preventDefault(); act.remove(id); }
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") { event.preventDefault(); act.duplicate(id); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen && !event.defaultPrevented) { const back = `open:${chosen}`; shut(); focusOn(back); return; }
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea, select, .b-builder")) return;
    const letter = event.key.toLowerCase();
    if (letter !== "z" && letter !== "y") return;
    event.preventDefault();
    back(letter === "y" || event.shiftKey ? "redo" : "undo");
  });
  panel.addEventListener("focusout", () => history.settle());
  if (isEditable) window.JourneyDrag.watch(flow, (id, key, index) => { if (change(Tree.move(graph(), id, key, index))) say("Moved."); });

  /* Saving: one at a time; a draft that somebody else changed meanwhile is never written over. */
  const state = (words, kind = "") => { stands.textContent = words; stands.className = `j-stands ${kind}`; };
  const soon = () => { isDirty = true; if (isBlocked) return; state("Not saved yet"); clearTimeout(timer); timer = setTimeout(save, WAIT_MS); };
  const save = async () => {
    if (isSaving || isBlocked) return;
    isSaving = true;
    isDirty = false;
    const sent = graph();
    state("Saving…");
    try {
      const answer = await fetch(urls.draft, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, body: JSON.stringify({ graph: sent, revision }) });
      const found = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : {};
      if (answer.status === 409) conflict(found);
      else if (!answer.ok) { isDirty = true; state(found.error || `It could not be saved (${answer.status}). Your next change tries again.`, "h-alarm"); }
      else {
        revision = found.revision;
        said = found;
        if (sent === graph()) { show(); state(found.saved, ""); }
        const changes = part("unpublished");
        if (changes) changes.hidden = !found.differs || !given.version;
      }
    } catch { isDirty = true; state("The server could not be reached. Your next change tries again.", "h-alarm"); }
    isSaving = false;
    if (isDirty && !isBlocked && stands.className.indexOf("h-alarm") < 0) soon();
  };
  const show = () => { draw(null); panelFaults(); };
  const conflict = (found) => {
    isBlocked = true;
    state("Not saved", "h-alarm");
    const note = part("conflict");
    note.replaceChildren(element("p", { text: found.error }), element("div", { className: "h-row-actions", children: [
      button({ key: "c-theirs", text: "Load theirs", className: "h-button", onClick: () => location.reload() }),
      button({ key: "c-mine", text: "Keep mine", className: "h-button h-button-quiet", onClick: () => { revision = found.revision; isBlocked = false; note.hidden = true; soon(); } }),
    ] }));
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  };
  addEventListener("beforeunload", (event) => { if (isDirty || isSaving) event.preventDefault(); });
  part("publish")?.addEventListener("click", (event) => {
    if (!isDirty && !isSaving) return;
    event.preventDefault();
    clearTimeout(timer);
    save().then(() => { if (!isDirty && !isBlocked) location.href = event.target.href; });
  });

  /* Counts, looked at again while the page is seen. */
  const count = async () => {
    if (document.hidden || !urls.counts) return;
    const answer = await fetch(urls.counts, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const found = await answer.json();
    if (JSON.stringify(found) === JSON.stringify(counts) || flow.querySelector("[role=menu]:not([hidden])")) return;
    counts = found;
    draw(null);
  };
  setInterval(count, COUNTS_MS);

  part("scripts").hidden = false;
  part("readable")?.remove();
  part("json-form")?.removeAttribute("open");
  document.querySelector("[data-j-json-submit]")?.addEventListener("click", () => { isDirty = false; });
  draw(null);
  count();
  const first = new URLSearchParams(location.search).get("step");
  if (first) pick(first);
});
