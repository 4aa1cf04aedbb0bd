// Curves with their names at their ends; a cursor, moved by pointer or keyboard, reads their values.
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { extent, html, number, plain, power, svgText, textWidth } from "../dom.js";
import { apart, axes, canvas, diverged } from "./frame.js";

export function lines(host, draw) {
  const plot = canvas(host), several = draw.y.length > 1;
  const reader = html("input", { type: "range", className: "ux-reader", min: 0, step: 1, value: 0, ariaLabel: `Read values along ${plain(draw.xlabel)}` });
  host.append(reader);
  let last = null, hover = null;                                 // what was drawn, and the index under the pointer
  const cursor = () => hover ?? (document.activeElement === reader ? +reader.value : null);
  const words = i => [`${plain(draw.xlabel)} ${number(last.x[i])}`, ...draw.y.map((name, k) => `${plain(draw.labels[k])} ${number(last.data[name][i])}`)].join(", ");
  const speak = () => { if (last) reader.setAttribute("aria-valuetext", words(+reader.value)); };
  reader.addEventListener("input", () => { speak(); read(); });
  reader.addEventListener("focus", () => { speak(); read(); });
  reader.addEventListener("blur", () => read());
  plot.node.addEventListener("pointermove", e => {
    if (!last) return;
    const at = last.X.invert(e.clientX - plot.node.getBoundingClientRect().left), d = i => Math.abs(last.x[i] - at);
    hover = 0;
    for (let i = 1; i < last.x.length; i++) if (d(i) < d(hover)) hover = i;
    read();
  });
  plot.node.addEventListener("pointerleave", () => { hover = null; read(); });

  function read() {                                              // the cursor: a line, a dot on each curve, the values beside them
    plot.svg.selectAll(".ux-cursor").remove();
    const i = cursor();
    if (i === null || !last || i >= last.x.length) return;
    const { X, Y, x, data, area: [left, top, right, bottom] } = last, g = plot.svg.append("g").attr("class", "ux-cursor"), px = X(x[i]);
    g.append("path").attr("d", `M${px} ${top}V${bottom}`);
    const shown = draw.y.map((name, k) => ({ k, v: data[name][i] })).filter(s => Number.isFinite(s.v));
    const flip = px > (left + right) / 2, places = apart(shown.map(s => Y(s.v)), 15, top, bottom - 4);
    shown.forEach(({ k, v }, j) => {
      g.append("circle").attr("class", `ux-f${k}`).attr("cx", px).attr("cy", Y(v)).attr("r", 3.5);
      g.append("text").attr("class", `ux-f${k}`).attr("x", px + (flip ? -8 : 8)).attr("y", places[j] + 4).attr("text-anchor", flip ? "end" : "start").text(number(v));
    });
    g.append("text").attr("x", px).attr("y", bottom + 17).attr("text-anchor", "middle").text(number(x[i]));
  }

  return (data, width, height) => {
    const x = data[draw.x], log = draw.log, seen = draw.y.flatMap(name => Array.from(data[name]));
    const ylim = draw.ylim ?? extent([...seen, ...draw.rules.map(r => r[1])], log);
    const names = several ? Math.min(Math.max(...draw.labels.map(t => textWidth(t))) + 10, width * 0.36) : 8;
    const area = [log ? 46 : 42, 26, width - Math.max(names, 14), height - 40], [left, top, right, bottom] = area;
    const X = (draw.xlog ? scaleLog() : scaleLinear()).domain([x[0], x[x.length - 1]]).range([left, right]);
    const Y = (log ? scaleLog() : scaleLinear()).clamp(true).domain(ylim).range([bottom, top]);
    const svg = plot.clear(width, height, `Chart of ${draw.labels.map(plain).join(", ")} against ${plain(draw.xlabel)}.`);
    axes(svg, X, Y, area, { xlabel: draw.xlabel, ylabel: draw.ylabel, ytop: 12,
      xticks: draw.xlog ? a => a.ticks(4, power) : undefined, yticks: a => (log ? a.ticks(4, power) : a.ticks(5)) });
    for (const [text, y] of draw.rules) {
      svg.append("path").attr("class", "ux-rule").attr("d", `M${left} ${Y(y)}H${right}`);
      svgText(svg.append("text").attr("class", "ux-rule-label").attr("x", right - 2).attr("y", Y(y) - 4).attr("text-anchor", "end"), text);
    }
    const now = draw.at ? data[draw.at][0] : NaN;
    if (Number.isFinite(now)) svg.append("path").attr("class", "ux-now").attr("d", `M${X(now)} ${top}V${bottom}`);
    const path = line().defined(p => Number.isFinite(p[1])).x(p => X(p[0])).y(p => Y(log ? Math.max(p[1], 1e-300) : p[1]));
    const ends = draw.y.map(name => Array.from(x, (v, i) => [v, data[name][i]]).filter(p => Number.isFinite(p[1])).at(-1));
    draw.y.forEach((name, k) => {
      svg.append("path").attr("class", `ux-line ux-s${k}`).attr("d", path(Array.from(x, (v, i) => [v, data[name][i]])));
      if (Number.isFinite(now) && ends[k]) {
        let i = 0;
        for (let j = 1; j < x.length; j++) if (Math.abs(x[j] - now) < Math.abs(x[i] - now)) i = j;
        if (Number.isFinite(data[name][i])) svg.append("circle").attr("class", `ux-f${k}`).attr("cx", X(x[i])).attr("cy", Y(data[name][i])).attr("r", 3.5);
      }
    });
    if (several) {
      const places = apart(ends.map(p => (p ? Y(log ? Math.max(p[1], 1e-300) : p[1]) : bottom)), 15, top + 4, bottom - 2);
      draw.labels.forEach((text, k) => svgText(svg.append("text").attr("class", `ux-name ux-f${k}`).attr("x", right + 6).attr("y", places[k] + 4), text));
    }
    const stop = Array.from(x).findIndex((_, i) => draw.y.some(name => !Number.isFinite(data[name][i])));
    if (stop >= 0) diverged(svg, Math.min(X(x[stop]) + 4, right - 54), top + 12, "start");
    reader.max = x.length - 1;
    last = { X, Y, x, data, area };
    if (document.activeElement === reader) speak();
    read();
  };
}
