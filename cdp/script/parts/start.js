// The public object: options, listeners, and the calls made before the script was there.

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
  placements: "auto",
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
  // A page that is prepared in advance may never be seen.
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
  // Whether they may be personal is known by an answer given before, else once the law that holds is known.
  const fillPage = () => {
    if (options.placements === "auto") renderPlacements();
    if (options.recommendations === "auto") render();
  };
  if (options.placements === "auto") hideUndecided();
  if (asked && !choice()) asked.then(() => whenParsed(fillPage));
  else whenParsed(fillPage);
}

function whenParsed(act) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => act(), { once: true });
  else act();
}

// A call before load() waits for it.
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
  decide: once((placements, more) => decide(placements, more)),
  placements: { render: once(renderPlacements) },
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
  const { writeKey, host, consent: mode, banner, country, page, recommendations, placements, userToken: token, cookieDomain } = told;
  const given = { writeKey, host, consent: mode, banner, country, page, recommendations, placements, userToken: token, cookieDomain };
  if (Array.isArray(early)) api.push(...early);
  if (writeKey) load(given);
  else Object.keys(given).forEach((name) => given[name] && name !== "userToken" && (options[name] = given[name]));
}
