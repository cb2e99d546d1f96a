/* Rows of a placement's form: added, moved, taken out. The order of the page is the order that is sent. */
(() => {
  const changed = (from) => from.dispatchEvent(new Event("input", { bubbles: true }));

  function ready(row) {
    for (const button of row.querySelectorAll("[data-up], [data-down], [data-remove]")) button.hidden = false;
  }

  function add(button) {
    const rows = document.querySelector(`[data-rows="${button.dataset.add}"]`);
    const pattern = rows.querySelector(":scope > template");
    const row = pattern.content.firstElementChild.cloneNode(true);
    (rows.querySelector(":scope > noscript") || pattern).before(row);
    ready(row);
    row.querySelector("select, input").focus();
    row.dispatchEvent(new CustomEvent("placement:row", { bubbles: true }));
  }

  function remove(row) {
    const rows = row.parentElement;
    const near = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
    row.remove();
    const next = near?.matches("[data-row]") ? near.querySelector("select, input") : document.querySelector(`[data-add="${rows.dataset.rows}"]`);
    next?.focus();
    changed(rows);
  }

  function move(row, button) {
    const isUp = "up" in button.dataset;
    const other = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (!other || !other.matches("[data-row]")) return;
    if (isUp) other.before(row); else other.after(row);
    button.focus();
    changed(row);
  }

  /** A category or brand is kept out, never pinned; only a category or brand boost names one. */
  function settle(row) {
    const action = row.querySelector("[name=rule_action]"), target = row.querySelector("[name=rule_target]");
    if (action) {
      const isPin = action.value === "pin";
      if (isPin) target.value = "product";
      for (const option of target.options) option.disabled = isPin && option.value !== "product";
      row.querySelector(".pl-position").hidden = !isPin;
    }
    const by = row.querySelector("[name=boost_by]");
    if (by) row.querySelector(".pl-boosted").hidden = !["category", "brand"].includes(by.value);
  }

  addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-placement-form]");
    if (!form) return;
    for (const button of form.querySelectorAll("[data-add]")) button.hidden = false;
    for (const row of form.querySelectorAll("[data-row]")) { if (!row.closest("fieldset:disabled")) ready(row); settle(row); }
    form.addEventListener("placement:row", (event) => settle(event.target));
    form.addEventListener("change", (event) => { const row = event.target.closest("[data-row]"); if (row) settle(row); });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ("add" in button.dataset) add(button);
      const row = button.closest("[data-row]");
      if (!row) return;
      if ("remove" in button.dataset) remove(row);
      if ("up" in button.dataset || "down" in button.dataset) move(row, button);
    });
  });
})();
