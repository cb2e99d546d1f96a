// Segment's calls: arguments into messages, and who is there. A call is made into a message when it happens (its time,
// its page) and gets its ids when it may be sent, which with `consent: "required"` may be later.

const MOST_HELD = 200;
const held = [];
let wantedId = null;

function anonymousId() {
  if (!maySend()) return null;
  if (wantedId || !recall(COOKIES.anonymousId)) keep(COOKIES.anonymousId, wantedId || uuid());
  wantedId = null;
  return recall(COOKIES.anonymousId);
}

// Before the start and before consent it is held in memory; the first message of all carries it.
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

// The message of a call, without ids.
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

// With the ids, the shop's word for them and the choice as they are now.
function stamped(message) {
  const known = { anonymousId: recall(COOKIES.anonymousId), userId: recall(COOKIES.userId) };
  const chosenNow = consentContext();
  if (chosenNow) message.context.consent = { ...chosenNow, ...message.context.consent };
  if (userToken && !message.context.userToken) message.context.userToken = userToken;
  return { ...known, ...message };
}

// Queues a message now, or once consent is given. A promise of it, or of null if it was dropped.
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

// What was held happens now; after a refusal each finds that it may not.
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

// Another person than before must not be joined with the one before: traits and anonymous id start anew.
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

// Arguments as analytics.js takes them: up to `most` texts, an object, options, a callback; what is left out moves up.
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
