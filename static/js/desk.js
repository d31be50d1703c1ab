// Keys at the desk, for who looks up one caller after the other. Every page works without them.
(function () {
  "use strict";

  // Single keys can be turned off, in the menu under one's name; this browser remembers it.
  const OFF = "desk-keys-off";
  const areOn = () => localStorage.getItem(OFF) === null;

  // Nothing is taken from who types, chooses in a field, or means something of the browser's.
  const isTyping = (element) =>
    element.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit])");
  const isMeant = (event) => event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented;

  const rows = () => [...document.querySelectorAll("#result_list tbody tr")].map((row) => row.querySelector("th a, td a")).filter(Boolean);

  // From the search box into the list, and from row to row; Enter opens, because a row's name is a link.
  const move = (event) => {
    const links = rows();
    const at = links.indexOf(document.activeElement);
    const isSearching = document.activeElement.id === "find" && event.key === "ArrowDown";
    if (at < 0 && !isSearching) return false;
    const next = at < 0 ? links[0] : links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) next.focus();
    else if (event.key === "ArrowUp") document.getElementById("find")?.focus();
    return Boolean(next) || event.key === "ArrowUp";
  };

  const press = (event) => {
    if (event.key === "/") {
      const box = document.getElementById("find");
      box?.focus();
      box?.select();
      return Boolean(box);
    }
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    link?.click();
    return Boolean(link);
  };

  document.addEventListener("keydown", (event) => {
    if (isMeant(event) || !areOn()) return;
    const isArrow = event.key === "ArrowDown" || event.key === "ArrowUp";
    const isSingle = event.key?.length === 1 && !isTyping(event.target);
    if ((isArrow && move(event)) || (isSingle && press(event))) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("desk-keys");
    if (!box) return;
    box.closest("[hidden]").hidden = false;
    box.checked = areOn();
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
  });
})();
