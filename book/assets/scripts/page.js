// What a chapter's page does beside its figures.
addEventListener("load", () => new ResizeObserver(() => {      // a formula that scrolls can be reached by the Tab key
  for (const formula of document.querySelectorAll("div.math"))
    if (formula.scrollWidth > formula.clientWidth) formula.setAttribute("tabindex", "0"); else formula.removeAttribute("tabindex");
}).observe(document.querySelector(".bd-content")));

const opened = [];                                             // on paper, solutions are open
addEventListener("beforeprint", () => {
  for (const solution of document.querySelectorAll("details.hide:not([open])"))
    if (solution.closest(".tag_solution")) opened.push(solution), solution.open = true;
});
addEventListener("afterprint", () => {
  for (const solution of opened.splice(0)) solution.open = false;
});
