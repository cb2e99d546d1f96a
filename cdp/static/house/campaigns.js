/* Campaigns: the count beside the form follows what is chosen, lists of segments are searched, and the running page
   asks how far it is. Stops while hidden. */
(() => {
  const WAIT_MS = 400, EVERY_MS = 3000;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  function counting(form) {
    const box = one("[data-reach]");
    let timer = 0, running = null;

    async function ask() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      try {
        const answer = await fetch(form.dataset.count, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: mine.signal });
        const html = await answer.text();
        if (mine !== running) return;
        if (answer.ok) box.innerHTML = html; // rendered and escaped by the server's template
        else box.textContent = `This could not be counted (${answer.status}). Change something to try again.`;
      } catch (error) {
        if (error.name === "AbortError" || mine !== running) return;
        box.textContent = "The server could not be reached. It is tried again with your next change.";
      }
      box.removeAttribute("aria-busy");
    }

    function soon() {
      clearTimeout(timer);
      box.setAttribute("aria-busy", "true");
      timer = setTimeout(ask, WAIT_MS);
    }
    form.addEventListener("change", (event) => {
      if (["include", "exclude", "everybody", "purpose"].includes(event.target.name)) soon();
    });
    if (one("[name=include]:checked, [name=everybody]:checked", form)) soon();
  }

  function searching(box) {
    const input = one("[data-filter]", box);
    if (!input) return;
    input.hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const option of all("[data-option]", box)) {
        option.hidden = Boolean(wanted) && !option.textContent.toLowerCase().includes(wanted) && !one("input", option).checked;
      }
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }

  function following(box) {
    let failures = 0;
    async function ask() {
      if (document.hidden) return setTimeout(ask, EVERY_MS);
      const answer = await fetch(box.dataset.progress, { headers: { Accept: "text/html" } }).catch(() => null);
      if (!answer || !answer.ok) { failures += 1; return failures < 20 ? setTimeout(ask, EVERY_MS * 2) : undefined; }
      failures = 0;
      const open = one("details[open]", box);
      box.innerHTML = await answer.text();
      if (open && one("details", box)) one("details", box).open = true;
      if (one("[data-moving]", box)) setTimeout(ask, EVERY_MS);
      else location.reload();
    }
    if (one("[data-moving]", box)) setTimeout(ask, EVERY_MS);
  }

  addEventListener("DOMContentLoaded", () => {
    const form = one("[data-campaign-form]"), progress = one("[data-progress]");
    if (form) counting(form);
    all("[data-segments]").forEach(searching);
    if (progress) following(progress);
  });
})();
