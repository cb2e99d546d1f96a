// Messages on their way: waiting, under way, tried again with the same ids, handed over when the page goes.
// Each waiting message belongs to one tab. What waits is copied to localStorage under the tab's own key; a page that
// goes marks its copy as left, and the next page to start takes it over.

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

// Whether the message was taken.
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

// Plain text needs no preflight. A small request outlives its page.
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

// What was dropped meanwhile (consent withdrawn) is no longer ours. A page that is gone hears of a failure whenever a
// request outlives it, so that says nothing.
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

// Ends the promises of flush(): nothing waits, or the attempt failed.
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

// The copy in localStorage holds what would be lost with this page. After a no, be it in another tab, nothing is kept.
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
  // With the network down a beacon would be lost unseen: the next page sends instead.
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

// The page is in use again. Another page may have taken over what it had left.
function comeBack() {
  if (!hasLeft) return;
  hasLeft = false;
  if (isCopied && !readLocal(tab)) waiting.length = 0;
  copy();
  if (waiting.length) wait(Math.max(0, notBefore - Date.now()));
}

// What pages left that are gone, or have not stirred for ten minutes.
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

// The choice may have been made in another tab.
function settle() {
  if (!isUndecided()) release();
  if (config && choice() && !isDue()) closeBanner();
}
