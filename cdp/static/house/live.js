/* The live view: asks once a second for what is new and for what still waited, and draws it. Stops while hidden. */
(() => {
  const EVERY_MS = 1000, SLOWEST_MS = 10000, MOST_SHOWN = 500;
  const TAGS = { accepted: "h-tag-ok", rejected: "h-tag-bad", refused: "h-tag-warn", conflict: "h-tag-warn" };
  const start = () => {
    const box = document.querySelector("[data-live]");
    if (!box) return;
    const part = (name) => box.querySelector(`[data-live-${name}]`);
    const list = part("list"), filter = part("filter"), state = part("state"), pauseButton = part("pause");
    const shown = new Map(); // "request:index" → { request, item, row }
    let cursor = 0, floor = 0, paused = false, timer = null, failures = 0, busy = false, generation = 0;

    const say = (text, tag) => { if (state.textContent !== text) state.textContent = text; state.className = `h-tag ${tag || ""}`; };
    const make = (tag, className, text) => {
      const element = document.createElement(tag);
      if (className) element.className = className;
      if (text !== undefined) element.textContent = text;
      return element;
    };
    const wanted = () => Object.fromEntries(new FormData(filter));
    const matches = ({ request, item }) => {
      const { verdict, name, text } = wanted();
      if (verdict && item.verdict !== verdict) return false;
      if (name && !item.name.toLowerCase().includes(name.trim().toLowerCase())) return false;
      if (!text) return true;
      const all = [item.name, item.type, item.reason, request.source, ...item.ids, ...item.flags].join(" ");
      return all.toLowerCase().includes(text.trim().toLowerCase());
    };
    const count = () => {
      const visible = [...shown.values()].filter((one) => !one.row.hidden).length;
      const words = shown.size === visible ? `${visible} shown` : `${visible} of ${shown.size} shown`;
      if (part("count").textContent !== words) part("count").textContent = words;
      part("empty").hidden = shown.size > 0;
    };
    const refilter = () => { for (const one of shown.values()) one.row.hidden = !matches(one); count(); };
    const drawHead = (one) => {
      const { request, item } = one, head = one.row.querySelector("summary");
      head.replaceChildren();
      const clock = make("time", "h-clock", request.at);
      clock.dateTime = request.atIso;
      head.append(clock, make("span", `h-tag h-verdict ${TAGS[item.verdict] || ""}`, item.verdict));
      const words = make("span", "h-sentence");
      words.append(make("b", "", item.name || item.type), ` ${item.name && item.type !== "track" ? item.type : ""}`);
      head.append(words);
      if (item.reason) head.append(make("span", "h-alarm", item.reason));
      for (const id of item.ids) head.append(make("span", "h-id h-soft", id));
      for (const flag of item.flags) head.append(make("span", "h-tag h-tag-warn", flag.replaceAll("_", " ")));
      if (request.bulk) head.append(make("span", "h-tag", "bulk"));
      head.append(make("span", "h-soft", request.source));
      if (request.more && item === request.items[request.items.length - 1]) head.append(make("span", "h-soft", `and ${request.more} more in this request`));
    };
    const drawMore = (one) => {
      const { request, item } = one, more = one.row.querySelector(".h-live-more");
      const links = more.querySelector("p") || more.appendChild(make("p"));
      links.replaceChildren(make("span", "h-soft", `Request ${request.id}, item ${item.index}${item.occurred ? `, happened ${item.occurred}` : ""} `));
      for (const [words, url] of item.links) { const link = make("a", "", words); link.href = url; links.append(link); }
    };
    const openRaw = async (one) => {
      if (one.asked || !box.dataset.raw) return;
      one.asked = true;
      const pre = one.row.querySelector(".h-live-more").appendChild(make("pre", "h-pre", "…"));
      try {
        const answer = await fetch(box.dataset.raw.replace("/0/0/", `/${one.request.id}/${one.item.index}/`));
        pre.textContent = answer.ok ? (await answer.json()).raw : "It cannot be shown: the request is not kept any more, or your right ended.";
      } catch { pre.textContent = "The service did not answer."; one.asked = false; }
    };
    const place = (row, key) => {
      const [request, index] = key.split(":").map(Number);
      for (const other of list.children) {
        const [otherRequest, otherIndex] = other.dataset.key.split(":").map(Number);
        if (request > otherRequest || (request === otherRequest && index < otherIndex)) { list.insertBefore(row, other); return; }
      }
      list.append(row);
    };
    const put = (request, item) => {
      const key = `${request.id}:${item.index}`;
      let one = shown.get(key);
      if (one) {
        const before = JSON.stringify(one.item);
        one.request = request; one.item = item;
        if (before !== JSON.stringify(item)) { drawHead(one); if (one.row.open) drawMore(one); }
      } else {
        const row = make("details", "h-live-item");
        row.dataset.key = key;
        row.append(make("summary"), make("div", "h-live-more"));
        one = { request, item, row, asked: false };
        shown.set(key, one);
        row.addEventListener("toggle", () => { if (row.open) { drawMore(one); openRaw(one); } });
        drawHead(one);
        place(row, key);
      }
      one.row.hidden = !matches(one);
    };
    const forgetOldest = () => {
      while (list.children.length > MOST_SHOWN) { shown.delete(list.lastChild.dataset.key); list.lastChild.remove(); }
    };
    const ask = async () => {
      timer = null;
      if (paused || document.hidden || busy) return;
      busy = true;
      const mine = generation;
      const waiting = new Set([...shown.values()].filter((one) => one.request.waits).map((one) => one.request.id));
      const query = new URLSearchParams({ after: cursor, again: [...waiting].slice(0, 60).join(","), source: box.dataset.source });
      try {
        const answer = await fetch(`${box.dataset.live}?${query}`, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.status === 403 ? "your right ended" : `answer ${answer.status}`);
        const found = await answer.json();
        if (mine === generation) {
          for (const request of found.requests) {
            if (request.id > floor) for (const item of request.items) put(request, item);
          }
          cursor = Math.max(cursor, found.cursor);
          forgetOldest(); count();
          failures = 0;
          say(paused ? "paused" : "live", paused ? "h-tag-warn" : "h-tag-ok");
        }
      } catch (error) {
        failures += 1;
        say(`not connected: ${error.message}; trying again`, "h-tag-bad");
      }
      busy = false;
      later();
    };
    const later = () => {
      if (timer === null && !paused && !document.hidden) timer = setTimeout(ask, Math.min(SLOWEST_MS, EVERY_MS * 2 ** Math.min(failures, 4)));
    };
    const pause = () => {
      paused = !paused;
      pauseButton.textContent = paused ? "Resume" : "Pause";
      pauseButton.setAttribute("aria-pressed", String(paused));
      say(paused ? "paused" : "live", paused ? "h-tag-warn" : "h-tag-ok");
      if (!paused) ask();
    };
    const clear = () => { shown.clear(); list.replaceChildren(); floor = cursor; count(); };
    pauseButton.addEventListener("click", pause);
    part("clear").addEventListener("click", clear);
    filter.addEventListener("submit", (event) => event.preventDefault());
    filter.addEventListener("input", (event) => {
      if (event.target.name !== "source") { refilter(); return; }
      box.dataset.source = event.target.value;
      history.replaceState(null, "", event.target.value ? `?source=${event.target.value}` : location.pathname);
      generation += 1; clear(); cursor = 0; floor = 0; ask();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === " " && !event.target.closest("input, select, textarea, button, summary, a")) { event.preventDefault(); pause(); }
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !paused) ask(); });
    count();
    ask();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
