// A bar for each number, the value above it.
import { scaleBand, scaleLinear } from "d3-scale";
import { extent, fixed, plain, textWidth } from "../dom.js";
import { axes, canvas, diverged } from "./frame.js";

export function bars(host, draw) {
  const plot = canvas(host);
  return (data, width, height) => {
    const values = Array.from(data[draw.y]), [lo, hi] = draw.ylim ?? extent([0, ...values]);
    const area = [42, 26, width - 8, height - 40], [left, top, right, bottom] = area;
    const X = scaleBand(draw.labels.map((t, k) => k), [left, right]).padding(0.25), Y = scaleLinear([lo, hi], [bottom, top]).clamp(true);
    const svg = plot.clear(width, height, `Bars: ${draw.labels.map((t, k) => `${plain(t)} ${fixed(values[k], draw.digits)}`).join(", ")}.`);
    axes(svg, X, Y, area, { xlabel: draw.xlabel, ylabel: draw.ylabel, ytop: 14, xticks: a => a.tickFormat(k => plain(draw.labels[k])) });
    const one = draw.at ? data[draw.at][0] : NaN;
    const room = X.step() > Math.max(...values.map(v => textWidth(fixed(v, draw.digits), 11)));
    values.forEach((v, k) => {
      if (!Number.isFinite(v)) return;
      svg.append("rect").attr("class", k === one ? "ux-f1" : "ux-f0").attr("x", X(k)).attr("width", X.bandwidth())
        .attr("y", Math.min(Y(v), Y(0))).attr("height", Math.abs(Y(v) - Y(0)));
      if (room || k === one) svg.append("text").attr("class", "ux-value").attr("x", X(k) + X.bandwidth() / 2).attr("text-anchor", "middle")
        .attr("y", v < 0 ? Y(v) + 12 : Y(v) - 4).text(fixed(v, draw.digits));
    });
    if (!values.every(Number.isFinite)) diverged(svg, (left + right) / 2, top + 12);
  };
}
