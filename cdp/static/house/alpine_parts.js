/* What the admin's attributes name: Alpine's build without eval sees no globals, so they are told to it by name. */
document.addEventListener("alpine:init", () => {
  const remembered = (name) => {
    try { return localStorage.getItem(name); } catch { return null; }
  };
  const remember = (name, value) => {
    try { localStorage.setItem(name, value); } catch { /* storage may be refused: the menu works without */ }
  };
  Alpine.data("theme", window.theme);
  Alpine.data("searchForm", window.searchForm);
  Alpine.data("searchCommand", window.searchCommand);
  Alpine.data("searchDropdown", () => ({
    ...window.searchDropdown(),
    open() { this.openSearchResults = true; this.currentIndex = 0; },
    leave() {
      this.openSearchResults = false;
      const input = this.$refs.searchInput;
      if (input.value === "") input.blur();
      input.value = "";
    },
  }));
  Alpine.data("page", (firstTab) => ({
    activeTab: firstTab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: remembered("sidebarDesktopOpen") !== "0",
    init() {
      this.activeTab = (firstTab && window.getCurrentTab()) || firstTab;
      this.$watch("sidebarDesktopOpen", (open) => remember("sidebarDesktopOpen", open ? "1" : "0"));
    },
    formAction() {
      const here = location.pathname + location.search;
      return this.activeTab && this.activeTab !== "general" ? `${here}#${this.activeTab}` : here;
    },
  }));
});
