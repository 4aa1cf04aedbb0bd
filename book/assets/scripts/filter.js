// Above each table that asks for it (<div data-filter="columns">): a search field, a choice for each named column, a count.
"use strict";

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function filterable(marker) {
  const every = [...document.querySelectorAll("table")];
  const table = every.find(t => marker.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (!table) return;
  const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  const count = make("output", { className: "filter-count" });
  const search = make("input", { type: "search", autocomplete: "off" });
  const choices = marker.dataset.filter.split(" ").filter(Boolean).map(name => {
    const column = heads.indexOf(name);
    const values = [...new Set(rows.map(row => row.cells[column].textContent.trim()))];
    const select = make("select", {}, make("option", { value: "" }, "all"), ...values.map(v => make("option", { value: v }, v)));
    return { name, column, select };
  });
  const texts = rows.map(row => row.textContent.toLowerCase());

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = words.every(word => texts[i].includes(word))
        && choices.every(({ column, select }) => !select.value || row.cells[column].textContent.trim() === select.value);
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = `${shown} of ${rows.length}`;
  }

  const form = make("form", { className: "filter" }, make("label", {}, "search ", search),
    ...choices.map(({ name, select }) => make("label", {}, `${name} `, select)), count);
  form.addEventListener("input", show);
  form.addEventListener("submit", event => event.preventDefault());
  marker.replaceWith(form);
  show();
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-filter]").forEach(filterable));
