/* cdp.js 1.0.0 */
(function () {
"use strict";
const VERSION = "1.0.0";
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
function readLocal(key) {
try {
return parseJson(localStorage.getItem(key));
} catch (error) {
return null;
}
}
function writeLocal(key, value) {
try {
if (value === null) localStorage.removeItem(key);
else localStorage.setItem(key, JSON.stringify(value));
return true;
} catch (error) {
return false;
}
}
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
function choice() {
return parseJson(recall(COOKIES.consent));
}
function chosen(names) {
const made = choice() || {};
const said = Object.keys(made).filter((name) => names.includes(name.trim().toLowerCase().replace(/[-\s]+/g, "_")));
return said.length ? said.every((name) => made[name]) : undefined;
}
function maySend() {
const analytics = chosen(ANALYTICS);
return started && (options.consent === "required" ? analytics === true : analytics !== false);
}
function isUndecided() {
return options.consent === "required" && chosen(ANALYTICS) === undefined;
}
function mayPersonalize() {
const personal = chosen(PERSONALIZATION);
return maySend() && (options.consent === "required" ? personal === true : personal !== false);
}
function consentContext() {
const made = choice();
if (!navigator.globalPrivacyControl) return made && { categoryPreferences: made };
return { categoryPreferences: { ...made, third_party_sharing: false } };
}
function consent(given) {
if (typeof given === "function") return on("consent", given);
if (!given) return choice();
const sent = maySend();
const made = { ...choice() };
Object.keys(given).forEach((name) => {
if (typeof given[name] === "boolean") made[name] = given[name];
});
keep(COOKIES.consent, JSON.stringify(made));
if (maySend()) {
make("track", { event: PREFERENCES_CHOSEN });
release();
} else {
const known = sent && (recall(COOKIES.anonymousId) || recall(COOKIES.userId));
const last = known && stamped(describe("track", { event: PREFERENCES_CHOSEN }));
if (!isUndecided()) forgetEverything();
if (last) post([JSON.stringify(last)]);
}
emit("consent", made);
return made;
}
const PREFERENCES_CHOSEN = "Segment Consent Preference Updated";
function forgetEverything() {
release();
dropQueue();
forgetPerson();
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
if (texts[0]) return make("track", { event: texts[0], properties: bag }, more, callback);
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
}
const PLACEHOLDER = "[data-cdp-recommendations]";
const ANSWER_TIMEOUT_MS = 10 * 1000;
const SEEN_AFTER_MS = 1000;
const ATTRIBUTES = /^(href|src|alt|title|value|aria-label|data-(?!cdp)[a-z0-9-]+)$/;
const places = new WeakMap();
function fetchRecommendations(asked) {
const token = mayPersonalize() && userToken;
return ask(asked, token).then((answer) => (answer.status === 401 && token ? ask(asked, null) : answer)).then((answer) => {
if (!answer.ok) throw new Error("cdp.js: recommendations were answered " + answer.status);
return answer.json().then((found) => ({ id: answer.headers.get("X-Recommendation-Id"), ...found }));
});
}
function ask(asked, token) {
const query = new URLSearchParams({ writeKey: options.writeKey, n: asked.n || 4 });
if (asked.strategy) query.set("strategy", asked.strategy);
if (asked.product_id) query.set("product_id", asked.product_id);
if (asked.cart && asked.cart.length) query.set("cart", [].concat(asked.cart).join(","));
if (!token && mayPersonalize()) query.set("anonymous_id", anonymousId());
const abort = new AbortController();
const clock = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
const answer = fetch(options.host + "/v1/recommendations?" + query, {
headers: token ? { "X-User-Token": token } : {},
credentials: "omit",
signal: abort.signal,
});
const done = () => clearTimeout(clock);
answer.then(done, done);
return answer;
}
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
const { strategy, productId, cart, n } = place.dataset;
places.set(place, now);
if (before.stop) before.stop();
place.setAttribute("aria-busy", "true");
if (!before.cards.length) now.cards = put(place, [], skeletons(place, Number(n) || 4));
return fetchRecommendations({ strategy, product_id: productId, cart, n }).then(
(answer) => places.get(place) === now && show(place, now, answer),
(error) => {
warn(error.message);
if (places.get(place) === now) show(place, now, { id: null, items: [] });
},
);
}
function show(place, now, answer) {
const cards = answer.items.map((item, index) => cardOf(place, { ...item.product, ...item, position: index + 1 }));
now.cards = put(place, now.cards, cards);
place.hidden = !cards.length;
place.removeAttribute("aria-busy");
const list = { list_id: answer.id, recommendation_id: answer.id, placement: place.dataset.placement };
if (cards.length) now.stop = watch(place, list, answer);
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
const unwatch = onceInView(place, seen);
place.addEventListener("click", clicked);
place.addEventListener("auxclick", clicked);
return () => {
unwatch();
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
const script = document.currentScript;
const early = window.cdp;
const options = {
writeKey: "",
host: script && script.src ? new URL(script.src).origin : location.origin,
consent: "implied",
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
options.host = options.host.replace(/\/+$/, "");
if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
else start();
}
function start() {
started = true;
watchThePage();
if (maySend()) takeOver();
if (options.page === "auto") pageOrScreen("page", []);
pending.splice(0).forEach((act) => act());
emit("ready");
if (options.recommendations !== "auto") return;
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => render(), { once: true });
else render();
}
const once = (act) => (...given) =>
started ? act(...given) : new Promise((resolve) => pending.push(() => resolve(act(...given))));
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
consent: (given) => (isObject(given) ? once(consent)(given) : consent(given)),
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
const { writeKey, host, consent: mode, page, recommendations, userToken: token, cookieDomain } = told;
const given = { writeKey, host, consent: mode, page, recommendations, userToken: token, cookieDomain };
if (Array.isArray(early)) api.push(...early);
if (writeKey) load(given);
else Object.keys(given).forEach((name) => given[name] && name !== "userToken" && (options[name] = given[name]));
}
})();
