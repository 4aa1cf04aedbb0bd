// A panel: a title, and a box of reserved height in which a mark draws. A mark is called once with the box and what to draw; it
// returns a function of the data and the box's size.
import { html, rich } from "./dom.js";
import { bars } from "./marks/bars.js";
import { images } from "./marks/images.js";
import { lines } from "./marks/lines.js";
import { matrix } from "./marks/matrix.js";
import { plane, surface } from "./marks/planes.js";
import { table } from "./marks/table.js";

const MARKS = { bars, images, lines, matrix, plane, surface, table };

export function panel(draw) {
  const body = html("div", { className: "ux-body" }), node = html("div", { className: `ux-panel ux-${draw.mark}` }, body);
  body.style.height = draw.height;
  if (draw.title) node.prepend(html("p", { className: "ux-panel-title" }, ...rich(draw.title)));
  const update = MARKS[draw.mark](body, draw);
  let data = null, size = [0, 0];
  const paint = () => { if (data && size[0]) update(data, ...size); };
  const watch = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (width !== size[0] || height !== size[1]) { size = [width, height]; paint(); }
  });
  watch.observe(body);
  return { node, show(now) { data = now; paint(); }, close: () => watch.disconnect() };
}
