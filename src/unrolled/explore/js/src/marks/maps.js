// Contours with paths over them, arrows, and what a 2×2 matrix does to the plane.
import { number, plain } from "../dom.js";
import { draggable } from "./drag.js";
import { canvas, clip, dash, diverged, points } from "./frame.js";
import { frame, terrain } from "./planes.js";

const f = v => Math.min(9999, Math.max(-9999, v)).toFixed(1);
const pair = (x, y) => `(${number(x)}, ${number(y)})`;

function arrow(g, [x0, y0], [x1, y1], className, head = 7) {
  const dx = x1 - x0, dy = y1 - y0, n = Math.hypot(dx, dy);
  if (!Number.isFinite(n)) return;
  if (n < 1.5) { g.append("circle").attr("class", `${className} ux-arrow`).attr("cx", f(x0)).attr("cy", f(y0)).attr("r", 1); return; }
  const h = Math.min(head, n / 2), [ux, uy] = [dx / n * h, dy / n * h], side = s => `${f(x1 - ux - s * uy / 2)},${f(y1 - uy + s * ux / 2)}`;
  g.append("path").attr("class", `${className} ux-arrow`).attr("d", `M${f(x0)},${f(y0)}L${f(x1)},${f(y1)}M${side(1)}L${f(x1)},${f(y1)}L${side(-1)}`);
}

export function landscape(host, draw, move) {
  const plot = canvas(host), handle = draggable(plot, draw, move), ground = terrain(), what = plain(draw.title || (draw.uv ? "Arrows" : "A function"));
  return (data, width, height, pinned, settings) => {
    const paths = draw.paths.map(name => {
      const v = data[name], all = Array.from({ length: v.length / 2 }, (_, i) => [v[2 * i], v[2 * i + 1]]), stop = all.findIndex(p => p.some(Number.isNaN));
      return stop < 0 ? all : all.slice(0, stop);
    });
    const at = draw.at ? data[draw.at][0] : NaN, end = p => Math.min(p.length - 1, Number.isFinite(at) ? Math.round(at) : Infinity);
    const told = paths.map((p, k) => {
      const name = draw.labels[k] ? `${plain(draw.labels[k])}` : "The path";
      return p.length ? ` ${name} from ${pair(...p[0])}, after ${end(p)} steps at ${pair(...p[end(p)])}.` : ` ${name} diverged.`;
    });
    const svg = plot.clear(width, height, `${what} over ${plain(draw.xlabel)} and ${plain(draw.ylabel)}, ${draw.uv ? `${data[draw.uv].length / 2} arrows` : `${draw.levels.length} contour lines`}.${told.join("")}`);
    const { X, Y, area, finish } = frame(svg, draw, width, height, { names: draw.labels, swatch: dash, square: true }), [left, top, right, bottom] = area;
    const inside = clip(svg, area);
    if (draw.z) {
      const z = data[draw.z];
      if (z.every(Number.isFinite)) ground(z, draw.shape, area, draw.levels, `${width} ${height}`).forEach((b, k, all) => {
        inside.append("path").attr("fill-rule", "evenodd").style("fill", `color-mix(in oklab, var(--ux-low) ${Math.round(100 * (k + 1) / all.length)}%, var(--ux-paper))`).attr("d", b.area);
        inside.append("path").attr("class", "ux-contour").attr("d", b.line);
      }); else diverged(svg, (left + right) / 2, (top + bottom) / 2);
    }
    if (draw.uv) {
      const xy = data[draw.xy], uv = data[draw.uv], n = uv.length / 2;
      let most = draw.longest ?? 0;
      if (!most) for (let i = 0; i < n; i++) most = Math.max(most, Math.hypot(uv[2 * i], uv[2 * i + 1]) || 0);
      const scale = 0.92 * Math.sqrt((right - left) * (bottom - top) / n) / (most || 1);
      for (let i = 0; i < n; i++) {
        const p = [X(xy[2 * i]), Y(xy[2 * i + 1])];
        arrow(inside, p, [p[0] + scale * uv[2 * i], p[1] - scale * uv[2 * i + 1]], "ux-flow", 6);
      }
    }
    finish();
    paths.forEach((p, k) => {
      if (!p.length) return diverged(svg, (left + right) / 2, top + 14 + 15 * k);
      const to = end(p), d = some => `M${some.map(q => `${f(X(q[0]))},${f(Y(q[1]))}`).join("L")}`;
      if (to < p.length - 1) inside.append("path").attr("class", `ux-line ux-pin ux-s${k}`).attr("d", d(p.slice(to)));
      inside.append("path").attr("class", `ux-line ux-path ux-s${k}`).attr("d", d(p.slice(0, to + 1)));
      if (to < 60) p.slice(0, to).forEach(q => inside.append("circle").attr("class", `ux-f${k}`).attr("cx", f(X(q[0]))).attr("cy", f(Y(q[1]))).attr("r", 1.8));
      inside.append("circle").attr("class", `ux-point ux-here ux-f${k}`).attr("cx", f(X(p[to][0]))).attr("cy", f(Y(p[to][1]))).attr("r", 5);
      if (p.length < data[draw.paths[k]].length / 2 && to === p.length - 1) diverged(svg, (left + right) / 2, top + 14 + 15 * k);
    });
    handle(X, Y, settings);
  };
}

export function map(host, draw) {
  const plot = canvas(host);
  return (data, width, height) => {
    const [a, b, c, d] = data[draw.a], to = (x, y) => [a * x + b * y, c * x + d * y], det = a * d - b * c, known = [a, b, c, d].every(Number.isFinite);
    const svg = plot.clear(width, height, known ? `The plane under a matrix: (1, 0) goes to ${pair(a, c)}, (0, 1) to ${pair(b, d)}; areas are multiplied by ${number(+det.toPrecision(6))}.` : "The matrix diverged.");
    const { X, Y, area, finish } = frame(svg, draw, width, height, { square: true }), [left, top, right, bottom] = area, inside = clip(svg, area);
    if (!known) { diverged(svg, (left + right) / 2, (top + bottom) / 2); return finish(); }
    const px = (x, y) => { const [u, v] = to(x, y); return [X(u), Y(v)]; }, at = (x, y) => px(x, y).map(f).join(",");
    const whole = ([lo, hi]) => Array.from({ length: Math.floor(hi) - Math.ceil(lo) + 1 }, (_, k) => Math.ceil(lo) + k);
    const xs = whole(draw.xlim), ys = whole(draw.ylim), [x0, x1, y0, y1] = [xs[0], xs.at(-1), ys[0], ys.at(-1)];
    inside.append("path").attr("class", "ux-before").attr("d", xs.map(x => `M${f(X(x))},${f(top)}V${f(bottom)}`).join("") + ys.map(y => `M${f(left)},${f(Y(y))}H${f(right)}`).join(""));
    inside.append("path").attr("class", "ux-after").attr("d", xs.map(x => `M${at(x, y0)}L${at(x, y1)}`).join("") + ys.map(y => `M${at(x0, y)}L${at(x1, y)}`).join(""));
    inside.append("path").attr("class", `ux-square ${det < 0 ? "ux-f3" : "ux-f2"}`).attr("d", `M${at(0, 0)}L${at(1, 0)}L${at(1, 1)}L${at(0, 1)}Z`);
    finish();
    arrow(inside, px(0, 0), px(1, 0), "ux-c0 ux-unit", 10);
    arrow(inside, px(0, 0), px(0, 1), "ux-c1 ux-unit", 10);
    if (draw.points.length) {
      const xy = data[draw.points[0]], moved = Float64Array.from(xy, (v, i) => (i % 2 ? to(xy[i - 1], v)[1] : to(v, xy[i + 1])[0]));
      points(inside, X, Y, moved, data[draw.points[1]]);
    }
  };
}
