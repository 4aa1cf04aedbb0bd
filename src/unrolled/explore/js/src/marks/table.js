// Rows of numbers; the highlighted one stays in sight inside the table's own box.
import { fixed, html, plain, rich } from "../dom.js";

export function table(host, draw) {
  const head = html("tr"), body = html("tbody");
  if (draw.rows.length) head.append(html("td"));
  head.append(...draw.columns.map(t => html("th", { scope: "col" }, ...rich(t))));
  const box = html("div", { className: "ux-scroll", tabIndex: 0, role: "region", ariaLabel: plain(draw.title || "Table") },
    html("table", { className: "ux-table" }, html("thead", {}, head), body));
  host.append(box);
  let rows = [], cells = [], last = null;
  const build = (data, wide) => {
    rows = Array.from({ length: data[draw.z].length / wide }, (_, i) => html("tr", {},
      ...(draw.rows.length ? [html("th", { scope: "row" }, ...rich(draw.rows[i]))] : []), ...draw.columns.map(() => html("td"))));
    cells = rows.flatMap(r => [...r.children].slice(-wide));
    body.replaceChildren(...rows);
  };
  return data => {
    const z = data[draw.z], wide = draw.columns.length, at = draw.at ? data[draw.at][0] : NaN;
    if (cells.length !== z.length) build(data, wide);
    cells.forEach((cell, k) => {
      const late = draw.reveal && !(Math.floor(k / wide) <= at);
      const text = late || !Number.isFinite(z[k]) ? "" : fixed(z[k], draw.digits[k % wide]);
      if (cell.textContent !== text) cell.textContent = text;
    });
    if (rows[last]) { rows[last].className = ""; rows[last].ariaCurrent = null; }
    last = at;
    const row = rows[at];
    if (!row) { if (draw.reveal) box.scrollTop = 0; return; }
    row.className = "ux-at";
    row.ariaCurrent = "true";
    const top = row.offsetTop - head.offsetHeight, bottom = row.offsetTop + row.offsetHeight;    // the head is sticky
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  };
}
