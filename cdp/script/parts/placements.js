// Places that the platform decides: content, an offer or recommendations, asked for in one request for the whole page.
// What stands in the page is the fallback: it is shown when nothing else is decided in time, and nothing jumps after it was
// read. The words come from staff and are cleaned by the platform; markup is cleaned here again, since it lands in a page.

const DECIDED = "[data-cdp-placement]";
const HIDDEN_MS = 300;
const HIDDEN_AT_MOST_MS = 3000;
const HIDE = DECIDED + ":not([data-cdp-decided]){visibility:hidden}";
const REFUSED_TAGS = "script,style,link,meta,base,iframe,frame,object,embed,form,template,noscript,svg,math";
const decidedPlaces = new WeakMap();

let readable = 0; // when the page was read to its end: places that are not decided are shown soon after

// Hidden until decided, for a blink: only where the page is still being read, so nobody sees it vanish.
function hideUndecided() {
  let reveal = () => {};
  if (document.readyState === "loading" && document.adoptedStyleSheets) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(HIDE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    reveal = () => (document.adoptedStyleSheets = [...document.adoptedStyleSheets].filter((each) => each !== sheet));
  }
  setTimeout(reveal, HIDDEN_AT_MOST_MS);
  whenParsed(() => {
    readable = performance.now();
    setTimeout(reveal, HIDDEN_MS);
  });
}

// A promise of the decisions for these keys, in the answer's order.
function decide(placements, more) {
  const { cart, context, idempotency_key } = more || {};
  const personal = mayPersonalize();
  const token = personal && userToken;
  const body = { writeKey: options.writeKey, placements, context: { ...pageContext(), ...options.context, ...context }, cart: cart || options.cart, idempotency_key };
  if (personal && !token) body.anonymous_id = anonymousId();
  return sendJson("/v1/decide", body, token)
    .then((answer) => (answer.status === 401 && token ? sendJson("/v1/decide", { ...body, anonymous_id: anonymousId() }, null) : answer))
    .then((answer) => {
      if (!answer.ok) throw new Error(["decide was answered", answer.status, listed(placements).join(" ")].join(" "));
      return answer.json();
    })
    .then(({ decisions }) => decisions);
}

function pageContext() {
  const width = window.innerWidth;
  return {
    channel: "web",
    locale: document.documentElement.lang || navigator.language,
    device: width < 640 ? "phone" : width < 1024 ? "tablet" : "desktop",
    page: location.pathname,
  };
}

// Text, so that there is no preflight; a token needs a header, and so a preflight.
function sendJson(path, body, token) {
  const abort = new AbortController();
  const clock = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  const answer = fetch(options.host + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: token ? { "X-User-Token": token } : {},
    credentials: "omit",
    keepalive: path !== "/v1/decide",
    signal: abort.signal,
  });
  const done = () => clearTimeout(clock);
  answer.then(done, done);
  return answer;
}

function renderPlacements(element) {
  const since = readable || performance.now();
  readable = 0;
  const all = (element ? [element] : Array.from(document.querySelectorAll(DECIDED))).filter((place) => element || !decidedPlaces.has(place));
  if (!all.length) return Promise.resolve([]);
  all.forEach((place) => {
    const before = decidedPlaces.get(place);
    if (before && before.stop) before.stop();
    decidedPlaces.set(place, { since, isAsked: Boolean(element), cards: (before && before.cards) || [] });
  });
  const keys = [...new Set(all.map((place) => place.dataset.cdpPlacement))];
  const none = (error) => {
    warn(error.message);
    return [];
  };
  return decide(keys).catch(none).then((found) =>
    all.map((place) => {
      const decision = found.find(({ placement }) => placement === place.dataset.cdpPlacement);
      attempt(showDecision, place, decision);
      place.setAttribute("data-cdp-decided", decision ? decision.type : "");
      place.dispatchEvent(new CustomEvent("cdp:decision", { bubbles: true, detail: decision || null }));
      if (decision) emit("decision", decision);
      return decision;
    }),
  );
}

function showDecision(place, decision) {
  const now = decidedPlaces.get(place);
  if (!decision || isTooLate(place, now)) return;
  const { type } = decision;
  const draw = { content: showContent, offer: showOffer, recommendations: showRecommended }[type];
  if (draw) draw(place, now, decision[type]);
  if (type === "nothing") place.hidden = true;
  else place.hidden = false;
  now.stop = watchDecision(place, decision);
}

// Whoever reads the fallback already does not see it change: what comes late goes only where nobody looks.
function isTooLate(place, now) {
  if (now.isAsked || performance.now() - now.since <= HIDDEN_MS) return false;
  const { top, bottom } = place.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

function showContent(place, now, content) {
  if (content.kind === "html") return replaceWith(place, now, cleaned(content.html));
  replaceWith(place, now, [filledCopy(place, content, plainBanner)]);
}

function showOffer(place, now, offer) {
  replaceWith(place, now, [filledCopy(place, offer, plainOffer)]);
}

// Cards, sentences, what was seen and clicked: as a placeholder of recommendations.
function showRecommended(place, now, answer) {
  replaceWith(place, now, []);
  const known = { cards: [] };
  places.set(place, known);
  show(place, known, { ...answer, id: answer.recommendation_id });
}

// What stood there goes, but for the template and what the shop marked to stay.
function replaceWith(place, now, nodes) {
  const parent = place.querySelector("[data-cdp-items]") || place;
  [...parent.childNodes].forEach((node) => node.localName === "template" || (node.dataset && "cdpKeep" in node.dataset) || node.remove());
  parent.append(...nodes);
  now.cards = nodes;
}

function filledCopy(place, fields, plain) {
  const { template } = place.dataset;
  const found = (template && document.querySelector(template)) || place.querySelector("template");
  const first = found && found.content && found.content.firstElementChild;
  const copy = first ? document.importNode(first, true) : plain();
  [copy, ...copy.querySelectorAll("*")].forEach((element) => fillIn(element, fields));
  return copy;
}

function built(name, attributes, ...children) {
  const element = document.createElement(name);
  Object.keys(attributes).forEach((key) => element.setAttribute(key, attributes[key]));
  element.append(...children);
  return element;
}

const plainBanner = () =>
  built("div", { class: "cdp-banner" },
    built("img", { "data-cdp-attr": "src:image,alt:image_alt", "data-cdp-if": "image" }),
    built("div", { "data-cdp-text": "title", "data-cdp-if": "title", class: "cdp-banner-title" }),
    built("div", { "data-cdp-text": "text", "data-cdp-if": "text" }),
    built("a", { "data-cdp-attr": "href:href", "data-cdp-text": "button", "data-cdp-if": "button" }),
  );

const plainOffer = () =>
  built("div", { class: "cdp-offer" },
    built("div", { "data-cdp-text": "title", class: "cdp-offer-title" }),
    built("div", { "data-cdp-text": "text", "data-cdp-if": "text" }),
    built("code", { "data-cdp-text": "code", "data-cdp-if": "code" }),
  );

// Markup as nodes, without what could run.
function cleaned(html) {
  const parsed = new DOMParser().parseFromString(String(html), "text/html").body;
  parsed.querySelectorAll(REFUSED_TAGS).forEach((element) => element.remove());
  parsed.querySelectorAll("*").forEach((element) =>
    [...element.attributes].forEach(({ name, value }) => {
      const isAddress = /^(href|src|action|formaction|xlink:href|poster|data)$/i.test(name);
      if (/^on/i.test(name) || /^(style|srcset|srcdoc|ping)$/i.test(name) || (isAddress && !safeAddress(value))) element.removeAttribute(name);
    }),
  );
  return [...parsed.childNodes].map((node) => document.importNode(node, true));
}

// Seen once, clicked once: told by the decision's id, also by a page that is left at that moment. It is told as it happens,
// without a time: the device's clock may be wrong.
function watchDecision(place, { decision_id, type }) {
  const told = (path, name, more) => {
    if (!maySend()) return;
    const body = { writeKey: options.writeKey, [name]: [{ decision_id, ...more }] };
    if (mayPersonalize()) body.anonymous_id = anonymousId();
    sendJson(path, body, null).catch((error) => warn(error.message));
  };
  const clicked = (event) => {
    if (!event.target.closest("a[href], button, [data-cdp-click]")) return;
    stopClicks();
    told("/v1/conversions", "conversions", { kind: "click" });
  };
  const stopClicks = () => ["click", "auxclick"].forEach((name) => place.removeEventListener(name, clicked));
  ["click", "auxclick"].forEach((name) => place.addEventListener(name, clicked));
  const mark = built("span", {});
  mark.style.position = "absolute";
  if (type === "nothing") place.before(mark);
  const unwatch = onceInView(type === "nothing" ? mark : place, () => told("/v1/exposures", "exposures", {}));
  return () => {
    unwatch();
    mark.remove();
    stopClicks();
  };
}
