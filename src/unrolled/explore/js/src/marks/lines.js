// Curves with their names at their ends; a cursor, moved by pointer or keyboard, reads their values.
import { scaleLinear, scaleLog, scaleSymlog } from "d3-scale";
import { area as ribbon, line } from "d3-shape";
import { extent, html, number, plain, power, svgText, textWidth } from "../dom.js";
import { apart, axes, canvas, clip, diverged, dash, key, keyRows } from "./frame.js";

const FAR = 1e4;                                                 // pixels: a point far outside, where the path goes steeply
const bounded = v => Math.min(FAR, Math.max(-FAR, v));

// Ticks of an axis that is linear near 0: 0, and on both sides the powers of ten that have room.
function symticks(scale, c, room = 16) {
  const [lo, hi] = scale.domain(), side = (most, sign) => {
    const ticks = [];
    for (let k = Math.ceil(Math.log10(c) - 1e-9), last = scale(0); 10 ** k <= most * (1 + 1e-9); k++) {
      const at = scale(sign * 10 ** k);
      if (Math.abs(at - last) >= room) { ticks.push(sign * 10 ** k); last = at; }
    }
    return ticks;
  };
  return [...(lo <= 0 && hi >= 0 ? [0] : []), ...side(hi, 1), ...side(-lo, -1)];
}
const signed = v => (v < 0 ? `\u2212${power(-v)}` : v ? power(v) : "0");

export function lines(host, draw) {
  const plot = canvas(host), several = draw.y.length > 1, { log, symlog } = draw, low = draw.lo ?? [], high = draw.hi ?? [];
  const reader = html("input", { type: "range", className: "ux-reader", min: 0, step: 1, value: 0, ariaLabel: `Read values along ${plain(draw.xlabel)}` });
  host.append(reader);
  let last = null, hover = null;                                 // what was drawn, and the index under the pointer
  const cursor = () => hover ?? (document.activeElement === reader ? +reader.value : null);
  const value = (v, i, k) => number(v) + (low[k] && Number.isFinite(v) ? ` (${number(last.data[low[k]][i])} to ${number(last.data[high[k]][i])})` : "");
  const words = i => [`${plain(draw.xlabel)} ${number(last.x[i])}`, ...draw.y.map((name, k) => `${plain(draw.labels[k])} ${value(last.data[name][i], i, k)}`)].join(", ");
  const speak = () => { if (last) reader.setAttribute("aria-valuetext", words(+reader.value)); };
  reader.addEventListener("input", () => { speak(); read(); });
  reader.addEventListener("focus", () => { speak(); read(); });
  reader.addEventListener("blur", () => read());
  const point = e => {
    if (!last) return;
    const px = e.clientX - plot.node.getBoundingClientRect().left, d = i => Math.abs(last.X(last.x[i]) - px);
    hover = 0;
    for (let i = 1; i < last.x.length; i++) if (d(i) < d(hover)) hover = i;
    read();
  };
  const away = () => { hover = null; read(); };
  plot.node.addEventListener("pointerdown", point);
  plot.node.addEventListener("pointermove", point);
  plot.node.addEventListener("pointerleave", e => {              // a finger that leaves keeps its values until the next touch elsewhere
    if (e.pointerType !== "touch") return away();
    document.addEventListener("pointerdown", other => { if (!plot.node.contains(other.target)) away(); }, { once: true });
  });

  function read() {                                              // the cursor: a line, a dot on each curve, the values beside them
    plot.svg.selectAll(".ux-cursor").remove();
    const i = cursor();
    if (i === null || !last || i >= last.x.length) return;
    const { X, Y, x, data, area: [left, top, right, bottom] } = last, g = plot.svg.append("g").attr("class", "ux-cursor"), px = X(x[i]);
    g.append("path").attr("d", `M${px} ${top}V${bottom}`);
    const shown = draw.y.map((name, k) => ({ k, v: data[name][i] })).filter(s => Number.isFinite(s.v)), y = v => Math.min(bottom, Math.max(top, Y(v)));
    const flip = px > (left + right) / 2, places = apart(shown.map(s => y(s.v)), 15, top, bottom - 4);
    shown.forEach(({ k, v }, j) => {
      if (y(v) === Y(v)) g.append("circle").attr("class", `ux-f${k}`).attr("cx", px).attr("cy", Y(v)).attr("r", 3.5);
      g.append("text").attr("class", `ux-f${k}`).attr("x", px + (flip ? -8 : 8)).attr("y", places[j] + 4).attr("text-anchor", flip ? "end" : "start").text(value(v, i, k));
    });
    g.append("text").attr("x", px).attr("y", bottom + 17).attr("text-anchor", "middle").text(number(x[i]));
  }

  return (data, width, height, pinned) => {
    const x = data[draw.x], curves = [...draw.y, ...low, ...high].filter(Boolean);
    const seen = [data, ...(pinned ? [pinned] : [])].flatMap(d => curves.flatMap(name => Array.from(d[name])));
    const ylim = draw.ylim ?? extent([...seen, ...draw.rules.map(r => r[1])], log);
    const longest = several ? Math.max(...draw.labels.map(t => textWidth(t))) + 10 : 8, beside = longest <= width * 0.36;
    const left = log || symlog ? 46 : 42, right = width - Math.max(beside ? longest : 0, 14), rows = beside ? [] : keyRows(draw.labels, width - 16);
    const area = [left, 26 + 17 * rows.length, right, height - 40], [, top, , bottom] = area;
    const X = (draw.xlog ? scaleLog() : scaleLinear()).domain([x[0], x[x.length - 1]]).range([left, right]);
    const scale = (log ? scaleLog() : symlog ? scaleSymlog().constant(symlog) : scaleLinear()).domain(ylim).range([bottom, top]);
    const Y = v => bounded(scale(log ? Math.max(v, 1e-300) : v));
    const svg = plot.clear(width, height, `Chart of ${draw.labels.map(plain).join(", ")} against ${plain(draw.xlabel)}${low.some(Boolean) ? ", with shaded bands" : ""}.`);
    axes(svg, X, scale, area, { xlabel: draw.xlabel, ylabel: draw.ylabel, ytop: 12,
      xticks: draw.xlog ? a => a.ticks(4, power) : undefined,
      yticks: a => (log ? a.ticks(4, power) : symlog ? a.tickValues(symticks(scale, symlog)).tickFormat(signed) : a.ticks(5)) });
    for (const [text, y] of draw.rules) {
      const py = Math.min(bottom, Math.max(top, Y(y)));
      svg.append("path").attr("class", "ux-rule").attr("d", `M${left} ${py}H${right}`);
      svgText(svg.append("text").attr("class", "ux-rule-label").attr("x", right - 2).attr("y", py - 4).attr("text-anchor", "end"), text);
    }
    const now = draw.at ? data[draw.at][0] : NaN;
    if (Number.isFinite(now)) svg.append("path").attr("class", "ux-now").attr("d", `M${X(now)} ${top}V${bottom}`);
    const inside = clip(svg, [left, top - 1.5, right, bottom + 1.5]);
    const pairs = (d, name) => Array.from(d[draw.x], (v, i) => [v, d[name][i]]), ok = p => !Number.isNaN(p[1]);
    const path = line().defined(ok).x(p => X(p[0])).y(p => Y(p[1]));
    draw.y.forEach((_, k) => {
      if (low[k]) inside.append("path").attr("class", `ux-band ux-f${k}`).attr("d", ribbon().defined(i => !Number.isNaN(data[low[k]][i] + data[high[k]][i]))
        .x(i => X(x[i])).y0(i => Y(data[low[k]][i])).y1(i => Y(data[high[k]][i]))(Array.from(x, (_, i) => i)));
    });
    if (pinned) draw.y.forEach((name, k) => inside.append("path").attr("class", `ux-line ux-pin ux-s${k}`).attr("d", path(pairs(pinned, name))));
    const ends = draw.y.map(name => pairs(data, name).filter(ok).at(-1));
    draw.y.forEach((name, k) => {
      inside.append("path").attr("class", `ux-line ux-s${k}`).attr("d", path(pairs(data, name)));
      if (Number.isFinite(now) && ends[k]) {
        let i = 0;
        for (let j = 1; j < x.length; j++) if (Math.abs(x[j] - now) < Math.abs(x[i] - now)) i = j;
        if (ok([0, data[name][i]])) inside.append("circle").attr("class", `ux-f${k}`).attr("cx", X(x[i])).attr("cy", Y(data[name][i])).attr("r", 3.5);
      }
    });
    if (rows.length) key(svg, draw.labels, rows, width - 8, 14, dash);
    else if (several) {
      const places = apart(ends.map(p => Math.min(bottom, Math.max(top, p ? Y(p[1]) : bottom))), 15, top + 4, bottom - 2);
      draw.labels.forEach((text, k) => svgText(svg.append("text").attr("class", `ux-name ux-f${k}`).attr("x", right + 6).attr("y", places[k] + 4), text));
    }
    const stop = Array.from(x).findIndex((_, i) => draw.y.some(name => Number.isNaN(data[name][i])));
    if (stop >= 0) diverged(svg, Math.min(X(x[stop]) + 4, right - 54), top + 12, "start");
    reader.max = x.length - 1;
    last = { X, Y, x, data, area };
    if (document.activeElement === reader) speak();
    read();
  };
}
