// The consent banner. What is asked, in which words and under which law is the platform's answer to a request without
// any identifier; until it is there, and where it cannot be had, nothing is stored and nothing sent.

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

// A promise that ends when it is known what holds, or that it cannot be known.
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

// A yes does not hold for ever.
function isOutlived() {
  const kept = answerKept();
  const days = config.expires_after_days;
  return Boolean(kept && days && kept.at && Date.parse(kept.at) + days * DAY_MS < Date.now());
}

// Never answered, answered under a notice before the last one that asks again, or something new is asked.
function isDue() {
  const kept = answerKept();
  if (!kept) return true;
  return Boolean(config.notice && config.notice.ask_again_since > (kept.notice || 0));
}

// For the person who wants to see or change what was chosen.
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

// First nothing but the question; opened again by the person, the switches at once.
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

// What has the focus must not lie behind the banner.
function makeRoom() {
  const { height } = banner.shadowRoot.querySelector("section").getBoundingClientRect();
  document.documentElement.style.scrollPaddingBottom = Math.min(Math.ceil(height), innerHeight / 2) + "px";
}

// Where the law asks for a yes a switch is off until somebody turns it on; elsewhere it shows what holds.
function lineOf(purpose) {
  const made = choice() || {};
  const denied = purpose.code in deniedByBrowser();
  const held = purpose.code in made ? made[purpose.code] : !config.ask && purpose.allowed_by_default;
  return switchLine({ ...purpose, on: held && !denied, fixed: denied, note: denied && config.words.gpc_line });
}

// `yes`: true or false for all; null: as the switches stand.
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
