// The shop's own script: tells cdp.js who is there and what happens, and spares the visitor a few page loads.
// Every form works without it.

const body = document.body.dataset;
const query = (selector, root = document) => root.querySelector(selector);
const queryAll = (selector, root = document) => [...root.querySelectorAll(selector)];

// Who only looks around has no cookie of the shop: the id was minted for this page, and is signed (data-minted). Once it
// may be kept the page brings it back. What the shop answers is the id from then on: it may have another one by now.

const hasId = () => document.cookie.includes("cdp_anonymous_id=");
let telling = Promise.resolve();

async function bringBack() {
  const about = new URLSearchParams({ visitor: body.minted });
  const answer = await fetch("/shop/consent/", { method: "POST", body: about, keepalive: true });
  const told = await answer.json();
  body.visitor = told.visitor;
  body.minted = told.minted;
  cdp.setAnonymousId(body.visitor);
}

function tellTheShop() {
  telling = telling.then(bringBack).catch((error) => console.warn("the shop does not answer:", error.message));
  return telling;
}

// The first message that is sent: cdp.js has stored the id, by a yes or where the law needs none.
cdp.on("page", () => body.minted && tellTheShop());
// Another tab may have been told an id meanwhile.
document.addEventListener("visibilitychange", () => !document.hidden && body.minted && hasId() && tellTheShop());

cdp.ready(async () => {
  const signedIn = cdp.user().id();
  // Signed out, or somebody else than before: nothing joins the two.
  if (signedIn && signedIn !== body.userId) cdp.reset();
  // The page before may have brought its id back while this one was on its way.
  if (body.minted && hasId()) await tellTheShop();
  cdp.setAnonymousId(body.visitor);
  if (body.userToken) cdp.setUserToken(body.userToken);
  if (body.userId && signedIn !== body.userId) cdp.identify(body.userId);
  cdp.page(body.pageKind, body.pageName);
  JSON.parse(body.events || "[]").forEach(([name, properties]) => cdp.track(name, properties));
});

async function send(form, submitter) {
  const data = new FormData(form, submitter);
  if (body.minted) data.append("visitor", body.minted);
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("the shop answered " + answer.status);
  const told = await answer.json();
  told.events.forEach(([name, properties]) => cdp.track(name, properties));
  showCount(told.count);
  return told;
}

function showCount(count) {
  const badge = query("[data-cart-count]");
  badge.textContent = count;
  badge.hidden = !count;
}

function say(text) {
  const note = query("[data-note]");
  note.textContent = text;
  note.hidden = !text;
}

// Without an answer the form goes its ordinary way.
function instead(form, then) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, event.submitter).then(then, () => form.submit());
  });
}

// Product page: pictures, colors, sizes.

const buying = query("[data-add]");
if (buying) {
  const main = query("[data-gallery-main]");
  const image = main.getAttribute("src");
  const product = JSON.parse(query("[data-product]").dataset.product);
  const chosen = (name) => buying.elements[name] && (buying.elements[name].value || "");
  let view = "0";
  const show = () => {
    const color = chosen("color");
    main.src = `${image}?color=${encodeURIComponent(color)}&view=${view}`;
    main.alt = `${product.name} in ${color}`;
    query("[data-color-name]").textContent = color;
    queryAll("[data-view]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
      query("img", button).src = `${image}?color=${encodeURIComponent(color)}&view=${button.dataset.view}`;
    });
    const size = chosen("size");
    query("[data-sku]").value = `${product.product_id}-${color.slice(0, 3).toUpperCase()}${size ? "-" + size : ""}`;
  };
  buying.addEventListener("change", show);
  queryAll("[data-view]").forEach((button) => button.addEventListener("click", () => {
    view = button.dataset.view;
    show();
  }));
  instead(buying, (told) => {
    query("[data-added]").hidden = !told.added;
    say(told.note);
  });
  show();
}

queryAll("[data-wish]").forEach((heart) => heart.addEventListener("click", async () => {
  const form = document.createElement("form");
  form.action = "/shop/wishlist/change/";
  form.append(Object.assign(document.createElement("input"), { name: "product_id", value: heart.dataset.wish }));
  const told = await send(form);
  heart.setAttribute("aria-pressed", String(told.wished));
  say(told.note);
}));

// Cart and checkout.

queryAll("[data-change]").forEach((form) => {
  instead(form, () => location.reload());
  form.elements.quantity[0].addEventListener("change", () => form.requestSubmit());
});

const coupon = query("[data-coupon]");
if (coupon) instead(coupon, (told) => {
  query("[data-coupon-message]").textContent = told.note;
  if (told.applied) location.reload();
});

// Shelves: filters apply when they are chosen, clicks on products are told.

queryAll("[data-auto-submit]").forEach((form) => {
  query("button", form).classList.add("hidden");
  form.addEventListener("change", () => form.requestSubmit());
});

// Of a newcomer nothing is known yet, and of whoever refuses nothing may be: the row for them is the popular one. It is
// called so, and that need not stand there twice.
document.addEventListener("cdp:recommendations", (event) => {
  if (event.target.dataset.placement !== "home-for-you") return;
  const isKnown = event.detail.items.some((item) => !["popular", "newest"].includes(item.strategy));
  if (!isKnown) query("[data-cdp-title]", event.target).textContent = "Popular now";
  query("[data-placement=home-popular]").classList.toggle("gone", !isKnown);
});

document.addEventListener("click", (event) => {
  queryAll("details.brands[open]").filter((list) => !list.contains(event.target)).forEach((list) => (list.open = false));
  const card = event.target.closest("[data-click]");
  const answer = card && card.dataset.answer ? { recommendation_id: card.dataset.answer } : {};
  if (card) cdp.track("Product Clicked", { ...JSON.parse(card.dataset.click), list_id: card.dataset.list, ...answer });
  const promotion = event.target.closest("[data-promotion]");
  if (promotion) cdp.track("Promotion Clicked", JSON.parse(promotion.dataset.promotion));
});

// The banner of cdp.js asks. A refusal gives the shop's session another id, for the case of a later yes.

cdp.on("consent", async (choice) => {
  await tellTheShop();
  if (choice.analytics && body.userId && cdp.user().id() !== body.userId) cdp.identify(body.userId);
  document.dispatchEvent(new CustomEvent("shop:chosen"));
});

// What the signed-in customer allows, on the account's page.

const own = query("[data-preferences]");
if (own) cdp.ready(() => cdp.preferences(own, { userToken: body.userToken }));
