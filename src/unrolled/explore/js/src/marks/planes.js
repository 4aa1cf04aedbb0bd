// The plane: a shaded function with its boundary, or lines with their firing sides; data points over either.
import { contours } from "d3-contour";
import { scaleLinear } from "d3-scale";
import { extent, number, plain, textWidth } from "../dom.js";
import { draggable } from "./drag.js";
import { axes, canvas, diverged, key, keyRows, points } from "./frame.js";

const shade = p => `color-mix(in oklab, var(--ux-high) ${(100 * p).toFixed(1)}%, var(--ux-low))`;

// The box of a plane, its axes, and above it the name of the vertical axis and a key, in rows of its own where both do not fit.
export function frame(svg, draw, width, height, { names = draw.classes, swatch, square = false } = {}) {
  const side = Math.min(width, height), x0 = Math.round((width - side) / 2), room = Math.min(width - 10, side + 60);
  const beside = names.reduce((sum, t) => sum + textWidth(t) + 36, 0) <= side - 10 - textWidth(draw.ylabel);
  const rows = beside ? [names.map((_, c) => c)] : keyRows(names, room - 12), lift = beside ? 0 : 17 * rows.length;
  let [left, top, right, bottom] = [x0 + 36, 26 + lift, x0 + side - 10, side - 40];
  if (square) { const less = (right - left) - (bottom - top); left += less / 2; right -= less / 2; }
  const area = [left, top, right, bottom], X = scaleLinear(draw.xlim, [left, right]), Y = scaleLinear(draw.ylim, [bottom, top]);
  return { X, Y, area, finish() {                                 // over the shading
    axes(svg, X, Y, area, { xlabel: draw.xlabel, ylabel: draw.ylabel, ytop: 12, xticks: a => a.ticks(5) });
    key(svg, names, rows, beside ? right : Math.min(width - 4, x0 + (side + room) / 2), 14, swatch);
  } };
}

// Shaded steps between contours, as paths; kept, since a step of a player changes them seldom.
export function terrain() {
  let seen = null, bands = [];
  return (z, [rows, cols], [left, top, right, bottom], levels, size) => {
    const same = seen && seen.size === size && z.every((v, i) => v === seen.z[i]);
    if (same) return bands;
    const place = (v, n) => Math.min(Math.max(v - 0.5, 0), n - 1) / (n - 1);
    const point = ([u, v]) => `${(left + (right - left) * place(u, cols)).toFixed(1)},${(bottom - (bottom - top) * place(v, rows)).toFixed(1)}`;
    const edge = (a, b, k, n) => Math.max(a[k], b[k]) <= 0.5 || Math.min(a[k], b[k]) >= n - 0.5;      // contours close along the border; the boundary is not there
    const open = ring => ring.map((p, i) => (i && !edge(p, ring[i - 1], 0, cols) && !edge(p, ring[i - 1], 1, rows) ? "L" : "M") + point(p)).join("");
    const make = contours().size([cols, rows]).smooth(true), flat = Array.from(z);
    bands = levels.map(level => {
      const rings = make.contour(flat, level).coordinates.flat();
      return { area: rings.map(r => `M${r.map(point).join("L")}Z`).join(""), line: rings.map(open).join("") };
    });
    seen = { z: Float64Array.from(z), size };
    return bands;
  };
}

export function surface(host, draw, move) {
  const plot = canvas(host), shaded = terrain(), bounded = terrain(), handle = draggable(plot, draw, move);
  return (data, width, height, pinned, settings) => {
    const z = data[draw.z], [z0, z1] = draw.zlim ?? extent(z), size = `${width} ${height} ${z0} ${z1}`;
    const svg = plot.clear(width, height, `${plain(draw.title || "A function")} shaded over ${plain(draw.xlabel)} and ${plain(draw.ylabel)}`
      + (draw.level === null ? "." : `, with the boundary where it is ${number(draw.level)}.`));
    const { X, Y, area, finish } = frame(svg, draw, width, height), [left, top, right, bottom] = area;
    if (z.every(Number.isFinite)) {
      const steps = Array.from({ length: 10 }, (_, k) => z0 + (z1 - z0) * k / 10);
      shaded(z.map(v => Math.min(Math.max(v, z0), z1)), draw.shape, area, steps, size)
        .forEach(({ area: d }, k) => svg.append("path").attr("fill-rule", "evenodd").style("fill", shade((k + 0.5) / 10)).attr("d", d));
      if (draw.level !== null) svg.append("path").attr("class", "ux-boundary").attr("d", bounded(z, draw.shape, area, [draw.level], size)[0].line);
    } else diverged(svg, (left + right) / 2, (top + bottom) / 2);
    finish();
    if (draw.points.length) points(svg, X, Y, ...draw.points.map(name => data[name]));
    handle(X, Y, settings);
  };
}

// The part of the rectangle where w1 x + w2 y + b >= 0, as corners, and the line itself where it crosses.
function half([x0, x1], [y0, y1], w1, w2, b) {
  const corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], f = ([x, y]) => w1 * x + w2 * y + b, side = [], line = [];
  corners.forEach((p, k) => {
    const q = corners[(k + 1) % 4], fp = f(p), fq = f(q);
    if (fp >= 0) side.push(p);
    if (fp === 0) line.push(p);
    if (fp * fq < 0) { const t = fp / (fp - fq), r = [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]; side.push(r); line.push(r); }
  });
  return { side, line };
}

const equation = (w1, w2, b) => `${number(w1)} x₁ + ${number(w2)} x₂ + ${number(b)} = 0`.replaceAll("+ \u2212", "\u2212 ");

export function plane(host, draw, move) {
  const plot = canvas(host), handle = draggable(plot, draw, move);
  return (data, width, height, pinned, settings) => {
    const all = draw.line ? Array.from(data[draw.line]) : [], rows = all.map((v, k) => all.slice(3 * k, 3 * k + 3)).filter(r => r.length);
    const [xy, classes] = draw.points.map(name => data[name]), wrong = draw.wrong ? data[draw.wrong] : [], at = draw.at ? data[draw.at][0] : NaN;
    const missed = Array.from(wrong).filter(v => v).length, drawn = rows.filter(([w1, w2]) => w1 || w2);
    const svg = plot.clear(width, height, `${classes.length} points in the plane. ${drawn.length ? `Decision line ${drawn.map(r => equation(...r)).join("; ")}.` : "No decision line."}`
      + (draw.wrong ? ` ${missed} misclassified.` : ""));
    const { X, Y, area: [left, top, right, bottom], finish } = frame(svg, draw, width, height);
    const path = corners => corners.map(([x, y]) => `${X(x).toFixed(1)},${Y(y).toFixed(1)}`).join("L");
    for (const [w1, w2, b] of rows) {
      if (![w1, w2, b].every(Number.isFinite)) { diverged(svg, (left + right) / 2, top + 14); continue; }
      const { side, line } = half(draw.xlim, draw.ylim, w1, w2, b);
      if (side.length > 2) svg.append("path").attr("class", "ux-fires").attr("d", `M${path(side)}Z`);
      if (line.length > 1 && (w1 || w2)) svg.append("path").attr("class", "ux-boundary").attr("d", `M${path(line)}`);
    }
    finish();
    const radius = points(svg, X, Y, xy, classes), mark = k => svg.append("path").attr("transform", `translate(${X(xy[2 * k]).toFixed(1)},${Y(xy[2 * k + 1]).toFixed(1)})`);
    if (Number.isFinite(at) && at < classes.length) mark(at).attr("class", "ux-ring").attr("d", `M${radius + 5},0a${radius + 5},${radius + 5} 0 1 0 0,0.01z`);
    handle(X, Y, settings);
    Array.from(wrong, (v, k) => v && mark(k).attr("class", "ux-cross").attr("d", `M${-radius - 2},${-radius - 2}l${2 * radius + 4},${2 * radius + 4}m0,${-2 * radius - 4}l${-2 * radius - 4},${2 * radius + 4}`));
  };
}
