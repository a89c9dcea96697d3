// Mends what the theme leaves out for readers who use a keyboard or a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button.search-button, button.search-button__button")) {
    button.setAttribute("aria-label", "Search");
  }
  // A block that scrolls sideways can be reached and moved with the keyboard.
  const reach = () => {
    for (const block of document.querySelectorAll(".bd-article pre, .bd-article table, .bd-article div.math, .bd-article mjx-container")) {
      if (block.scrollWidth > block.clientWidth + 1) block.setAttribute("tabindex", "0");
    }
  };
  reach();
  window.addEventListener("load", reach);
  window.addEventListener("resize", reach);
});
