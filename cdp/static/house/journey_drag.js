/* Dragging a step by its grip, with a mouse, a pen or a finger, to a gap of the flow. */
window.JourneyDrag = (() => {
  const NEAR_PX = 6, EDGE_PX = 90, STEP_PX = 14;

  /** Watches the flow; drop(id, key, index) is told where it was let go. */
  const watch = (box, drop) => {
    let dragged = null;
    const nearest = (x, y) => {
      let best = null, least = Infinity;
      for (const gap of box.querySelectorAll("[data-gap]")) {
        if (dragged.row.contains(gap)) continue;
        const bounds = gap.getBoundingClientRect();
        const away = Math.hypot(Math.max(bounds.left - x, 0, x - bounds.right), Math.max(bounds.top - y, 0, y - bounds.bottom));
        if (away < least) { least = away; best = gap; }
      }
      return least < 160 ? best : null;
    };
    const show = (gap) => {
      if (dragged.gap) dragged.gap.classList.remove("j-drop");
      dragged.gap = gap;
      if (gap) gap.classList.add("j-drop");
    };
    const moved = (event) => {
      if (!dragged.isMoving && Math.hypot(event.clientX - dragged.x, event.clientY - dragged.y) < NEAR_PX) return;
      dragged.isMoving = true;
      if (event.clientY < EDGE_PX) scrollBy(0, -STEP_PX);
      else if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, STEP_PX);
      dragged.row.classList.add("b-dragged");
      box.classList.add("b-dragging");
      show(nearest(event.clientX, event.clientY));
    };
    const end = (isDropped) => {
      if (!dragged) return;
      const { grip, row, gap, id, isMoving } = dragged;
      show(null);
      row.classList.remove("b-dragged");
      box.classList.remove("b-dragging");
      grip.removeEventListener("pointermove", moved);
      dragged = null;
      if (isDropped && isMoving && gap) drop(id, gap.dataset.gap, Number(gap.dataset.index));
    };
    box.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-drag]");
      if (!grip || event.button !== 0) return;
      dragged = { grip, id: grip.dataset.drag, row: grip.closest("[data-step]"), x: event.clientX, y: event.clientY, isMoving: false, gap: null };
      grip.setPointerCapture(event.pointerId);
      grip.addEventListener("pointermove", moved);
    });
    box.addEventListener("pointerup", () => end(true));
    box.addEventListener("pointercancel", () => end(false));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && dragged) { event.preventDefault(); end(false); } });
  };
  return { watch };
})();
