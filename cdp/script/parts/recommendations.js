// Placeholders filled with recommendations: asked for by their attributes, cloned from a template, seen and clicked.
// A product's name and addresses come from a feed and are not trusted: text is set as text, addresses are http(s) only.

const PLACEHOLDER = "[data-cdp-recommendations]";
const ANSWER_TIMEOUT_MS = 10 * 1000;
const SEEN_AFTER_MS = 1000;
const LONGEST_QUERY = 1800;
const ATTRIBUTES = /^(href|src|alt|title|value|aria-label|data-(?!cdp)[a-z0-9-]+)$/;
const places = new WeakMap();

// A promise of {id, strategy, model, note, items}; of a placement also {placement, title, variant}.
function fetchRecommendations(asked) {
  const token = mayPersonalize() && userToken;
  return ask(asked, token).then((answer) => (answer.status === 401 && token ? ask(asked, null) : answer)).then((answer) => {
    if (answer.ok) return answer.json().then((found) => ({ id: answer.headers.get("X-Recommendation-Id"), ...found }));
    return answer.json().catch(() => ({})).then(({ code }) => {
      throw new Error(["recommendations were answered", answer.status, code, asked.placement].filter(Boolean).join(" "));
    });
  });
}

// With a token for that customer, else for this browser, else for nobody. What is too long for an address is posted, as
// text so that there is no preflight.
function ask(asked, token) {
  const { strategy, product_id, category, region, currency } = asked;
  const placement = strategy ? "" : asked.placement;
  const [cart, results, exclude] = [asked.cart, asked.results, asked.exclude].map(listed);
  const fields = { writeKey: options.writeKey, strategy, placement, product_id, category, region, currency, cart, results, exclude };
  fields.n = asked.n || (placement ? "" : 4);
  if (!token && mayPersonalize()) fields.anonymous_id = anonymousId();
  Object.keys(fields).forEach((name) => (isNothing(fields[name]) || !String(fields[name])) && delete fields[name]);
  const query = "?" + new URLSearchParams(fields);
  const isLong = query.length > LONGEST_QUERY;
  const body = isLong ? JSON.stringify({ ...fields, exclude: undefined, filters: { exclude } }) : undefined;
  const abort = new AbortController();
  const clock = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  const answer = fetch(options.host + "/v1/recommendations" + (isLong ? "" : query), {
    method: isLong ? "POST" : "GET",
    body,
    headers: token ? { "X-User-Token": token } : {},
    credentials: "omit",
    signal: abort.signal,
  });
  const done = () => clearTimeout(clock);
  answer.then(done, done);
  return answer;
}

// An array, or a text with commas between.
const listed = (value) => (Array.isArray(value) ? value : String(value || "").split(",")).filter(Boolean);

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
  const { productId, unique, exclude, ...asked } = place.dataset;
  places.set(place, now);
  if (before.stop) before.stop();
  place.setAttribute("aria-busy", "true");
  if (!before.cards.length) now.cards = put(place, [], skeletons(place, Number(asked.n) || 4));
  const shown = unique === undefined ? Promise.resolve([]) : shownBefore(place);
  now.filled = shown.then((ids) => fetchRecommendations({ ...asked, product_id: productId, exclude: listed(exclude).concat(ids) })).then(
    (answer) => places.get(place) === now && show(place, now, answer),
    (error) => {
      warn(error.message);
      if (places.get(place) === now) show(place, now, { id: null, items: [] });
    },
  );
  return now.filled;
}

// The products that stand in the placeholders above this one, once these are filled.
function shownBefore(place) {
  const all = Array.from(document.querySelectorAll(PLACEHOLDER));
  const above = all.slice(0, all.indexOf(place)).map((each) => places.get(each)).filter(Boolean);
  const ids = ({ cards }) => cards.map((card) => card.getAttribute("data-cdp-product-id"));
  return Promise.all(above.map((each) => each.filled)).then(() => [].concat(...above.map(ids)).filter(Boolean));
}

function show(place, now, answer) {
  const cards = answer.items.map((item, index) => cardOf(place, { ...item.product, ...item, position: index + 1 }));
  const title = place.querySelector("[data-cdp-title]");
  if (title && answer.title) setText(title, answer.title);
  now.cards = put(place, now.cards, cards);
  place.hidden = !cards.length;
  place.removeAttribute("aria-busy");
  const list = { list_id: answer.id, recommendation_id: answer.id, placement: place.dataset.placement };
  if (cards.length || answer.variant) now.stop = watch(place, list, answer);
  place.dispatchEvent(new CustomEvent("cdp:recommendations", { bubbles: true, detail: answer }));
  emit("recommendations", answer);
}

// Old cards out, new cards in, at the same place among what else stands there.
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

// Seen once and clicked as often as it happens. Returns what stops watching.
function watch(place, list, answer) {
  const products = places.get(place).cards.map((card) => shared(cardProducts.get(card)));
  const seen = () => track("Product List Viewed", { ...list, strategy: answer.strategy, model: answer.model, products });
  const clicked = (event) => {
    if (event.type === "auxclick" && event.button !== 1) return;
    const card = event.target.closest("[data-cdp-product-id]");
    const product = card && event.target.closest("a[href], [data-cdp-click]") && cardProducts.get(card);
    if (product) track("Product Clicked", { ...shared(product), url: safeAddress(product.url) || undefined, ...list });
  };
  // A measured place that stays empty counts as well, when it would have been seen: a mark that takes no room stands there.
  const mark = document.createElement("span");
  mark.style.position = "absolute";
  if (!products.length) place.before(mark);
  const unwatch = onceInView(products.length ? place : mark, seen);
  place.addEventListener("click", clicked);
  place.addEventListener("auxclick", clicked);
  return () => {
    unwatch();
    mark.remove();
    place.removeEventListener("click", clicked);
    place.removeEventListener("auxclick", clicked);
  };
}

// Calls `seen` once half of the element, or half the window of it, was in view for a second without a break.
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
  // Observing anew makes the observer report where the element stands now.
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

// Which answer's product was clicked, latest first: known to this tab until it is closed or the person forgotten. What is
// then put into the cart or bought says so.
const LED = "cdp_led";
const MOST_LED = 50;

function credited(event, bag) {
  const led = readKept("sessionStorage", LED) || [];
  const { product_id, recommendation_id } = bag;
  if (event === "Product Clicked" && recommendation_id && maySend()) writeKept("sessionStorage", LED, [[String(product_id), recommendation_id], ...led].slice(0, MOST_LED));
  if (!/^(Product Added|Order (Completed|Updated))$/.test(event)) return bag;
  const named = (one) => {
    const found = isObject(one) && !one.recommendation_id && led.find(([product]) => product === String(one.product_id));
    return found ? { ...one, recommendation_id: found[1] } : one;
  };
  return Array.isArray(bag.products) ? { ...bag, products: bag.products.map(named) } : named(bag);
}
