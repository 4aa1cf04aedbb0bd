// A heat-map as a real table: labelled rows and columns, every number in its cell.
import { extent, fixed, hidden, html, plain, rich } from "../dom.js";

export function matrix(host, draw) {
  const { box, cols, rows } = draw, cells = [];
  const heading = (text, scope, className) => html("th", { scope, className, title: plain(text) }, html("span", {}, ...rich(text)));
  const table = html("table", { className: `ux-grid${draw.turned ? " ux-turned" : ""}` }, html("caption", { className: "ux-hidden", textContent: plain(draw.title || "Matrix") }));
  for (const [name, value] of Object.entries(box)) table.style.setProperty(`--ux-${name}`, value);
  const head = html("thead"), corner = [draw.rowlabel, draw.collabel].filter(Boolean).map(plain).join(" by ");
  if (draw.collabel) head.append(html("tr", { className: "ux-collabel" }, html("td", { textContent: plain(draw.rowlabel) }), html("th", { scope: "colgroup", colSpan: cols.length }, ...rich(draw.collabel))));
  head.append(html("tr", {}, html("td", {}, hidden(corner)), ...cols.map(t => heading(t, "col", "ux-col"))));
  const body = html("tbody", {}, ...rows.map(t => html("tr", {}, heading(t, "row", "ux-row"), ...cols.map(() => {
    const cell = html("td", { className: "ux-cell" });
    cells.push(cell);
    return cell;
  }))));
  table.append(head, body);
  host.append(table);
  let seen = 0, room = 0;
  return (data, width) => {
    if (width !== seen) { seen = width; room = cells[0].getBoundingClientRect().width; }
    const z = data[draw.z], [z0, z1] = draw.zlim ?? extent(z), signs = z0 < 0 && z1 > 0, most = Math.max(-z0, z1);
    const texts = Array.from(z, v => fixed(v, draw.digits)), longest = Math.max(...texts.map(t => t.length));
    table.classList.toggle("ux-small", room < 7.3 * longest + 5);
    table.classList.toggle("ux-dense", room < 6.2 * longest + 1);           // too narrow to print them: still there to be read out
    cells.forEach((cell, k) => {
      const p = Number.isFinite(z[k]) ? Math.min(1, signs ? Math.abs(z[k]) / most : Math.max(0, (z[k] - z0) / (z1 - z0))) : 0;
      cell.style.setProperty("--ux-p", `${(100 * p).toFixed(1)}%`);
      cell.classList.toggle("ux-negative", signs && z[k] < 0);
      if (cell.textContent !== texts[k]) cell.textContent = texts[k];
    });
  };
}
