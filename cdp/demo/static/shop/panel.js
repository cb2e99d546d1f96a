// "What the platform knows now": asks /dev/knows/ while it is open and in view, at once after events were delivered, then
// ever more rarely. Everything is written as text; nothing the platform knows can become markup here.

(() => {
  const panel = document.querySelector("[data-panel]");
  const opener = document.querySelector("[data-panel-open]");
  const badge = document.querySelector("[data-panel-badge]");
  const sections = panel.querySelector("[data-sections]");
  const root = document.documentElement;
  const part = (name) => panel.querySelector(`[data-part=${name}]`);
  const FASTEST_MS = 1000, SLOWEST_MS = 15000;
  const folded = JSON.parse(localStorage.getItem("shop_panel_folded") || "{}");
  let tag = "", pause = FASTEST_MS, timer = 0, asking = false, seen = new Set(), first = true;

  // Showing

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  function linked(address, text) {
    if (!address) return element("span", "", text);
    const link = element("a", "", text);
    link.href = address;
    if (!address.startsWith("/shop/")) link.target = "_blank";
    return link;
  }

  function time(instant) {
    const at = new Date(instant);
    const today = new Date().toDateString() === at.toDateString();
    const made = element("time", "", today ? at.toLocaleTimeString() : at.toLocaleDateString(undefined, { day: "numeric", month: "short" }));
    made.dateTime = instant;
    made.title = at.toLocaleString();
    return made;
  }

  const line = (left, right, below) => {
    const made = element("li", "", element("div", "line", left, right));
    if (below) made.append(typeof below === "string" ? element("p", "below", below) : below);
    return made;
  };

  const mark = (good, text) => element("span", good ? "mark yes" : "mark no", text);

  const ROWS = {
    events: (event) => {
      const made = line(linked(event.link, event.name), time(event.at));
      const about = [event.about, event.source].filter(Boolean).join(" · ");
      made.append(element("p", "below", mark(event.good, event.verdict), ` · ${about}`));
      made.dataset.test = "panel-event";
      made.dataset.event = event.name;
      return made;
    },
    identifiers: (each) => line(linked(each.link, each.kind), element("code", "", each.value), each.own ? "this browser" : ""),
    traits: (trait) => line(element("span", "", trait.name), element("span", "value", trait.value)),
    consents: (each) => line(linked(each.link, each.purpose), mark(each.allowed, each.allowed ? "allowed" : "not allowed"), each.why),
    baskets: (each) => line(linked(each.link, `${each.what}, ${each.state.toLowerCase()}`), element("b", "", each.amount), each.contents),
    segments: (segment) => {
      const clauses = element("ul", "clauses", ...segment.clauses.map((clause) => {
        const row = element("li", `depth-${Math.min(clause.depth, 3)}`, mark(clause.holds, clause.holds ? "yes" : "no"), " ", clause.sentence);
        if (clause.value) row.append(element("small", "", ` – ${clause.value}`));
        return row;
      }));
      const made = line(linked(segment.link, segment.name), mark(segment.member, segment.member ? "in" : "not in"), clauses);
      made.className = segment.member ? "" : "faint";
      return made;
    },
    recommended: (each) => line(linked(each.link, each.name), element("small", "", each.found_by.replace("_", " ")), each.sentence),
    decisions: (each) => line(linked(each.link, each.place), time(each.at), `${each.what} · ${each.why}${each.seen ? " · seen" : ""}`),
    mails: (mail) => line(linked(mail.link, mail.what), time(mail.due || mail.at), [mail.why, mail.due && dueIn(mail.due)].filter(Boolean).join(" · ")),
  };

  function dueIn(instant) {
    const seconds = Math.round((new Date(instant) - Date.now()) / 1000);
    return seconds > 0 ? `in about ${seconds < 90 ? seconds + " s" : Math.round(seconds / 60) + " min"}` : "any moment now";
  }

  const TITLES = [
    ["events", "Events", "Nothing has arrived yet."],
    ["segments", "Segments, and why", "Not asked yet."],
    ["recommended", "Recommendations now", "None."],
    ["decisions", "Places decided", "Nothing was decided for this one yet."],
    ["baskets", "Carts and orders", "No cart and no order."],
    ["mails", "Mails", "None due, none sent."],
    ["identifiers", "Identifiers", "None."],
    ["traits", "Traits", "None known."],
    ["consents", "What is allowed", ""],
  ];

  function show(known) {
    part("headline").textContent = known.headline;
    part("note").textContent = known.note || "";
    part("note").hidden = !known.note;
    badge.textContent = known.event_count ? `· ${known.event_count} events` : "";
    const shown = known.state === "known" ? TITLES.filter(([name]) => name in known && (known.scope === "person" || !["segments", "traits"].includes(name))) : [];
    const made = shown.map(([name, title, empty]) => section(name, title, empty, known));
    const scrolled = sections.querySelector("[data-test=panel-events] .rows");
    const kept = scrolled ? scrolled.scrollTop : 0;
    sections.replaceChildren(...made);
    if (kept) sections.querySelector("[data-test=panel-events] .rows").scrollTop = kept;
    if (known.profile && made.length) {
      const whole = element("p", "whole", linked(known.profile, "The whole profile in the admin"));
      sections.append(whole);
    }
    const ids = known.events ? known.events.map((event) => event.link) : [];
    sections.querySelectorAll("[data-event]").forEach((row, index) => row.classList.toggle("fresh", !first && !seen.has(ids[index])));
    seen = new Set(ids);
    first = false;
  }

  function section(name, title, empty, known) {
    const rows = known[name];
    const count = name === "segments" ? `${rows.filter((row) => row.member).length} of ${rows.length}` : name === "events" ? known.event_count : rows.length;
    const made = element("details", "", element("summary", "", element("h3", "", title), element("span", "count", String(count))));
    made.open = !(name in folded) || !folded[name];
    made.dataset.test = `panel-${{ baskets: "carts", recommended: "recommendations" }[name] || name}`;
    const list = rows.length ? element("ul", "rows", ...rows.map(ROWS[name])) : element("p", "none", empty);
    if (name === "events") list.tabIndex = 0; // it scrolls
    made.append(list);
    made.addEventListener("toggle", () => {
      folded[name] = !made.open;
      localStorage.setItem("shop_panel_folded", JSON.stringify(folded));
    });
    return made;
  }

  // Asking

  const isOpen = () => getComputedStyle(panel).display !== "none";
  const isWanted = () => isOpen() && document.visibilityState === "visible";

  function soon(wait) {
    clearTimeout(timer);
    if (isWanted()) timer = setTimeout(ask, wait);
  }

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(panel.dataset.url, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        show(await answer.json());
        pause = FASTEST_MS;
      } else pause = Math.min(pause * 1.5, SLOWEST_MS);
    } catch (error) {
      part("headline").textContent = "The platform does not answer just now.";
      pause = SLOWEST_MS;
    }
    asking = false;
    soon(pause);
  }

  function now() {
    pause = FASTEST_MS;
    soon(150);
  }

  // Events become visible a moment after they were acknowledged.
  cdp.on("delivered", now);
  cdp.on("consent", now);
  document.addEventListener("shop:chosen", now);
  document.addEventListener("visibilitychange", now);

  // Opening and closing; the shop's server reads the cookie, so that the next page comes as this one was left.

  function turn(open) {
    root.classList.toggle("panel-open", open);
    root.classList.toggle("panel-closed", !open);
    opener.setAttribute("aria-expanded", String(open));
    document.cookie = `shop_panel=${open ? "open" : "closed"}; path=/; max-age=31536000; samesite=lax`;
    if (open) now();
  }

  opener.addEventListener("click", () => {
    turn(true);
    panel.querySelector("[data-panel-close]").focus();
  });
  panel.querySelector("[data-panel-close]").addEventListener("click", () => {
    turn(false);
    opener.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.contains(document.activeElement)) {
      turn(false);
      opener.focus();
    }
  });

  opener.setAttribute("aria-expanded", String(isOpen()));
  ask();
})();
