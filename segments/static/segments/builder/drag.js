/* Dragging a clause or a group by its grip, with a mouse, a pen or a finger: a line shows where it would be put. */
window.RuleDrag = (() => {
  const NEAR_PX = 6, EDGE_PX = 90, STEP_PX = 12; // near an edge of the window the page goes along

  /** Watches the tree's element; drop(id, groupId, index) is told where it was let go. */
  const watch = (box, drop) => {
    let dragged = null;

    /** The group and the place in it that a point is at. */
    const target = (x, y) => {
      const over = document.elementFromPoint(x, y)?.closest("[data-group]");
      if (!over || !box.contains(over) || dragged.row.contains(over)) return null;
      const items = [...over.querySelector(":scope > [data-items]").children].filter((item) => item.dataset.node);
      const before = items.findIndex((item) => { const bounds = item.getBoundingClientRect(); return y < bounds.top + bounds.height / 2; });
      const index = before < 0 ? items.length : before;
      return { group: over.dataset.group, index, list: over.querySelector(":scope > [data-items]"), beside: items[index] || null };
    };

    const show = (found) => {
      dragged.found = found;
      if (!found) { dragged.line.remove(); return; }
      found.list.insertBefore(dragged.line, found.beside);
    };

    const end = (isDropped) => {
      if (!dragged) return;
      const { grip, row, line, found, id, isMoving } = dragged;
      line.remove();
      row.classList.remove("b-dragged");
      box.classList.remove("b-dragging");
      grip.removeEventListener("pointermove", moved);
      dragged = null;
      if (isDropped && isMoving && found) drop(id, found.group, found.index);
    };

    const moved = (event) => {
      if (!dragged.isMoving && Math.hypot(event.clientX - dragged.x, event.clientY - dragged.y) < NEAR_PX) return;
      dragged.isMoving = true;
      if (event.clientY < EDGE_PX) scrollBy(0, -STEP_PX);
      else if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, STEP_PX);
      dragged.row.classList.add("b-dragged");
      box.classList.add("b-dragging");
      show(target(event.clientX, event.clientY));
    };

    box.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (!grip || event.button !== 0) return;
      const line = document.createElement("li");
      line.className = "b-drop";
      dragged = { grip, id: grip.dataset.grip, row: grip.closest("[data-node]"), line, x: event.clientX, y: event.clientY, isMoving: false, found: null };
      grip.setPointerCapture(event.pointerId);
      grip.addEventListener("pointermove", moved);
    });
    box.addEventListener("pointerup", () => end(true));
    box.addEventListener("pointercancel", () => end(false));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && dragged) { event.preventDefault(); end(false); } });
  };

  return { watch };
})();
