// What the person has chosen, and what follows from it: may we send, may we recommend personally, are calls held back.

const ANALYTICS = ["analytics", "performance", "statistics", "c0002"];
const PERSONALIZATION = ["personalization", "personalisation", "functional", "preferences", "c0003"];

// The choice as {category: boolean}, or null while nobody has chosen. Read afresh: it may have been made in another tab.
function choice() {
  return parseJson(recall(COOKIES.consent));
}

// true or false as chosen for any of a purpose's category names (false wins), undefined while not chosen.
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

// As it goes with every message. Global Privacy Control is an opt-out of sharing, whatever was chosen.
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
    // The last word goes out under the old id. Nobody who was never known gets an id for saying no.
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
