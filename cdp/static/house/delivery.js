/* Copies the text beside a button, as a record of the DNS or a call of the API; without a clipboard its text is selected. */
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-record]");
    if (!button) return;
    const text = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
  });
})();
