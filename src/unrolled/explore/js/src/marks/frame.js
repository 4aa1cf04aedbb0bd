// What the drawn marks share: an <svg> with a name, a pair of axes, data points.
import { select } from "d3-selection";
import { axisBottom, axisLeft } from "d3-axis";
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";
import { html, svgText, textWidth } from "../dom.js";

export function canvas(host) {
  const node = html("div", { className: "ux-plot", role: "img" }), svg = select(node).append("svg").attr("aria-hidden", "true");
  host.append(node);
  return { node, svg, clear(width, height, name) {
    svg.selectAll("*").remove();
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
    node.ariaLabel = name;
    return svg;
  } };
}

// Axes at the left and bottom of `area` = [left, top, right, bottom]; the vertical axis's name stands above it.
export function axes(svg, X, Y, [left, top, right, bottom], { xlabel, ylabel, xticks, yticks = a => a.ticks(5), ytop = 6 }) {
  const few = Math.max(3, Math.floor((right - left) / 70));
  const at = (name, x, y) => svg.append("g").attr("class", `ux-axis ux-axis-${name}`).attr("transform", `translate(${x},${y})`);
  at("x", 0, bottom).call((xticks ?? (a => a.ticks(few)))(axisBottom(X)).tickSize(4).tickSizeOuter(0).tickPadding(4));
  at("y", left, 0).call(yticks(axisLeft(Y)).tickSize(4).tickSizeOuter(0).tickPadding(4));
  svgText(svg.append("text").attr("class", "ux-label").attr("x", right).attr("y", bottom + 34).attr("text-anchor", "end"), xlabel);
  svgText(svg.append("text").attr("class", "ux-label").attr("x", Math.max(2, left - 34)).attr("y", top - ytop), ylabel);
}

// Labels that would overlap move apart, within [lo, hi].
export function apart(places, gap, lo, hi) {
  const order = places.map((y, k) => k).sort((a, b) => places[a] - places[b]), free = places.slice();
  order.forEach((k, i) => { free[k] = Math.max(free[k], i ? free[order[i - 1]] + gap : lo); });
  for (let i = order.length - 1, most = hi; i >= 0; i--) { free[order[i]] = Math.min(free[order[i]], most); most = free[order[i]] - gap; }
  return free;
}

const SHAPES = [symbolSquare, symbolCircle, symbolTriangle, symbolDiamond].map(s => size => symbol(s, size)());
const shape = (svg, c, x, y, size) =>
  svg.append("path").attr("class", `ux-point ux-f${c % 4}`).attr("d", SHAPES[c % 4](size)).attr("transform", `translate(${x.toFixed(1)},${y.toFixed(1)})`);

// Points of several classes: a shape and a colour for each; `size` in square pixels, smaller where there are many.
export function points(svg, X, Y, xy, classes) {
  const size = classes.length > 60 ? 34 : classes.length > 12 ? 52 : 130;
  Array.from(classes, (c, k) => Number.isFinite(c) && shape(svg, c, X(xy[2 * k]), Y(xy[2 * k + 1]), size));
  return Math.sqrt(size / Math.PI);
}

// The rows of a key that has `room` pixels, each a list of indices.
export function keyRows(names, room) {
  const rows = [[]];
  let used = 0;
  names.forEach((name, c) => {
    const size = textWidth(name) + 34;
    if (used && used + size > room) { rows.push([]); used = 0; }
    rows.at(-1).push(c);
    used += size;
  });
  return names.length ? rows : [];
}

export const dash = (svg, c, x, y) => svg.append("path").attr("class", `ux-line ux-s${c}`).attr("d", `M${x - 8},${y}h17`);
const dot = (svg, c, x, y) => shape(svg, c, x, y, 52);

// A key, its rows right-aligned, the first on the line `y`.
export function key(svg, names, rows, right, y, swatch = dot) {
  rows.forEach((row, i) => {
    let x = right;
    for (const c of row.toReversed()) {
      x -= textWidth(names[c]);
      svgText(svg.append("text").attr("class", "ux-label ux-key").attr("x", x).attr("y", y + 17 * i), names[c]);
      swatch(svg, c, x - (swatch === dot ? 9 : 14), y + 17 * i - 4);
      x -= swatch === dot ? 30 : 36;
    }
  });
}

// A group that draws inside `area` only; one for each drawing.
let clips = 0;
export function clip(svg, [left, top, right, bottom]) {
  const id = svg.node().dataset.clip ??= `ux-clip-${++clips}`;
  svg.append("clipPath").attr("id", id).append("rect").attr("x", left).attr("y", top).attr("width", Math.max(0, right - left)).attr("height", Math.max(0, bottom - top));
  return svg.append("g").attr("clip-path", `url(#${id})`);
}

export const diverged = (svg, x, y, anchor = "middle") =>
  svg.append("text").attr("class", "ux-diverged").attr("x", x).attr("y", y).attr("text-anchor", anchor).text("diverged");
