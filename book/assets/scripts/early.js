// Before anything is painted: the colour theme that the reader chose, and how formulas are set.
document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
document.documentElement.dataset.theme = { light: "light", dark: "dark" }[document.documentElement.dataset.mode]
  || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

window.MathJax = {
  options: {
    enableMenu: false,                     // else every formula is a stop of the Tab key
    processHtmlClass: "tex2jax_process|mathjax_process|math|output_area",
  },
};
