// The order of identifier kinds: buttons move a kind up or down, a kind in use is given a place of its own or loses it.
// Works by keyboard: the pressed button keeps the focus, and what happened is said to screen readers.
(() => {
  const list = document.querySelector("[data-priority]");
  if (!list) return;
  const said = document.querySelector("[data-priority-said]");
  const settle = (item, button) => {
    if (button) button.focus();
    const place = [...list.children].indexOf(item) + 1;
    said.textContent = `${item.querySelector("b").textContent} is now number ${place} of ${list.children.length}`;
  };
  document.querySelectorAll("button[data-place]").forEach((button) => {
    button.addEventListener("click", () => {
      const kind = button.dataset.place;
      const item = list.children[1].cloneNode(true);
      item.querySelector("input").value = kind;
      item.querySelector("b").textContent = kind.replaceAll("_", " ");
      item.querySelectorAll("button").forEach((move) => move.setAttribute("aria-label", `Move ${kind} ${move.dataset.move}`));
      list.children[1].before(item);
      button.remove();
      settle(item, item.querySelector("button"));
    });
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const other = button.dataset.move === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other || other.hasAttribute("data-fixed")) return;
    if (button.dataset.move === "up") other.before(item);
    else other.after(item);
    settle(item, button);
  });
})();
