// A panel: a title, and a box of reserved height in which a mark draws. A mark is called once with the box and what to draw; it
// returns a function of the data and the box's size.
import { html, rich } from "./dom.js";
import { bars } from "./marks/bars.js";
import { images } from "./marks/images.js";
import { landscape, map } from "./marks/maps.js";
import { lines } from "./marks/lines.js";
import { matrix } from "./marks/matrix.js";
import { network } from "./marks/network.js";
import { plane, surface } from "./marks/planes.js";
import { table } from "./marks/table.js";
import { words } from "./marks/words.js";

const MARKS = { arrows: landscape, bars, images, landscape, lines, map, matrix, network, plane, surface, table, text: words };

// `move` sets controls, for a handle that is drawn at the present `settings`.
export function panel(draw, move) {
  const body = html("div", { className: "ux-body" }), node = html("div", { className: `ux-panel ux-${draw.mark}` }, body);
  body.style.height = draw.height;
  if (draw.title) node.prepend(html("p", { className: "ux-panel-title" }, ...rich(draw.title)));
  const update = MARKS[draw.mark](body, draw, move);
  const failed = html("p", { className: "ux-failed" });
  let data = null, settings = null, pinned = null, size = [0, 0];
  const paint = () => {
    if (!data || !size[0]) return;
    failed.remove();
    try { update(data, ...size, pinned, settings); } catch (e) {           // the other panels and the controls go on
      console.error(e);
      failed.textContent = "This setting could not be drawn.";
      body.append(failed);
    }
  };
  const watch = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (width !== size[0] || height !== size[1]) { size = [width, height]; paint(); }
  });
  watch.observe(body);
  return { node, show(now, at) { data = now; settings = at; paint(); }, pin(then) { pinned = then; paint(); }, close: () => watch.disconnect() };
}
