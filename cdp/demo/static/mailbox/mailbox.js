// The mailbox in motion: times in the reader's zone, and the list anew as soon as a mail arrives. Works without it too.
"use strict";

const EVERY_MS = 2500;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function ago(at, now) {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  return at.toDateString() === now.toDateString() ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

function until(at, now) {
  const seconds = Math.ceil((at - now) / 1000);
  if (seconds <= 0) return "now";
  if (seconds < 3600) return `in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
  return `at ${clock.format(at)}`;
}

function writeTimes() {
  const now = new Date();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const words = "until" in time.dataset ? until(at, now) : ago(at, now);
    if (time.textContent !== words) time.textContent = words;
    time.title = exact.format(at);
  }
}

function shape(live) {
  const links = [...live.querySelectorAll(".mails a")].map((link) => link.getAttribute("href"));
  const due = live.querySelector("#soon");
  return JSON.stringify([links, due && due.firstElementChild.nextElementSibling.firstChild.textContent, due && due.querySelector("time").dateTime]);
}

async function refresh() {
  const live = document.getElementById("live");
  if (!live || !("refresh" in live.dataset) || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (!fresh || shape(fresh) === shape(live)) return;
    const before = new Set([...live.querySelectorAll(".mails a")].map((link) => link.getAttribute("href")));
    const focused = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const arrived = [...fresh.querySelectorAll(".mails a")].filter((link) => !before.has(link.getAttribute("href")));
    live.replaceChildren(...fresh.childNodes);
    writeTimes();
    if (focused) [...live.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    if (arrived.length) {
      const first = arrived[0].querySelector(".to").textContent;
      document.getElementById("news").textContent = arrived.length === 1 ? `New mail to ${first}` : `${arrived.length} new mails`;
    }
  } catch {
    // The service may be restarting: the next round asks again.
  }
}

writeTimes();
setInterval(writeTimes, 1000);
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
