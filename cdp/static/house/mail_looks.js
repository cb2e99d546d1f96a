/* How a block looks on its card: like the mail, in the brand's colors, with made-up products where people have theirs. */
import { icon, make } from "./mail_parts.js";
import { cleanNodes, withChips } from "./mail_words.js";

let brand = {}, origins = [];

/** `known`: the brand's colors and names; `from`: whose pictures this page may load. */
export function learnBrand(known, from) { brand = known; origins = from; }

const picture = (src, alt, className) => {
  const mayLoad = origins.some((origin) => String(src).startsWith(`${origin}/`)) || String(src).startsWith("data:image/");
  if (src && mayLoad) return make("img", { src, alt, class: className });
  return make("span", { class: "me-picture" }, icon("image"), make("span", {}, ...withChips(alt || (src ? "Picture" : "Choose a picture"))));
};

const product = (name, price) => make("span", { class: "me-product" }, make("span", { class: "me-square" }, icon("sell")), make("span", {}, make("b", {}, name)), make("span", { class: "me-price" }, price));
const lines = (count, total) => [make("div", { class: "me-rows" }, ...["Blue wool hat", "Long scarf", "Warm gloves"].slice(0, Math.max(1, Math.min(3, count))).map((name, n) => product(name, ["€24.00", "€39.00", "€19.00"][n]))), total ? make("p", { class: "me-total" }, "Total €72.00") : null];
const grid = (title, count, words) => [title ? make("h3", { class: "me-h3" }, ...withChips(title)) : null,
  make("div", { class: "me-grid" }, ...Array.from({ length: Math.max(1, Math.min(count, 3)) }, (_, n) => product(["Blue wool hat", "Long scarf", "Warm gloves"][n], ["€24.00", "€39.00", "€19.00"][n]))), make("p", { class: "me-aside" }, words)];

const LOOKS = {
  header: (block) => [block.logo || brand.logo ? picture(block.logo || brand.logo, brand.company, "me-logo") : make("span", { class: "me-company" }, brand.company)],
  heading: (block) => [make("span", { class: block.size === "medium" ? "me-h3" : "me-h2" }, ...withChips(block.text || "A heading"))],
  text: (block) => [make("div", { class: block.size === "small" ? "me-text me-small" : "me-text" }, ...(block.html ? cleanNodes(block.html) : [make("p", { class: "me-aside" }, "Write something…")]))],
  image: (block) => [picture(block.src, block.alt, "me-image")],
  button: (block) => [make("span", { class: block.look === "outline" ? "me-button me-outline" : "me-button" }, ...withChips(block.label || "A button"))],
  products: (block) => grid(block.title, block.from === "ids" ? (block.ids || []).length || block.columns || 3 : block.columns || 3, block.from === "ids" ? `${(block.ids || []).length || "No"} chosen product${(block.ids || []).length === 1 ? "" : "s"}` : "The products this mail is about"),
  product: (block) => [make("div", { class: "me-big" }, make("span", { class: "me-square me-square-big" }, icon("sell")), make("b", {}, "The product this mail is about"), block.show_price === false ? null : make("span", { class: "me-price" }, "€24.00"), block.label ? make("span", { class: "me-button" }, ...withChips(block.label)) : null)],
  cart: (block) => lines(block.max_lines ?? 5, block.show_total !== false),
  order: (block) => lines(block.max_lines ?? 20, block.show_total !== false),
  recommendations: (block) => grid(block.title, block.n ?? 3, "Picked for each person"),
  offer: (block) => [make("div", { class: "me-offer" }, make("b", {}, ...withChips(block.title || "{{ offer.title }}")), make("code", {}, "BACK10"), make("span", {}, ...withChips(block.text || "Until 12 May 2026")))],
  divider: () => [make("hr", { class: "me-rule" })],
  spacer: (block) => [make("span", { class: "me-aside" }, `${block.height ?? 24} pixels of space`)],
  footer: (block) => [make("div", { class: "me-foot" }, make("p", {}, ...withChips(block.reason || "Why this mail came, in a sentence for every case.")), make("p", {}, `${brand.company} · ${brand.address}`), make("p", {}, make("u", {}, "Unsubscribe"), " · ", make("u", {}, "E-mail preferences")))],
};

/** The nodes of a block's look; columns have none of their own. */
export function look(block) {
  const draw = LOOKS[block.type];
  const holder = make("div", { class: `me-look-in me-${block.align || "left"}` });
  if (draw) holder.append(...draw(block).filter(Boolean));
  else holder.append(make("p", { class: "me-aside" }, `A block of the kind “${block.type}”, which this editor does not know.`));
  return holder;
}
