/* Pages of imports: drop a file and see it go up, see what a choice of columns means, follow a running import. */
(() => {
  const drawn = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

  function upload(form) {
    const input = form.querySelector("input[type=file]");
    const drop = form.querySelector("[data-drop]");
    const say = (text) => { form.querySelector("[data-problem]").textContent = text; };
    const show = () => {
      const file = input.files[0];
      form.querySelector("[data-chosen]").textContent = file ? drawn(file.size) : "";
    };
    input.addEventListener("change", show);
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("i-over"); });
    }
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("i-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
    form.addEventListener("submit", (event) => {
      const file = input.files[0];
      if (!file) return;
      event.preventDefault();
      if (file.size > Number(form.dataset.most)) return say(`The file has ${drawn(file.size)}: that is more than may be uploaded.`);
      send(form, file, say);
    });
  }

  function send(form, file, say) {
    const bar = form.querySelector("[data-bar]");
    const button = form.querySelector("button[type=submit]");
    const kind = form.querySelector("input[name=kind]:checked").value;
    const request = new XMLHttpRequest();
    const stop = (text) => { say(text); bar.hidden = true; button.disabled = false; };
    request.open("POST", `?${new URLSearchParams({ kind, name: file.name })}`);
    request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    request.setRequestHeader("X-Requested-With", "upload");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      bar.querySelector("progress").value = event.loaded / event.total;
      const done = event.loaded >= event.total;
      bar.querySelector("[data-done]").textContent = done ? "The file is looked at …" : `${drawn(event.loaded)} of ${drawn(event.total)}`;
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response?.url) location.assign(request.response.url);
      else stop(request.response?.problem || "The file could not be uploaded. Try again.");
    });
    request.addEventListener("error", () => stop("The connection was lost. Upload the file again."));
    say("");
    bar.hidden = false;
    button.disabled = true;
    request.send(file);
  }

  function mapping(form) {
    const busy = form.querySelector("[data-busy]");
    let timer = 0;
    let asked = 0;
    async function preview() {
      const mine = ++asked;
      const data = new FormData(form);
      data.set("do", "preview");
      try {
        const answer = await fetch(form.action, { method: "POST", body: data });
        if (!answer.ok || mine !== asked) return;
        const held = form.querySelector("[data-columns]");
        const focused = document.activeElement?.name;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-columns]");
        if (mine !== asked || !fresh) return;
        held.replaceWith(fresh);
        if (focused) form.querySelector(`[data-columns] [name="${CSS.escape(focused)}"]`)?.focus();
      } finally {
        if (mine === asked) busy.hidden = true;
      }
    }
    form.addEventListener("change", () => {
      busy.hidden = false;
      clearTimeout(timer);
      timer = setTimeout(preview, 200);
    });
  }

  async function follow(holder) {
    const answer = await fetch(holder.dataset.progress).catch(() => null);
    if (answer?.ok) {
      const now = await answer.json();
      if (holder.dataset.state === "settling" ? now.settled : now.state !== holder.dataset.state) return location.reload();
      const bar = holder.querySelector("progress");
      if (bar) bar.value = now.share;
      const text = holder.querySelector("[data-text]");
      if (text) text.textContent = now.text;
    }
    setTimeout(() => follow(holder), 1000);
  }

  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-upload]").forEach(upload);
    document.querySelectorAll("[data-mapping]").forEach(mapping);
    document.querySelectorAll("[data-progress]").forEach(follow);
  });
})();
