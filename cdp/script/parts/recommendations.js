// Placeholders filled with recommendations: asked for by their attributes, cloned from a template, seen and clicked.
// A product's name and addresses come from a feed and are not trusted: text is set as text, addresses are http(s) only.

const PLACEHOLDER = "[data-cdp-recommendations]";
const ANSWER_TIMEOUT_MS = 10 * 1000;
const SEEN_AFTER_MS = 1000;
const ATTRIBUTES = /^(href|src|alt|title|value|aria-label|data-(?!cdp)[a-z0-9-]+)$/;
const places = new WeakMap();

// A promise of {id, strategy, model, note, items}.
function fetchRecommendations(asked) {
  const token = mayPersonalize() && userToken;
  return ask(asked, token).then((answer) => (answer.status === 401 && token ? ask(asked, null) : answer)).then((answer) => {
    if (!answer.ok) throw new Error("cdp.js: recommendations were answered " + answer.status);
    return answer.json().then((found) => ({ id: answer.headers.get("X-Recommendation-Id"), ...found }));
  });
}

// With a token for that customer, else for this browser, else for nobody.
function ask(asked, token) {
  const query = new URLSearchParams({ writeKey: options.writeKey, n: asked.n || 4 });
  if (asked.strategy) query.set("strategy", asked.strategy);
  if (asked.product_id) query.set("product_id", asked.product_id);
  if (asked.cart && asked.cart.length) query.set("cart", [].concat(asked.cart).join(","));
  if (!token && mayPersonalize()) query.set("anonymous_id", anonymousId());
  const abort = new AbortController();
  const clock = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  const answer = fetch(options.host + "/v1/recommendations?" + query, {
    headers: token ? { "X-User-Token": token } : {},
    credentials: "omit",
    signal: abort.signal,
  });
  const done = () => clearTimeout(clock);
  answer.then(done, done);
  return answer;
}

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
  const { strategy, productId, cart, n } = place.dataset;
  places.set(place, now);
  if (before.stop) before.stop();
  place.setAttribute("aria-busy", "true");
  if (!before.cards.length) now.cards = put(place, [], skeletons(place, Number(n) || 4));
  return fetchRecommendations({ strategy, product_id: productId, cart, n }).then(
    (answer) => places.get(place) === now && show(place, now, answer),
    (error) => {
      warn(error.message);
      if (places.get(place) === now) show(place, now, { id: null, items: [] });
    },
  );
}

function show(place, now, answer) {
  const cards = answer.items.map((item, index) => cardOf(place, { ...item.product, ...item, position: index + 1 }));
  now.cards = put(place, now.cards, cards);
  place.hidden = !cards.length;
  place.removeAttribute("aria-busy");
  const list = { list_id: answer.id, recommendation_id: answer.id, placement: place.dataset.placement };
  if (cards.length) now.stop = watch(place, list, answer);
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
  const unwatch = onceInView(place, seen);
  place.addEventListener("click", clicked);
  place.addEventListener("auxclick", clicked);
  return () => {
    unwatch();
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
