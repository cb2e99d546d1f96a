// What is kept in the browser: cookies for the few ids and the choice (so that subdomains and servers share them),
// localStorage for traits and events that wait, sessionStorage for which answers led to which products. Nothing here
// throws: a browser that keeps nothing still works.

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

// The cookie is read every time, so that tabs agree on who is there.
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

// Whether it was written. `null` removes.
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
  // randomUUID is missing on pages without https.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
