// A person's preferences inside a page: what GET /v1/preferences tells, changed one switch at a time by POST. Whose they
// are says a token: that of a mail's link, or the user token of a signed-in customer. Nothing is kept in the browser.

// Renders into the element of `selector` (or an element). A promise of what is shown, or of null where it cannot be.
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
