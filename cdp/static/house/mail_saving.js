/* The draft is saved by itself, over what this page saw only: who else saved meanwhile is not written over. */
import { make, one, post } from "./mail_parts.js";

const WAIT_MS = 1200, AGAIN_MS = 5000;

export class Saving {
  /** `content()` is what is saved; `take(content)` puts another in its place, `keep(content)` makes it what Undo leads to. */
  constructor({ address, seen, content, take, keep }) {
    Object.assign(this, { address, seen, content, take, keep, timer: 0, isDirty: false, isRunning: null, isStopped: false });
    addEventListener("beforeunload", (event) => { if (this.isDirty) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.isDirty) this.save({ keepalive: true }); });
  }

  state(text, className = "") { const place = one("[data-saved]"); place.textContent = text; place.className = `me-saved ${className}`; }

  soon() {
    this.isDirty = true;
    if (this.isStopped) return;
    this.state("Not saved yet");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  /** Resolves with whether everything is saved. */
  async save(options = {}) {
    clearTimeout(this.timer);
    if (this.isRunning) await this.isRunning;
    if (!this.isDirty) return true;
    if (this.isStopped) return false;
    this.isDirty = false;
    this.state("Saving…");
    this.isRunning = post(this.address, { content: this.content(), seen: this.seen }, options);
    const answer = await this.isRunning;
    this.isRunning = null;
    if (answer.status === 200) return this.saved(answer.body);
    this.isDirty = true;
    if (answer.status === 409) this.conflict(answer.body);
    else if (answer.status === 400 || answer.status === 403) this.state(`Not saved: ${answer.body.error || "you may not change it any more."}`, "h-alarm");
    else { this.state("Not saved: the server could not be reached. Trying again…", "h-alarm"); this.timer = setTimeout(() => this.save(), AGAIN_MS); }
    return false;
  }

  saved(body) {
    this.seen = body.seen;
    if (!this.isDirty) this.state(`Saved ${new Date(body.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })}`);
    one("[data-status]")?.replaceChildren(body.status);
    return true;
  }

  conflict(body) {
    this.isStopped = true;
    this.state("Not saved: there is another version", "h-alarm");
    const place = one("[data-conflict]");
    const choose = (words, act) => make("button", { type: "button", class: "h-button h-button-quiet", onclick: () => { place.replaceChildren(); place.hidden = true; this.isStopped = false; this.seen = body.seen; act(); } }, words);
    place.hidden = false;
    place.replaceChildren(make("p", {}, make("b", {}, body.error)), make("p", {}, "What you typed since is not saved. Choose which of the two goes on; the other one can be had back by Undo."),
      make("div", { class: "h-row-actions" }, choose("Keep mine", () => { this.keep(body.content); this.isDirty = true; this.save(); }), choose("Take theirs", () => { this.isDirty = false; this.take(body.content); this.state("Theirs was taken"); })));
    one("button", place).focus();
  }
}
