// Mends what the theme leaves out for readers who use a keyboard or a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button.search-button, button.search-button__button")) {
    button.setAttribute("aria-label", "Search");
  }
  // The list of references has a role that WCAG's checkers hold to be out of date.
  for (const block of document.querySelectorAll("div.citation-list, div.citation, .citation [role]")) {
    block.removeAttribute("role");
  }
  // A hidden cell of an exercise holds its answer, one of a project a place to start from.
  for (const [tag, what] of [["exercise", "the answer"], ["project", "a place to start from"]]) {
    for (const [state, verb] of [["collapsed", "Show"], ["expanded", "Hide"]]) {
      for (const line of document.querySelectorAll(`.tag_${tag} details.hide > summary > .${state}`)) {
        line.textContent = `${verb} ${what}`;
      }
    }
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
