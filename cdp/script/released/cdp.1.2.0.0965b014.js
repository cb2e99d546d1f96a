/* cdp.js 1.2.0 */
(function () {
"use strict";
const VERSION = "1.2.0";
const YEAR_S = 365 * 24 * 3600;
const COOKIES = { anonymousId: "cdp_anonymous_id", userId: "cdp_user_id", consent: "cdp_consent" };
const TRAITS = "cdp_traits";
const QUEUE = "cdp_queue.";
const memory = {};
let cookiesWork = true;
function warn(...words) {
console.warn("cdp.js:", ...words);
}
function parseJson(text) {
try {
return JSON.parse(text);
} catch (error) {
return null;
}
}
function readCookie(name) {
try {
const found = document.cookie.split("; ").find((pair) => pair.startsWith(name + "="));
return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
} catch (error) {
return null;
}
}
function writeCookie(name, value, seconds) {
const domain = options.cookieDomain ? "; domain=" + options.cookieDomain : "";
const secure = location.protocol === "https:" ? "; secure" : "";
try {
document.cookie = name + "=" + encodeURIComponent(value) + "; path=/; max-age=" + seconds + "; samesite=lax" + domain + secure;
} catch (error) {
cookiesWork = false;
}
}
function recall(name) {
return cookiesWork ? readCookie(name) : memory[name] || null;
}
function keep(name, value) {
if (value === null) {
delete memory[name];
writeCookie(name, "", 0);
return;
}
memory[name] = value;
writeCookie(name, value, YEAR_S);
cookiesWork = readCookie(name) === value;
}
function readKept(storage, key) {
try {
return parseJson(window[storage].getItem(key));
} catch (error) {
return null;
}
}
function writeKept(storage, key, value) {
try {
if (value === null) window[storage].removeItem(key);
else window[storage].setItem(key, JSON.stringify(value));
return true;
} catch (error) {
return false;
}
}
const readLocal = (key) => readKept("localStorage", key);
const writeLocal = (key, value) => writeKept("localStorage", key, value);
function storedQueues() {
try {
return Object.keys(localStorage).filter((key) => key.startsWith(QUEUE));
} catch (error) {
return [];
}
}
function uuid() {
if (window.crypto.randomUUID) return crypto.randomUUID();
const bytes = crypto.getRandomValues(new Uint8Array(16));
bytes[6] = (bytes[6] & 15) | 64;
bytes[8] = (bytes[8] & 63) | 128;
const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
const ANALYTICS = ["analytics", "performance", "statistics", "c0002"];
const PERSONALIZATION = ["personalization", "personalisation", "functional", "preferences", "c0003"];
let config = null;
function answerKept() {
const kept = parseJson(recall(COOKIES.consent));
return isObject(kept) && !isObject(kept.preferences) ? { preferences: kept } : kept;
}
function choice() {
const kept = answerKept();
return kept && kept.preferences;
}
function isRequired() {
return options.consent === "required" || (options.banner === "auto" && (!config || config.ask));
}
function chosen(names) {
const made = choice() || {};
const said = Object.keys(made).filter((name) => names.includes(name.trim().toLowerCase().replace(/[-\s]+/g, "_")));
return said.length ? said.every((name) => made[name]) : undefined;
}
function maySend() {
const analytics = chosen(ANALYTICS);
return started && (isRequired() ? analytics === true : analytics !== false);
}
function isUndecided() {
return isRequired() && chosen(ANALYTICS) === undefined;
}
function mayPersonalize() {
const personal = chosen(PERSONALIZATION);
return maySend() && (isRequired() ? personal === true : personal !== false);
}
function deniedByBrowser() {
if (!navigator.globalPrivacyControl) return {};
const codes = (config && config.gpc.purposes) || ["third_party_sharing"];
return Object.fromEntries(codes.map((code) => [code, false]));
}
function consentContext() {
const made = { ...choice(), ...deniedByBrowser() };
return Object.keys(made).length ? { categoryPreferences: made } : null;
}
function consent(given, asked) {
if (typeof given === "function") return on("consent", given);
if (!given) return choice();
const sent = maySend();
const notice = config && config.notice ? { notice: config.notice.version } : {};
const about = { ...notice, ...asked };
const made = { ...choice() };
Object.keys(given).forEach((name) => {
if (typeof given[name] === "boolean") made[name] = given[name];
});
keep(COOKIES.consent, JSON.stringify({ preferences: made, at: new Date().toISOString(), ...about }));
const told = { context: { consent: about } };
closeBanner();
if (maySend()) {
make("track", { event: PREFERENCES_CHOSEN }, told);
release();
} else {
const known = sent && (recall(COOKIES.anonymousId) || recall(COOKIES.userId));
const last = known && stamped(describe("track", { event: PREFERENCES_CHOSEN }, told));
if (!isUndecided()) forgetEverything();
if (last) post([JSON.stringify(last)]);
}
emit("consent", made);
return made;
}
function tcf(text) {
if (typeof text === "string" && text) return make("track", { event: PREFERENCES_CHOSEN }, { context: { consent: { tcString: text } } });
warn("tcf() takes the TC string");
return Promise.resolve(null);
}
const PREFERENCES_CHOSEN = "Segment Consent Preference Updated";
function forgetEverything() {
release();
dropQueue();
forgetPerson();
}
const OPENERS = "[data-cdp-consent]";
const DAY_MS = 24 * 3600 * 1000;
let banner = null; // the element that is shown
let cameFrom = null; // where the focus goes back to
let asking = null; // the promise of `config`
function askConfig() {
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const query = new URLSearchParams({ write_key: options.writeKey, tz: timeZone || "", lang: document.documentElement.lang || navigator.language });
if (options.country) query.set("country", options.country);
return fetch(options.host + "/v1/consent/config?" + query, { credentials: "omit", referrerPolicy: "no-referrer" }).then((answer) => {
if (!answer.ok) throw new Error("cdp.js: what to ask for was answered " + answer.status);
return answer.json();
});
}
function needConfig() {
if (!asking) {
asking = askConfig().then((told) => (config = told));
asking.catch(() => (asking = null));
}
return asking;
}
function startBanner() {
document.addEventListener("click", (event) => {
const opener = event.composedPath()[0].closest && event.composedPath()[0].closest(OPENERS);
if (!opener) return;
event.preventDefault();
openBanner(opener);
});
return needConfig().then(heard, (error) => warn(error.message));
}
function heard() {
if (isOutlived()) {
keep(COOKIES.consent, null);
forgetEverything();
}
if (maySend()) takeOver();
if (!isUndecided()) release();
whenParsed(() => {
document.querySelectorAll(OPENERS).forEach((opener) => {
if (!opener.textContent.trim()) opener.textContent = config.words.settings;
opener.hidden = false;
});
if (config.ask && isDue()) showBanner(false);
});
}
function isOutlived() {
const kept = answerKept();
const days = config.expires_after_days;
return Boolean(kept && days && kept.at && Date.parse(kept.at) + days * DAY_MS < Date.now());
}
function isDue() {
const kept = answerKept();
if (!kept) return true;
return Boolean(config.notice && config.notice.ask_again_since > (kept.notice || 0));
}
function openBanner(opener) {
cameFrom = opener && opener.focus ? opener : document.activeElement;
return needConfig().then(() => {
showBanner(true);
banner.shadowRoot.querySelector("section").focus();
}, (error) => warn(error.message));
}
function closeBanner() {
if (!banner) return;
const hadFocus = document.activeElement === banner;
banner.remove();
banner = null;
document.documentElement.style.scrollPaddingBottom = "";
if (hadFocus && cameFrom && cameFrom.isConnected) cameFrom.focus();
cameFrom = null;
}
function showBanner(isReopened) {
if (banner) banner.remove();
const { words, notice } = config;
const kept = answerKept();
const isNew = kept && isDue() && notice && notice.summary;
const list = element("ul", { hidden: !isReopened, id: "cdp-purposes" }, ...config.purposes.map(lineOf));
const choose = element("button", { type: "button", "data-cdp": "choose", "aria-expanded": String(isReopened), "aria-controls": "cdp-purposes", click: () => {
if (!list.hidden) return answer(list, null);
list.hidden = false;
choose.setAttribute("aria-expanded", "true");
choose.textContent = words.save;
makeRoom();
list.querySelector("input:enabled").focus();
} }, isReopened ? words.save : words.choose);
const shut = isReopened && element("button", { type: "button", class: "shut", "data-cdp": "close", "aria-label": words.close, click: closeBanner }, "×");
const whole = element(
"section",
{ class: "banner", role: "dialog", "aria-modal": "false", "aria-labelledby": "cdp-title", "aria-describedby": "cdp-text", tabindex: "-1", lang: config.locale, keydown: (event) => isReopened && event.key === "Escape" && closeBanner() },
element("h2", { id: "cdp-title" }, words.title),
element("p", { id: "cdp-text" }, words.text, " ", notice && safeLink(notice.url, words.notice)),
isNew && element("p", { class: "note" }, notice.summary),
navigator.globalPrivacyControl && element("p", { class: "note", "data-cdp": "gpc" }, words.gpc),
list,
element(
"div",
{ class: "choices" },
element("button", { type: "button", "data-cdp": "refuse", click: () => answer(list, false) }, words.refuse),
element("button", { type: "button", "data-cdp": "accept", click: () => answer(list, true) }, words.accept),
choose,
),
shut,
);
banner = element("div", { id: "cdp-consent" });
shade(banner, whole);
document.body.prepend(banner);
makeRoom();
}
function makeRoom() {
const { height } = banner.shadowRoot.querySelector("section").getBoundingClientRect();
document.documentElement.style.scrollPaddingBottom = Math.min(Math.ceil(height), innerHeight / 2) + "px";
}
function lineOf(purpose) {
const made = choice() || {};
const denied = purpose.code in deniedByBrowser();
const held = purpose.code in made ? made[purpose.code] : !config.ask && purpose.allowed_by_default;
return switchLine({ ...purpose, on: held && !denied, fixed: denied, note: denied && config.words.gpc_line });
}
function answer(list, yes) {
const made = {};
list.querySelectorAll("input").forEach((input) => {
made[input.name] = yes === null || input.disabled ? input.checked : yes;
});
const wordings = Object.fromEntries(config.purposes.filter((each) => each.wording).map((each) => [each.code, each.wording]));
const was = mayPersonalize();
consent(made, { locale: config.locale, wordings });
if (options.recommendations === "auto" && mayPersonalize() !== was) document.querySelectorAll(PLACEHOLDER).forEach((place) => render(place));
}
const STYLE = [
":host{all:initial;--fg:var(--cdp-text,#18181b);--bg:var(--cdp-background,#fff);--on:var(--cdp-accent,#18181b);--off:var(--cdp-accent-text,#fff);--rim:var(--cdp-border,#71717a);color-scheme:light dark}",
"@media(prefers-color-scheme:dark){:host{--fg:var(--cdp-text-dark,#f4f4f5);--bg:var(--cdp-background-dark,#27272a);--on:var(--cdp-accent-dark,#f4f4f5);--off:var(--cdp-accent-text-dark,#18181b);--rim:var(--cdp-border-dark,#a1a1aa)}}",
"*{box-sizing:border-box;font:inherit;color:inherit}",
"section{font:16px/1.5 var(--cdp-font,system-ui,sans-serif);color:var(--fg);background:var(--bg)}",
".banner{position:fixed;z-index:2147483000;inset:auto var(--cdp-right,0px) 0 0;margin:0 auto;max-width:62rem;max-height:85vh;overflow:auto;padding:1.25rem 1.25rem 0;scroll-padding-bottom:10rem;border:1px solid var(--rim);border-radius:var(--cdp-radius,12px) var(--cdp-radius,12px) 0 0;box-shadow:0 -4px 24px rgb(0 0 0/.2)}",
"h2{font-size:1.2rem;font-weight:700;margin:0 0 .4rem;padding-right:3rem}p{margin:0 0 .75rem;max-width:70ch}a{text-decoration:underline}",
".note{border-left:4px solid var(--rim);padding-left:.75rem}",
"ul{list-style:none;margin:0 0 1rem;padding:0}li{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between;padding:.6rem 0;border-top:1px solid var(--rim)}",
"li ul{margin:.5rem 0 0 1rem}.wide{flex-wrap:wrap}.wide>ul{flex-basis:100%}",
"label{font-weight:600;display:block}small{font-size:.9rem;display:block}",
"input[role=switch]{appearance:none;flex:none;width:3rem;height:1.75rem;margin:0;border:2px solid var(--rim);border-radius:1rem;background:var(--bg);cursor:pointer;position:relative}",
"input[role=switch]::before{content:'';position:absolute;top:2px;left:2px;width:1.25rem;height:1.25rem;border-radius:50%;background:var(--rim)}",
"input[role=switch]:checked{background:var(--on);border-color:var(--on)}input[role=switch]:checked::before{left:auto;right:2px;background:var(--off)}",
"input:disabled{cursor:not-allowed;border-style:dashed}",
".own{padding:1.25rem;border:1px solid var(--rim);border-radius:var(--cdp-radius,12px)}.own li:first-child{border-top:0}",
".choices{display:grid;grid-template-columns:1fr 1fr 1fr;gap:.5rem;position:sticky;bottom:0;background:var(--bg);padding:.5rem 0 1.25rem}",
"button{font-weight:600;min-height:3rem;padding:.5rem .75rem;border:2px solid var(--on);border-radius:8px;background:var(--on);color:var(--off);cursor:pointer}",
"button.shut{position:absolute;top:.5rem;right:.5rem;min-height:2.75rem;min-width:2.75rem;padding:0;background:none;border-color:transparent;color:var(--fg);font-size:1.4rem;line-height:1}",
":focus-visible{outline:3px solid var(--cdp-focus,#6366f1);outline-offset:2px}section:focus{outline:none}",
"select{min-height:2.75rem;padding:.25rem .5rem;border:2px solid var(--rim);border-radius:8px;background:var(--bg);max-width:100%}",
"[hidden]{display:none!important}",
"@media(max-width:40rem){.choices{grid-template-columns:1fr 1fr}.choices>:nth-child(3){grid-column:1/-1}.banner{padding:1rem 1rem 0;border-radius:0}}",
"@media print{.banner{display:none}}",
].join("");
let sheet = null;
function shade(host, content) {
const root = host.shadowRoot || host.attachShadow({ mode: "open" });
try {
if (!sheet) {
sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
}
root.adoptedStyleSheets = [sheet];
root.replaceChildren(content);
} catch (error) {
root.replaceChildren(element("style", {}, STYLE), content);
}
return root;
}
function element(name, attributes, ...children) {
const made = document.createElement(name);
Object.keys(attributes).forEach((key) => {
const value = attributes[key];
if (typeof value === "function") made.addEventListener(key, value);
else if (!isNothing(value) && value !== false) made.setAttribute(key, value === true ? "" : value);
});
made.append(...children.filter((child) => child));
return made;
}
function switchLine(told, below) {
const id = "cdp-" + told.code;
const note = told.note && element("small", { class: "note" }, told.note);
const about = element("small", { id: id + "-about" }, told.text || "", note);
const input = element("input", { type: "checkbox", role: "switch", id, name: told.code, disabled: told.fixed, "aria-describedby": id + "-about" });
input.checked = Boolean(told.on);
return element("li", { class: below && "wide" }, element("div", {}, element("label", { for: id }, told.title), about), input, below);
}
function safeLink(address, text) {
const href = safeAddress(address);
return href && element("a", { href, target: "_blank", rel: "noopener" }, text);
}
function preferences(selector, given) {
const host = typeof selector === "string" ? document.querySelector(selector) : selector;
const { token, userToken: signedIn = userToken } = given || {};
if (!host || !(token || signedIn)) {
warn("preferences() takes an element, and {token} or {userToken}");
return Promise.resolve(null);
}
const headers = token ? { "X-Preference-Token": token } : { "X-User-Token": signedIn };
host.setAttribute("aria-busy", "true");
return askPreferences(headers, null).then(
(told) => showPreferences(host, headers, told),
(error) => {
host.removeAttribute("aria-busy");
warn(error.message);
return null;
},
);
}
function askPreferences(headers, wish) {
const address = options.host + "/v1/preferences?" + new URLSearchParams({ locale: document.documentElement.lang || navigator.language });
const more = wish ? { method: "POST", body: JSON.stringify(wish), headers: { ...headers, "Content-Type": "application/json" } } : { headers };
return fetch(address, { ...more, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" }).then((answer) => {
if (!answer.ok) throw new Error("cdp.js: preferences were answered " + answer.status);
return answer.json();
});
}
function showPreferences(host, headers, told) {
const status = element("p", { role: "status" }, told.notice);
const lines = element("ul", {}, ...told.purposes.map((purpose) => preferenceLine(purpose)));
const often = told.mail && oftenLine(told);
const whole = element("section", { class: "own", lang: told.locale, "aria-label": told.words.title }, told.masked && element("p", {}, told.masked), lines, often, status);
const change = (wish, undo) =>
askPreferences(headers, wish).then(
(now) => {
lines.querySelectorAll("input").forEach((input) => (input.checked = isOn(now.purposes, input.name)));
status.textContent = now.waiting.length ? now.words.waiting : now.words.saved;
host.dispatchEvent(new CustomEvent("cdp:preferences", { bubbles: true, detail: now }));
},
(error) => {
undo();
status.textContent = told.words.failed;
warn(error.message);
},
);
lines.addEventListener("change", ({ target }) => change({ purposes: { [target.name]: target.checked } }, () => (target.checked = !target.checked)));
if (often) {
const select = often.querySelector("select");
select.addEventListener("change", () => change({ frequency: select.value }, () => (select.value = told.mail.frequency)));
}
shade(host, whole);
host.removeAttribute("aria-busy");
return told;
}
function preferenceLine(purpose) {
const below = purpose.topics && purpose.topics.length ? element("ul", {}, ...purpose.topics.map((topic) => preferenceLine(topic))) : null;
return switchLine({ ...purpose, code: purpose.purpose }, below);
}
function oftenLine({ mail, words }) {
const choices = mail.frequencies.map(({ code, title }) => element("option", { value: code, selected: code === mail.frequency }, title));
return element("p", {}, element("label", { for: "cdp-often" }, words.frequency), element("select", { id: "cdp-often" }, ...choices));
}
function isOn(purposes, code) {
return purposes.some((one) => (one.purpose === code ? one.on : isOn(one.topics || [], code)));
}
const MOST_HELD = 200;
const held = [];
let wantedId = null;
function anonymousId() {
if (!maySend()) return null;
if (wantedId || !recall(COOKIES.anonymousId)) keep(COOKIES.anonymousId, wantedId || uuid());
wantedId = null;
return recall(COOKIES.anonymousId);
}
function setAnonymousId(id) {
wantedId = String(id);
anonymousId();
}
function userId() {
return maySend() ? recall(COOKIES.userId) : null;
}
function traits() {
return (maySend() && (readLocal(TRAITS) || memory[TRAITS])) || {};
}
function keepTraits(all) {
memory[TRAITS] = all;
writeLocal(TRAITS, all);
}
function forgetPerson() {
wantedId = null;
keep(COOKIES.userId, null);
keep(COOKIES.anonymousId, null);
keepTraits(null);
writeKept("sessionStorage", LED, null);
}
function pageFacts() {
return {
path: location.pathname,
referrer: document.referrer,
search: location.search,
title: document.title,
url: location.href.split("#")[0],
};
}
function campaign() {
const found = {};
new URLSearchParams(location.search).forEach((value, name) => {
if (name.startsWith("utm_")) found[name === "utm_campaign" ? "name" : name.slice(4)] = value;
});
return Object.keys(found).length ? found : undefined;
}
function describe(type, fields, more) {
const { context, timestamp, userToken: proof, ...rest } = more || {};
const at = timestamp === undefined ? new Date() : timestamp;
return {
messageId: "cdp-" + uuid(),
type,
timestamp: at instanceof Date ? at.toISOString() : at,
...fields,
...rest,
context: {
page: pageFacts(),
userAgent: navigator.userAgent,
locale: navigator.language,
timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
campaign: campaign(),
library: { name: "cdp.js", version: VERSION },
userToken: proof,
...context,
},
};
}
function stamped(message) {
const known = { anonymousId: recall(COOKIES.anonymousId), userId: recall(COOKIES.userId) };
const chosenNow = consentContext();
if (chosenNow) message.context.consent = { ...chosenNow, ...message.context.consent };
if (userToken && !message.context.userToken) message.context.userToken = userToken;
return { ...known, ...message };
}
function make(type, fields, more, callback) {
const message = describe(type, fields, more);
return new Promise((resolve) => {
const finish = () => {
const queued = maySend() ? commit(message) : null;
resolve(queued);
if (callback) attempt(callback, queued);
};
if (held.length < MOST_HELD) whenDecided(finish);
else resolve(null);
});
}
function whenDecided(act) {
if (isUndecided()) held.push(act);
else act();
}
function release() {
held.splice(0).forEach((act) => act());
}
function commit(message) {
if (message.type === "identify") remember(message);
if (message.type === "alias" && !message.previousId) message.previousId = userId() || anonymousId();
anonymousId();
const whole = stamped(message);
if (!enqueue(whole)) return null;
emit(whole.type, whole);
return whole;
}
function remember(message) {
const before = userId();
if (message.userId && before && before !== message.userId) forgetPerson();
if (message.userId) keep(COOKIES.userId, message.userId);
else delete message.userId;
message.traits = { ...traits(), ...message.traits };
keepTraits(message.traits);
}
const isText = (value) => typeof value === "string" || typeof value === "number";
const isNothing = (value) => value === null || value === undefined;
const isObject = (value) => typeof value === "object" && value !== null;
function split(args, most) {
const callback = args.find((value) => typeof value === "function");
const rest = args.filter((value) => typeof value !== "function");
const texts = [];
while (texts.length < most && rest.length && (isText(rest[0]) || isNothing(rest[0]))) {
const value = rest.shift();
texts.push(isNothing(value) ? null : String(value));
}
return { texts, bag: isObject(rest[0]) ? rest[0] : {}, more: isObject(rest[1]) ? rest[1] : {}, callback };
}
function track(...args) {
const { texts, bag, more, callback } = split(args, 1);
if (texts[0]) return make("track", { event: texts[0], properties: credited(texts[0], bag) }, more, callback);
warn("track() takes the event's name first");
return Promise.resolve(null);
}
function identify(...args) {
const { texts, bag, more, callback } = split(args, 1);
if (more.userToken) setUserToken(more.userToken);
return make("identify", { userId: texts[0] || undefined, traits: bag }, more, callback);
}
function group(...args) {
const { texts, bag, more, callback } = split(args, 1);
if (texts[0]) return make("group", { groupId: texts[0], traits: bag }, more, callback);
warn("group() takes the group's id first");
return Promise.resolve(null);
}
function alias(...args) {
const { texts, bag, callback } = split(args, 2);
if (texts[0]) return make("alias", { userId: texts[0], previousId: texts[1] || undefined }, bag, callback);
warn("alias() takes the new id first");
return Promise.resolve(null);
}
function pageOrScreen(type, args) {
const { texts, bag, more, callback } = split(args, 2);
const [category, name] = texts.length > 1 ? texts : [undefined, texts[0]];
const named = { category: category || undefined, name: name || undefined };
const facts = type === "page" ? pageFacts() : {};
return make(type, { ...named, properties: { ...facts, ...named, ...bag } }, more, callback);
}
function reset() {
userToken = null;
whenDecided(forgetPerson);
}
const MOST_EVENT_BYTES = 32 * 1024;
const MOST_REQUEST_BYTES = 450 * 1024;
const MOST_LEAVING_BYTES = 60 * 1024;
const MOST_WAITING = 200;
const MOST_WAITING_BYTES = 256 * 1024;
const LONGEST_PAUSE_MS = 60 * 1000;
const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;
const TIMEOUT_MS = 30 * 1000;
const ABANDONED_AFTER_MS = 10 * 60 * 1000;
const tab = QUEUE + uuid();
const waiting = [];
let underWay = null;
let timer = 0;
let failures = 0;
let notBefore = 0;
let hasLeft = false; // hidden or gone: what waits is anybody's
let isGone = false;
let isCopied = false;
let whenIdle = [];
const bytesOf = (text) => new TextEncoder().encode(text).length;
function enqueue(message) {
const text = JSON.stringify(message);
if (bytesOf(text) > MOST_EVENT_BYTES) {
warn("an event of more than 32 KB was dropped:", message.event || message.type);
return false;
}
comeBack();
waiting.push(text);
keepBounds();
copy();
schedule();
return true;
}
function keepBounds() {
let bytes = waiting.reduce((sum, text) => sum + text.length, 0);
let dropped = 0;
while (waiting.length > MOST_WAITING || bytes > MOST_WAITING_BYTES) {
bytes -= waiting.shift().length;
dropped += 1;
}
if (dropped) warn(dropped, "of the oldest events were dropped: too many wait to be sent");
}
function schedule() {
if (failures || underWay) return;
if (waiting.length >= options.flushAt) send();
else if (!timer && waiting.length) wait(options.flushInterval);
}
function wait(milliseconds) {
clearTimeout(timer);
timer = setTimeout(send, milliseconds);
}
function take(mostBytes) {
const taken = [];
let bytes = 1024;
while (waiting.length) {
bytes += bytesOf(waiting[0]) + 1;
if (taken.length && bytes > mostBytes) break;
taken.push(waiting.shift());
}
return taken;
}
function bodyOf(texts) {
const [key, sentAt] = [options.writeKey, new Date()].map((value) => JSON.stringify(value));
return '{"writeKey":' + key + ',"sentAt":' + sentAt + ',"batch":[' + texts.join(",") + "]}";
}
function address() {
return options.host + "/v1/batch";
}
function post(texts) {
const body = bodyOf(texts);
const outlives = bytesOf(body) <= MOST_LEAVING_BYTES;
const abort = new AbortController();
const clock = setTimeout(() => abort.abort(), TIMEOUT_MS);
const answer = fetch(address(), {
method: "POST",
body,
headers: { "Content-Type": "text/plain" },
credentials: "omit",
keepalive: outlives,
signal: abort.signal,
});
const done = () => clearTimeout(clock);
answer.then(done, done);
return { texts, outlives, answer };
}
function send() {
clearTimeout(timer);
timer = 0;
if (underWay || !waiting.length || !maySend()) return rest();
const request = post(take(MOST_REQUEST_BYTES));
underWay = request;
const failed = () => finish(request, () => tryAgain(request, 0));
request.answer.then((answer) => {
if (answer.ok) return answer.text().then((said) => finish(request, () => delivered(request, parseJson(said) || {})), failed);
const seconds = Number(answer.headers.get("Retry-After")) || 0;
if (answer.status >= 500 || [408, 425, 429].includes(answer.status)) return finish(request, () => tryAgain(request, seconds));
return answer.text().then((why) => finish(request, () => refused(request, answer.status, why)), failed);
}, failed);
}
function finish(request, act) {
if (underWay !== request) return;
underWay = null;
act();
if (!isGone || !request.outlives) copy();
rest();
}
function delivered(request, said) {
failures = 0;
(said.rejected || []).forEach((fault) => warn("an event was refused:", fault.reason, request.texts[fault.index]));
emit("delivered", request.texts.map(parseJson));
if (whenIdle.length) send();
else schedule();
}
function refused(request, status, why) {
failures = 0;
warn(request.texts.length, "events were dropped, the answer was", status, (parseJson(why) || {}).detail || "");
schedule();
}
function tryAgain(request, seconds) {
waiting.unshift(...request.texts);
failures += 1;
const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
const asked = Math.min(LONGEST_RETRY_AFTER_MS, seconds * 1000);
notBefore = Date.now() + asked;
if (!hasLeft) wait(Math.max(pause, asked));
}
function rest() {
if (underWay || (waiting.length && !failures && maySend())) return;
whenIdle.splice(0).forEach((resolve) => resolve());
}
function flush() {
return new Promise((resolve) => {
if (Date.now() < notBefore) return resolve();
whenIdle.push(resolve);
if (!underWay) send();
});
}
function copy() {
const isAllowed = maySend();
if (!isAllowed) waiting.length = 0;
const isSafe = !isAllowed || !underWay || (hasLeft && underWay.outlives);
const texts = isSafe ? waiting : [...underWay.texts, ...waiting];
const entry = { key: options.writeKey, left: hasLeft, at: Math.max(Date.now(), notBefore), texts };
isCopied = writeLocal(tab, texts.length ? entry : null) && texts.length > 0;
}
function leave() {
if (!maySend() || hasLeft) return;
clearTimeout(timer);
timer = 0;
while (waiting.length && !failures && navigator.onLine !== false) {
const texts = take(MOST_LEAVING_BYTES);
if (!navigator.sendBeacon(address(), new Blob([bodyOf(texts)], { type: "text/plain" }))) {
waiting.unshift(...texts);
break;
}
}
hasLeft = true;
copy();
}
function comeBack() {
if (!hasLeft) return;
hasLeft = false;
if (isCopied && !readLocal(tab)) waiting.length = 0;
copy();
if (waiting.length) wait(Math.max(0, notBefore - Date.now()));
}
function takeOver() {
storedQueues().forEach((name) => {
const entry = readLocal(name);
if (entry && entry.key !== options.writeKey) return;
if (entry && !entry.left && entry.at > Date.now() - ABANDONED_AFTER_MS) return;
writeLocal(name, null);
if (entry) waiting.push(...entry.texts);
});
keepBounds();
copy();
schedule();
}
function dropQueue() {
clearTimeout(timer);
timer = failures = notBefore = waiting.length = 0;
underWay = null;
storedQueues().forEach((name) => writeLocal(name, null));
rest();
}
function watchThePage() {
addEventListener("pagehide", () => {
leave();
isGone = true;
});
addEventListener("pageshow", () => {
isGone = false;
comeBack();
});
addEventListener("online", () => {
failures = 0;
comeBack();
flush();
});
document.addEventListener("visibilitychange", () => {
if (document.visibilityState === "hidden") return leave();
comeBack();
settle();
});
}
function settle() {
if (!isUndecided()) release();
if (config && choice() && !isDue()) closeBanner();
}
const PLACEHOLDER = "[data-cdp-recommendations]";
const ANSWER_TIMEOUT_MS = 10 * 1000;
const SEEN_AFTER_MS = 1000;
const LONGEST_QUERY = 1800;
const ATTRIBUTES = /^(href|src|alt|title|value|aria-label|data-(?!cdp)[a-z0-9-]+)$/;
const places = new WeakMap();
function fetchRecommendations(asked) {
const token = mayPersonalize() && userToken;
return ask(asked, token).then((answer) => (answer.status === 401 && token ? ask(asked, null) : answer)).then((answer) => {
if (answer.ok) return answer.json().then((found) => ({ id: answer.headers.get("X-Recommendation-Id"), ...found }));
return answer.json().catch(() => ({})).then(({ code }) => {
throw new Error(["recommendations were answered", answer.status, code, asked.placement].filter(Boolean).join(" "));
});
});
}
function ask(asked, token) {
const { strategy, product_id, category, region, currency } = asked;
const placement = strategy ? "" : asked.placement;
const [cart, results, exclude] = [asked.cart, asked.results, asked.exclude].map(listed);
const fields = { writeKey: options.writeKey, strategy, placement, product_id, category, region, currency, cart, results, exclude };
fields.n = asked.n || (placement ? "" : 4);
if (!token && mayPersonalize()) fields.anonymous_id = anonymousId();
Object.keys(fields).forEach((name) => (isNothing(fields[name]) || !String(fields[name])) && delete fields[name]);
const query = "?" + new URLSearchParams(fields);
const isLong = query.length > LONGEST_QUERY;
const body = isLong ? JSON.stringify({ ...fields, exclude: undefined, filters: { exclude } }) : undefined;
const abort = new AbortController();
const clock = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
const answer = fetch(options.host + "/v1/recommendations" + (isLong ? "" : query), {
method: isLong ? "POST" : "GET",
body,
headers: token ? { "X-User-Token": token } : {},
credentials: "omit",
signal: abort.signal,
});
const done = () => clearTimeout(clock);
answer.then(done, done);
return answer;
}
const listed = (value) => (Array.isArray(value) ? value : String(value || "").split(",")).filter(Boolean);
function render(element) {
const all = element ? [element] : Array.from(document.querySelectorAll(PLACEHOLDER));
return Promise.all(all.filter((place) => element || !isFilled(place)).map(fill));
}
const signature = (place) => JSON.stringify(place.dataset);
function isFilled(place) {
const known = places.get(place);
return known && known.signature === signature(place);
}
function fill(place) {
const before = places.get(place) || { cards: [] };
const now = { signature: signature(place), cards: before.cards };
const { productId, unique, exclude, ...asked } = place.dataset;
places.set(place, now);
if (before.stop) before.stop();
place.setAttribute("aria-busy", "true");
if (!before.cards.length) now.cards = put(place, [], skeletons(place, Number(asked.n) || 4));
const shown = unique === undefined ? Promise.resolve([]) : shownBefore(place);
now.filled = shown.then((ids) => fetchRecommendations({ ...asked, product_id: productId, exclude: listed(exclude).concat(ids) })).then(
(answer) => places.get(place) === now && show(place, now, answer),
(error) => {
warn(error.message);
if (places.get(place) === now) show(place, now, { id: null, items: [] });
},
);
return now.filled;
}
function shownBefore(place) {
const all = Array.from(document.querySelectorAll(PLACEHOLDER));
const above = all.slice(0, all.indexOf(place)).map((each) => places.get(each)).filter(Boolean);
const ids = ({ cards }) => cards.map((card) => card.getAttribute("data-cdp-product-id"));
return Promise.all(above.map((each) => each.filled)).then(() => [].concat(...above.map(ids)).filter(Boolean));
}
function show(place, now, answer) {
const cards = answer.items.map((item, index) => cardOf(place, { ...item.product, ...item, position: index + 1 }));
const title = place.querySelector("[data-cdp-title]");
if (title && answer.title) setText(title, answer.title);
now.cards = put(place, now.cards, cards);
place.hidden = !cards.length;
place.removeAttribute("aria-busy");
const list = { list_id: answer.id, recommendation_id: answer.id, placement: place.dataset.placement };
if (cards.length || answer.variant) now.stop = watch(place, list, answer);
place.dispatchEvent(new CustomEvent("cdp:recommendations", { bubbles: true, detail: answer }));
emit("recommendations", answer);
}
function put(place, old, cards) {
const parent = place.querySelector("[data-cdp-items]") || place;
old.forEach((card) => card.remove());
parent.append(...cards);
return cards;
}
function skeletons(place, count) {
return Array.from({ length: count }, () => {
const card = copyOfTemplate(place);
card.classList.add("cdp-skeleton");
card.setAttribute("aria-hidden", "true");
card.inert = true;
return card;
});
}
function copyOfTemplate(place) {
const { template } = place.dataset;
const found = (template && document.querySelector(template)) || place.querySelector("template");
if (template && !found) warn("there is no template", template);
const card = found && found.content && found.content.firstElementChild;
return card ? document.importNode(card, true) : plainCard();
}
function plainCard() {
const card = document.createElement("a");
card.className = "cdp-card";
card.setAttribute("data-cdp-attr", "href:url");
[["img", { "data-cdp-attr": "src:image_url,alt:name", "data-cdp-if": "image_url", width: 160, height: 160 }], ["div", { "data-cdp-text": "name" }], ["div", { "data-cdp-price": "" }], ["div", { "data-cdp-sentence": "" }]].forEach(
([name, attributes]) => {
const part = document.createElement(name);
Object.keys(attributes).forEach((key) => part.setAttribute(key, attributes[key]));
card.append(part);
},
);
return card;
}
function cardOf(place, product) {
const card = copyOfTemplate(place);
[card, ...card.querySelectorAll("*")].forEach((element) => fillIn(element, product));
card.setAttribute("data-cdp-product-id", product.product_id);
cardProducts.set(card, product);
return card;
}
const cardProducts = new WeakMap();
function fillIn(element, product) {
const told = (name) => element.getAttribute("data-cdp-" + name);
const condition = told("if");
if (condition && Boolean(product[condition.replace("!", "")]) === condition.startsWith("!")) return element.remove();
const text = told("text") || (told("sentence") !== null && "sentence");
if (text) setText(element, product[text]);
if (told("price") !== null) {
if (!product.price) return element.remove();
setText(element, priceOf(product));
}
(told("attr") || "").split(",").forEach((pair) => {
const [name, field] = pair.split(":").map((part) => part.trim());
if (field) setAttribute(element, name, product[field]);
});
}
function setText(element, value) {
if (/^(script|style)$/i.test(element.localName)) return warn("text is not put into", element.localName);
element.textContent = isNothing(value) ? "" : value;
}
function setAttribute(element, name, value) {
const isAddress = name === "href" || name === "src";
const fits = !isAddress || element.localName === (name === "href" ? "a" : "img");
if (!ATTRIBUTES.test(name) || !fits) return warn("a template may not set", name, "on", element.localName);
const given = isNothing(value) ? "" : String(value);
const set = isAddress ? safeAddress(given) : given;
if (set || !isAddress) element.setAttribute(name, set);
else element.removeAttribute(name);
}
function safeAddress(value) {
try {
const url = new URL(value, document.baseURI);
return value && /^https?:$/.test(url.protocol) ? url.href : "";
} catch (error) {
return "";
}
}
function priceOf({ price, currency }) {
try {
const language = document.documentElement.lang || navigator.language;
return new Intl.NumberFormat(language, { style: "currency", currency }).format(Number(price));
} catch (error) {
return (price + " " + (currency || "")).trim();
}
}
const shared = ({ product_id, name, price, currency, position, strategy, reason }) => ({ product_id, name, price: price ? Number(price) : undefined, currency: currency || undefined, position, strategy, reason });
function watch(place, list, answer) {
const products = places.get(place).cards.map((card) => shared(cardProducts.get(card)));
const seen = () => track("Product List Viewed", { ...list, strategy: answer.strategy, model: answer.model, products });
const clicked = (event) => {
if (event.type === "auxclick" && event.button !== 1) return;
const card = event.target.closest("[data-cdp-product-id]");
const product = card && event.target.closest("a[href], [data-cdp-click]") && cardProducts.get(card);
if (product) track("Product Clicked", { ...shared(product), url: safeAddress(product.url) || undefined, ...list });
};
const mark = document.createElement("span");
mark.style.position = "absolute";
if (!products.length) place.before(mark);
const unwatch = onceInView(products.length ? place : mark, seen);
place.addEventListener("click", clicked);
place.addEventListener("auxclick", clicked);
return () => {
unwatch();
mark.remove();
place.removeEventListener("click", clicked);
place.removeEventListener("auxclick", clicked);
};
}
function onceInView(element, seen) {
let timer = 0;
const observer = new IntersectionObserver(
([...entries]) => {
const last = entries[entries.length - 1];
const half = last.rootBounds && last.intersectionRect.height >= last.rootBounds.height / 2;
const isSeen = last.isIntersecting && (last.intersectionRatio >= 0.5 || half);
if (!isSeen) timer = clearTimeout(timer) || 0;
else if (!timer) timer = setTimeout(look, SEEN_AFTER_MS);
},
{ threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5] },
);
const look = () => {
if (document.visibilityState !== "hidden") {
stop();
return seen();
}
timer = 0;
document.addEventListener("visibilitychange", again, { once: true });
};
const again = () => {
observer.unobserve(element);
observer.observe(element);
};
const stop = () => {
clearTimeout(timer);
observer.disconnect();
document.removeEventListener("visibilitychange", again);
};
observer.observe(element);
return stop;
}
const LED = "cdp_led";
const MOST_LED = 50;
function credited(event, bag) {
const led = readKept("sessionStorage", LED) || [];
const { product_id, recommendation_id } = bag;
if (event === "Product Clicked" && recommendation_id && maySend()) writeKept("sessionStorage", LED, [[String(product_id), recommendation_id], ...led].slice(0, MOST_LED));
if (!/^(Product Added|Order (Completed|Updated))$/.test(event)) return bag;
const named = (one) => {
const found = isObject(one) && !one.recommendation_id && led.find(([product]) => product === String(one.product_id));
return found ? { ...one, recommendation_id: found[1] } : one;
};
return Array.isArray(bag.products) ? { ...bag, products: bag.products.map(named) } : named(bag);
}
const script = document.currentScript;
const early = window.cdp;
const options = {
writeKey: "",
host: script && script.src ? new URL(script.src).origin : location.origin,
consent: "implied",
banner: "off",
country: "",
page: "auto",
recommendations: "auto",
cookieDomain: "",
flushAt: 20,
flushInterval: 2000,
};
const listeners = {};
const pending = [];
let started = false;
let userToken = null;
function attempt(callback, ...given) {
try {
callback(...given);
} catch (error) {
console.error(error);
}
}
function on(name, callback) {
listeners[name] = [...(listeners[name] || []), callback];
}
function emit(name, ...given) {
(listeners[name] || []).forEach((callback) => attempt(callback, ...given));
}
function setUserToken(token) {
userToken = token || null;
}
function ready(callback) {
if (started) attempt(callback);
else on("ready", callback);
}
function load(key, more) {
if (started) return warn("load() was called before");
const given = isObject(key) ? key : { ...more, writeKey: key };
Object.keys(given).forEach((name) => {
if (name === "userToken") setUserToken(given[name]);
else if (!isNothing(given[name])) options[name] = given[name];
});
if (!options.writeKey) return warn("a write key is needed: data-write-key, or load(key)");
if (!["implied", "required"].includes(options.consent)) {
warn("consent is implied or required; taken as required");
options.consent = "required";
}
if (!["off", "auto"].includes(options.banner)) {
warn("banner is off or auto; taken as auto");
options.banner = "auto";
}
options.host = options.host.replace(/\/+$/, "");
if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
else start();
}
function start() {
started = true;
watchThePage();
const asked = options.banner === "auto" ? startBanner() : null;
if (maySend()) takeOver();
if (options.page === "auto") pageOrScreen("page", []);
pending.splice(0).forEach((act) => act());
emit("ready");
if (options.recommendations !== "auto") return;
if (asked && !choice()) asked.then(() => whenParsed(render));
else whenParsed(render);
}
function whenParsed(act) {
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => act(), { once: true });
else act();
}
const once = (act) => (...given) =>
started ? act(...given) : new Promise((resolve) => pending.push(() => resolve(act(...given))));
const consentCall = (given) => (isObject(given) ? once(consent)(given) : consent(given));
consentCall.open = once(openBanner);
const api = {
version: VERSION,
load,
init: load,
track: once(track),
identify: once(identify),
page: once((...given) => pageOrScreen("page", given)),
screen: once((...given) => pageOrScreen("screen", given)),
group: once(group),
alias: once(alias),
reset: once(reset),
user: () => ({ id: userId, anonymousId, traits }),
anonymousId,
setAnonymousId,
setUserToken,
consent: consentCall,
tcf: once(tcf),
preferences: once(preferences),
ready,
on,
flush: once(flush),
recommendations: { render: once(render), fetch: once((asked) => fetchRecommendations(asked || {})) },
push(...calls) {
calls.forEach(([name, ...given]) => (typeof api[name] === "function" ? api[name](...given) : warn("there is no call", name)));
return calls.length;
},
};
if (!(early && early.version)) {
window.cdp = api;
const told = script ? script.dataset : {};
["flushAt", "flushInterval"].forEach((name) => {
if (Number(told[name]) >= 0 && told[name]) options[name] = Number(told[name]);
});
const { writeKey, host, consent: mode, banner, country, page, recommendations, userToken: token, cookieDomain } = told;
const given = { writeKey, host, consent: mode, banner, country, page, recommendations, userToken: token, cookieDomain };
if (Array.isArray(early)) api.push(...early);
if (writeKey) load(given);
else Object.keys(given).forEach((name) => given[name] && name !== "userToken" && (options[name] = given[name]));
}
})();
