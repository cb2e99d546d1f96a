// What the person has chosen, and what follows from it: may we send, may we recommend personally, are calls held back.

const ANALYTICS = ["analytics", "performance", "statistics", "c0002"];
const PERSONALIZATION = ["personalization", "personalisation", "functional", "preferences", "c0003"];

// What GET /v1/consent/config said; only asked with `banner: "auto"`.
let config = null;

// The answer as it is kept: {preferences: {category: boolean}, at, notice, locale, wordings}, or null while nobody has
// chosen. Read afresh: it may have been given in another tab. Releases before 1.1 kept the preferences alone.
function answerKept() {
  const kept = parseJson(recall(COOKIES.consent));
  return isObject(kept) && !isObject(kept.preferences) ? { preferences: kept } : kept;
}

// The choice as {category: boolean}, or null.
function choice() {
  const kept = answerKept();
  return kept && kept.preferences;
}

// Whether nothing may happen without a yes. While nobody knows which law holds, it may not.
function isRequired() {
  return options.consent === "required" || (options.banner === "auto" && (!config || config.ask));
}

// true or false as chosen for any of a purpose's category names (false wins), undefined while not chosen.
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

// What Global Privacy Control denies: an opt-out of sharing, whatever was chosen.
function deniedByBrowser() {
  if (!navigator.globalPrivacyControl) return {};
  const codes = (config && config.gpc.purposes) || ["third_party_sharing"];
  return Object.fromEntries(codes.map((code) => [code, false]));
}

// As it goes with every message.
function consentContext() {
  const made = { ...choice(), ...deniedByBrowser() };
  return Object.keys(made).length ? { categoryPreferences: made } : null;
}

// `asked`: the words and the notice it is an answer to, where the banner asked.
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
    // The last word goes out under the old id. Nobody who was never known gets an id for saying no.
    const known = sent && (recall(COOKIES.anonymousId) || recall(COOKIES.userId));
    const last = known && stamped(describe("track", { event: PREFERENCES_CHOSEN }, told));
    if (!isUndecided()) forgetEverything();
    if (last) post([JSON.stringify(last)]);
  }
  emit("consent", made);
  return made;
}

// The string of an IAB TCF consent manager, as it is; it is decoded on arrival.
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
