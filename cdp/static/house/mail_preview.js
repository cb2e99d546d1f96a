/* The real mail beside the editor: rendered by the server as the chosen person, in a frame that may run nothing. */
import { all, make, one, post, postIntoFrame } from "./mail_parts.js";

const WAIT_MS = 600, WIDTHS = { phone: 390, desktop: 680 };

export class Preview {
  /** `content()` is what to show; `goto(finding)` leads to what a finding is about. */
  constructor(root, { urls, content, goto, marked }) {
    Object.assign(this, { root, urls, content, goto, marked, timer: 0, running: null, person: "", width: "phone", scheme: "light", part: "html", turn: 0, shownWidth: 0 });
    this.frameBox = one("[data-frame]", root);
    for (const button of all("[data-width], [data-scheme], [data-part]", root)) button.addEventListener("click", () => this.choose(button));
    one("[data-person-form]", root)?.addEventListener("submit", (event) => { event.preventDefault(); this.find(); });
    one("[data-test-form]", root)?.addEventListener("submit", (event) => { event.preventDefault(); this.test(event.target); });
    new ResizeObserver(() => { if (this.shownWidth !== this.frameBox.clientWidth) this.fit(); }).observe(this.frameBox);
  }

  soon(wait = WAIT_MS) {
    clearTimeout(this.timer);
    this.root.setAttribute("aria-busy", "true");
    one("[data-computing]", this.root).hidden = false;
    this.timer = setTimeout(() => this.show(), wait);
  }

  asked() { return { ...this.content(), person: this.person, scheme: this.scheme }; }

  async show() {
    if (this.running) this.running.abort();
    const mine = (this.running = new AbortController()), asked = this.asked();
    const frame = this.frame(asked);
    let answer;
    try { answer = await post(this.urls.check, asked, { signal: mine.signal }); } catch { return; }
    await frame;
    if (mine !== this.running) return;
    this.root.removeAttribute("aria-busy");
    one("[data-computing]", this.root).hidden = true;
    if (answer.status !== 200) { this.failed(answer); return; }
    this.draw(answer.body);
  }

  async frame(asked) {
    const found = postIntoFrame(this.frameBox, this.urls.frame, { asked: JSON.stringify(asked) }, { title: "The mail as this person would get it", className: "me-frame" });
    this.fit();
    await found;
    this.fit();
  }

  /** A frame as wide as the screen it stands for, made smaller where the column is narrower. */
  fit() {
    const width = WIDTHS[this.width], there = this.frameBox.clientWidth, scale = Math.min(1, there / width);
    this.shownWidth = there;
    for (const frame of all("iframe", this.frameBox)) {
      frame.style.setProperty("width", `${width}px`);
      frame.style.setProperty("height", `${Math.round(this.frameBox.clientHeight / scale)}px`);
      frame.style.setProperty("transform", `translateX(${Math.max(0, Math.round((there - width * scale) / 2))}px) scale(${scale})`);
      frame.style.setProperty("color-scheme", this.scheme);
    }
  }

  failed(answer) {
    const why = answer.status ? answer.body.error || `The server answered ${answer.status}.` : "The server could not be reached.";
    one("[data-findings-head]", this.root).textContent = `This could not be shown: ${why} It is tried again with your next change.`;
    one("[data-findings-list]", this.root).replaceChildren();
  }

  draw(found) {
    one("[data-inbox-subject]", this.root).textContent = found.subject || "(no subject)";
    one("[data-inbox-preheader]", this.root).textContent = found.preheader || "";
    one("[data-text]", this.root).textContent = found.text || "";
    one("[data-preview-note]", this.root).textContent = found.note || "";
    this.marked(found.findings);
    const box = one("[data-findings]", this.root), errors = found.findings.filter((each) => each.level === "error").length;
    const words = { error: ["h-tag-bad", "Must be mended"], warning: ["h-tag-warn", "Look at this"], hint: ["", "Hint"] };
    const head = !found.findings.length ? "Nothing to mend" : errors ? `${errors} to mend before it can be published` : `${found.findings.length} to look at`;
    const place = one("[data-findings-head]", box);
    if (place.textContent !== head) place.textContent = head;
    box.classList.toggle("me-has-errors", errors > 0);
    one("[data-findings-list]", box).replaceChildren(...found.findings.map((each) => make("li", { class: "me-finding" },
      make("span", { class: `h-tag ${words[each.level][0]}` }, words[each.level][1]), make("span", {}, each.message, each.where ? make("span", { class: "h-soft" }, ` (${each.where})`) : ""),
      each.block || each.field || each.locale ? make("button", { type: "button", class: "h-link", onclick: () => this.goto(each) }, "Show", make("span", { class: "h-unseen" }, ` where: ${each.message}`)) : null)));
  }

  choose(button) {
    for (const name of ["width", "scheme", "part"]) {
      if (button.dataset[name] === undefined) continue;
      this[name] = button.dataset[name];
      for (const each of all(`[data-${name}]`, this.root)) each.setAttribute("aria-pressed", String(each === button));
    }
    this.root.classList.toggle("me-shows-text", this.part === "text");
    if (button.dataset.scheme) this.soon(0); else this.fit();
  }

  async find() {
    const input = one("[data-person]", this.root), place = one("[data-people]", this.root);
    place.textContent = "Looking…";
    const body = new URLSearchParams({ person_q: input.value, csrfmiddlewaretoken: one("[name=csrfmiddlewaretoken]").value });
    const answer = await fetch(this.urls.people, { method: "POST", body }).catch(() => null);
    if (!answer || !answer.ok) { place.textContent = "The search did not work. Try once more."; return; }
    const { people } = await answer.json();
    if (!people.length) { place.textContent = "Nobody was found. Type a whole e-mail address, an id, an order number, or a name."; return; }
    place.replaceChildren(...people.map((each) => make("button", { type: "button", class: "me-hit", onclick: () => this.take(each) }, make("b", {}, each.name), ` ${each.detail}`)));
    one("button", place).focus();
  }

  take(each) {
    this.person = each.id;
    one("[data-as]", this.root).textContent = each.name;
    one("[data-people]", this.root).replaceChildren();
    const back = one("[data-sample]", this.root);
    back.hidden = !each.id;
    back.onclick = () => { this.take({ id: "", name: "a sample person" }); one("[data-person]", this.root).value = ""; };
    one("[data-who]", this.root).open = false;
    one("[data-who] summary", this.root).focus();
    this.soon(0);
  }

  async test(form) {
    const place = one("[data-tested]", form), button = one("button", form), to = one("input[type=email]", form);
    button.disabled = true;
    place.textContent = "Sending…";
    const answer = await post(this.urls.test, { ...this.asked(), to: to.value });
    button.disabled = false;
    place.className = answer.status === 200 ? "me-tested h-soft" : "me-tested h-alarm";
    place.textContent = answer.status === 200 ? answer.body.said : answer.body.error || "It was not sent: the server could not be reached. Try again.";
  }
}

