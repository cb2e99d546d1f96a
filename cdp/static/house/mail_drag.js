/* Dragging by a handle, with mouse, pen or finger: a line shows where it lands. The keyboard's way is in the cards. */
import { all, make } from "./mail_parts.js";

const NEAR_PX = 4, EDGE_PX = 80, SCROLL_PX = 12;

/** Starts at a handle's pointerdown; `drop(list name, index)` is told where it was let go. `mayEnter(list)` says where. */
export function drag(event, { ghost, root, itself = null, mayEnter, drop }) {
  if (event.button !== 0) return;
  const start = { x: event.clientX, y: event.clientY };
  let place = null, isMoving = false, shadow = null;
  const line = make("li", { class: "me-drop-line", "aria-hidden": "true" });

  const move = (now) => {
    if (!isMoving && Math.hypot(now.clientX - start.x, now.clientY - start.y) < NEAR_PX) return;
    if (!isMoving) {
      isMoving = true;
      shadow = make("div", { class: "me-shadow" }, ghost);
      document.body.append(shadow);
      document.body.classList.add("me-dragging");
      itself?.classList.add("me-lifted");
    }
    now.preventDefault();
    shadow.style.setProperty("transform", `translate(${now.clientX + 8}px, ${now.clientY + 8}px)`);
    if (now.clientY < EDGE_PX) scrollBy(0, -SCROLL_PX);
    if (now.clientY > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    place = placeAt(now.clientX, now.clientY);
    if (place) place.list.insertBefore(line, place.before); else line.remove();
  };

  /** Of the lists under the pointer the innermost; in it, before the first card whose middle is below. */
  const placeAt = (x, y) => {
    const lists = all("[data-list]", root).filter((list) => {
      const box = list.getBoundingClientRect();
      return mayEnter(list) && !(itself && itself.contains(list)) && x >= box.left - 40 && x <= box.right + 40 && y >= box.top - 12 && y <= box.bottom + 12;
    });
    const list = lists[lists.length - 1] || (root.contains(document.elementFromPoint(x, y)) ? root.querySelector("[data-list=root]") : null);
    if (!list || !mayEnter(list)) return null;
    const cards = [...list.children].filter((child) => child.matches("[data-id]"));
    const index = cards.findIndex((card) => { const box = card.getBoundingClientRect(); return y < box.top + box.height / 2; });
    return { list, index: index < 0 ? cards.length : index, before: index < 0 ? [...list.children].find((child) => child.matches(".me-list-end")) || null : cards[index] };
  };

  const end = (isDropped) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
    removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", key, true);
    line.remove();
    shadow?.remove();
    document.body.classList.remove("me-dragging");
    itself?.classList.remove("me-lifted");
    if (isDropped && isMoving && place) drop(place.list.dataset.list, place.index);
  };
  const up = () => end(true), cancel = () => end(false);
  const key = (pressed) => { if (pressed.key === "Escape") { pressed.preventDefault(); end(false); } };
  addEventListener("pointermove", move, { passive: false });
  addEventListener("pointerup", up);
  addEventListener("pointercancel", cancel);
  addEventListener("keydown", key, true);
}
