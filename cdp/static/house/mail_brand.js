/* The brand's page: a mail beside the form that looks like what is typed, half a second after the last key. */
import { all, one, postIntoFrame } from "./mail_parts.js";

const WAIT_MS = 500;
const form = one("[data-brand-form]"), box = one("[data-frame]");
let timer = 0, scheme = "light";

async function show() {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("scheme", scheme);
  await postIntoFrame(box, form.dataset.frameUrl, fields, { title: "A mail in the brand as typed", className: "me-frame" });
}

function soon(wait = WAIT_MS) { clearTimeout(timer); timer = setTimeout(show, wait); }

for (const picker of all("[data-color]", form)) {
  const text = one(`[name="${picker.dataset.color}"]`, form);
  picker.addEventListener("input", () => { text.value = picker.value; });
  text.addEventListener("input", () => { if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value; });
}
form.addEventListener("input", () => { const note = one("[data-unsaved]"); if (note) note.textContent = "Not saved yet"; soon(); });
for (const button of all("[data-scheme]")) button.addEventListener("click", () => {
  scheme = button.dataset.scheme;
  for (const each of all("[data-scheme]")) each.setAttribute("aria-pressed", String(each === button));
  soon(0);
});
