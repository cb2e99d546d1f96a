/* Small parts of the mail pages: elements made without markup, talking to the server, what is announced. */
const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

/** An element: `make("button", { type: "button", class: "x", onclick }, "words", child)`. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An icon of the admin's font, hidden from readers: the words beside it, or the label around it, say what it is. */
export const icon = (name) => make("span", { class: "material-symbols-outlined me-icon", "aria-hidden": "true" }, name);

/** What {status, body} the server says to a JSON body; status 0: it was not reached. */
export async function post(address, body, options = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf(), Accept: "application/json" };
  try {
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), ...options });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return { status: answer.status, body: isJson ? await answer.json() : {} };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { status: 0, body: {} };
  }
}

/** Posts fields into a fresh frame that takes the place of the one in `holder`: it may run and reach nothing. */
export function postIntoFrame(holder, address, fields, { title, className }) {
  const name = `mail-frame-${Math.random().toString(36).slice(2)}`;
  const frame = make("iframe", { name, title, class: `${className} me-frame-next`, sandbox: "", referrerpolicy: "no-referrer" });
  all("iframe.me-frame-next", holder).forEach((each) => each.remove());
  holder.append(frame);
  const form = make("form", { method: "post", action: address, target: name, hidden: true });
  const pairs = fields instanceof URLSearchParams ? [...fields] : Object.entries({ ...fields, csrfmiddlewaretoken: csrf() });
  for (const [key, value] of pairs) form.append(make("input", { type: "hidden", name: key, value }));
  document.body.append(form);
  return new Promise((done) => {
    frame.addEventListener("load", () => {
      if (!frame.isConnected) return;
      all("iframe", holder).filter((each) => each !== frame).forEach((each) => each.remove());
      frame.classList.remove("me-frame-next");
      done(frame);
    });
    form.submit();
    form.remove();
  });
}

/** Said to screen readers, and shown for some seconds with what takes it back. */
export function say(text, undo = null) {
  const place = one("[data-say]");
  if (!place) return;
  clearTimeout(say.timer);
  place.replaceChildren(make("span", {}, text));
  if (undo) place.append(make("button", { type: "button", class: "h-link", onclick: () => { undo(); place.replaceChildren(); } }, "Undo"));
  place.classList.add("me-said");
  say.timer = setTimeout(() => { if (!place.contains(document.activeElement)) { place.replaceChildren(); place.classList.remove("me-said"); } }, undo ? 12000 : 5000);
}

/** A dialog of its own; resolves with what `read` returns when its button is pressed, else null. Escape closes it. */
export function ask(title, body, { button, read = () => true, first = null }) {
  return new Promise((done) => {
    const before = document.activeElement;
    const form = make("form", { method: "dialog", class: "me-dialog-form" },
      make("h2", { class: "me-dialog-title", id: "me-dialog-title" }, title), body,
      make("div", { class: "h-row-actions" }, make("button", { class: "h-button", value: "yes" }, button),
        make("button", { type: "button", class: "h-button h-button-quiet", onclick: () => dialog.close("") }, "Cancel")));
    const dialog = make("dialog", { class: "me-dialog", "aria-labelledby": "me-dialog-title" }, form);
    dialog.addEventListener("close", () => {
      const found = dialog.returnValue === "yes" ? read() : null;
      dialog.remove();
      if (before && before.isConnected) before.focus();
      done(found);
    });
    document.body.append(dialog);
    dialog.showModal();
    (first || form.querySelector("input, select, textarea, button")).focus();
  });
}
