// What the banner and the embedded preferences are built of: elements in a shadow tree, so that the page's styles and
// ours do not meet. The style sheet is a constructed one, which a Content-Security-Policy lets pass.

const STYLE = [
  ":host{all:initial;--fg:var(--cdp-text,#18181b);--bg:var(--cdp-background,#fff);--on:var(--cdp-accent,#18181b);--off:var(--cdp-accent-text,#fff);--rim:var(--cdp-border,#71717a);color-scheme:light dark}",
  "@media(prefers-color-scheme:dark){:host{--fg:var(--cdp-text-dark,#f4f4f5);--bg:var(--cdp-background-dark,#27272a);--on:var(--cdp-accent-dark,#f4f4f5);--off:var(--cdp-accent-text-dark,#18181b);--rim:var(--cdp-border-dark,#a1a1aa)}}",
  "*{box-sizing:border-box;font:inherit;color:inherit}",
  "section{font:16px/1.5 var(--cdp-font,system-ui,sans-serif);color:var(--fg);background:var(--bg)}",
  ".banner{position:fixed;z-index:2147483000;inset:auto var(--cdp-right,0px) 0 0;margin:0 auto;max-width:62rem;max-height:85vh;overflow:auto;padding:1.25rem 1.25rem 0;scroll-padding-bottom:10rem;border:1px solid var(--rim);border-radius:var(--cdp-radius,12px) var(--cdp-radius,12px) 0 0;box-shadow:0 -4px 24px rgb(0 0 0/.2)}",
  "h2{font-size:1.2rem;font-weight:700;margin:0 0 .4rem;padding-right:3rem}p{margin:0 0 .75rem;max-width:70ch}a{text-decoration:underline}",
  ".note{border-left:4px solid var(--rim);padding-left:.75rem}",
  "ul{list-style:none;margin:0 0 1rem;padding:0}li{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between;padding:.6rem 0;border-top:1px solid var(--rim)}",
  "li ul{margin:.5rem 0 0 1rem}.wide{flex-wrap:wrap}.wide>ul{flex-basis:100%}",
  "label{font-weight:600;display:block}small{font-size:.9rem;display:block}",
  "input[role=switch]{appearance:none;flex:none;width:3rem;height:1.75rem;margin:0;border:2px solid var(--rim);border-radius:1rem;background:var(--bg);cursor:pointer;position:relative}",
  "input[role=switch]::before{content:'';position:absolute;top:2px;left:2px;width:1.25rem;height:1.25rem;border-radius:50%;background:var(--rim)}",
  "input[role=switch]:checked{background:var(--on);border-color:var(--on)}input[role=switch]:checked::before{left:auto;right:2px;background:var(--off)}",
  "input:disabled{cursor:not-allowed;border-style:dashed}",
  ".own{padding:1.25rem;border:1px solid var(--rim);border-radius:var(--cdp-radius,12px)}.own li:first-child{border-top:0}",
  ".choices{display:grid;grid-template-columns:1fr 1fr 1fr;gap:.5rem;position:sticky;bottom:0;background:var(--bg);padding:.5rem 0 1.25rem}",
  "button{font-weight:600;min-height:3rem;padding:.5rem .75rem;border:2px solid var(--on);border-radius:8px;background:var(--on);color:var(--off);cursor:pointer}",
  "button.shut{position:absolute;top:.5rem;right:.5rem;min-height:2.75rem;min-width:2.75rem;padding:0;background:none;border-color:transparent;color:var(--fg);font-size:1.4rem;line-height:1}",
  ":focus-visible{outline:3px solid var(--cdp-focus,#6366f1);outline-offset:2px}section:focus{outline:none}",
  "select{min-height:2.75rem;padding:.25rem .5rem;border:2px solid var(--rim);border-radius:8px;background:var(--bg);max-width:100%}",
  "[hidden]{display:none!important}",
  "@media(max-width:40rem){.choices{grid-template-columns:1fr 1fr}.choices>:nth-child(3){grid-column:1/-1}.banner{padding:1rem 1rem 0;border-radius:0}}",
  "@media print{.banner{display:none}}",
].join("");
let sheet = null;

// A shadow tree in `host` that holds `content`.
function shade(host, content) {
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(content);
  } catch (error) {
    // Safari before 16.4 constructs no style sheets.
    root.replaceChildren(element("style", {}, STYLE), content);
  }
  return root;
}

// An element. An attribute that is a function listens; null, undefined and false are left out.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.keys(attributes).forEach((key) => {
    const value = attributes[key];
    if (typeof value === "function") made.addEventListener(key, value);
    else if (!isNothing(value) && value !== false) made.setAttribute(key, value === true ? "" : value);
  });
  made.append(...children.filter((child) => child));
  return made;
}

// A line with a switch: {code, title, text, on, fixed (not to be changed), note}; what stands below it, if anything.
function switchLine(told, below) {
  const id = "cdp-" + told.code;
  const note = told.note && element("small", { class: "note" }, told.note);
  const about = element("small", { id: id + "-about" }, told.text || "", note);
  const input = element("input", { type: "checkbox", role: "switch", id, name: told.code, disabled: told.fixed, "aria-describedby": id + "-about" });
  input.checked = Boolean(told.on);
  return element("li", { class: below && "wide" }, element("div", {}, element("label", { for: id }, told.title), about), input, below);
}

function safeLink(address, text) {
  const href = safeAddress(address);
  return href && element("a", { href, target: "_blank", rel: "noopener" }, text);
}
