// A small network: edges as wide as their weights, units shaded by their activations.
import { fixed, plain, svgText, textWidth } from "../dom.js";
import { canvas } from "./frame.js";

export function network(host, draw) {
  const plot = canvas(host), { sizes, digits, labels } = draw, edges = draw.weights.reduce((n, _, k) => n + sizes[k] * sizes[k + 1], 0);
  const name = (k, i) => plain(labels[k]?.[i] ?? `unit ${i + 1} of layer ${k + 1}`);
  return (data, width, height) => {
    const values = sizes.map((_, k) => (draw.units[k] ? data[draw.units[k]] : null)), weights = draw.weights.map(w => data[w]);
    const told = values.map((v, k) => v && Array.from(v, (u, i) => `${name(k, i)} ${fixed(u, digits)}`).join(", ")).filter(Boolean);
    const strong = edges > 24 ? [] : weights.map((w, k) => Array.from(w, (v, e) => `${name(k, Math.floor(e / sizes[k + 1]))} to ${name(k + 1, e % sizes[k + 1])} ${fixed(v, digits)}`).join(", "));
    const svg = plot.clear(width, height, `A network with layers of ${sizes.join(", ")} units.${told.length ? ` Units: ${told.join("; ")}.` : ""}${strong.length ? ` Weights: ${strong.join("; ")}.` : ""}`);
    const beside = k => (k === 0 || k === sizes.length - 1) && labels[k]?.length ? Math.min(width * 0.25, Math.max(...labels[k].map(t => textWidth(t))) + 8) : 0;
    const top = draw.layers.length ? 24 : 4, gap = (height - top - 4) / Math.max(...sizes), under = labels.some((t, k) => k && k < sizes.length - 1 && t.length);
    const r = Math.min(19, gap * (under ? 0.3 : 0.42), width / sizes.length / 3.2), left = beside(0) + r + 3, right = width - beside(sizes.length - 1) - r - 3;
    const X = k => left + (right - left) * k / (sizes.length - 1), Y = (k, i) => top + (height - top - 4) / 2 + gap * (i - (sizes[k] - 1) / 2) - (under ? 5 : 0);
    const at = draw.at ? data[draw.at][0] : NaN, wlim = draw.wlim ?? Math.max(1e-12, ...weights.flatMap(w => Array.from(w, v => Math.abs(v) || 0)));
    const numbered = edges <= 12 && (right - left) / (sizes.length - 1) > 2 * r + 70;
    weights.forEach((w, k) => w.forEach((v, e) => {
      if (!Number.isFinite(v)) return;
      const i = Math.floor(e / sizes[k + 1]), j = e % sizes[k + 1], [x0, y0, x1, y1] = [X(k), Y(k, i), X(k + 1), Y(k + 1, j)];
      svg.append("path").attr("class", `ux-edge ${v < 0 ? "ux-c1 ux-minus" : "ux-c0"}`).attr("d", `M${x0.toFixed(1)},${y0.toFixed(1)}L${x1.toFixed(1)},${y1.toFixed(1)}`)
        .style("stroke-width", (0.4 + 6 * Math.min(1, Math.abs(v) / wlim)).toFixed(2));
    }));
    const taken = [];
    if (numbered) weights.forEach((w, k) => w.forEach((v, e) => {            // over all edges, each where it hides no other
      const i = Math.floor(e / sizes[k + 1]), j = e % sizes[k + 1];
      const places = [0.36, 0.3, 0.42, 0.24, 0.5, 0.6, 0.68, 0.76].map(t => [X(k) + t * (X(k + 1) - X(k)), Y(k, i) + t * (Y(k + 1, j) - Y(k, i))]);
      const [x, y] = places.find(([x, y]) => taken.every(([a, b]) => Math.abs(a - x) > 36 || Math.abs(b - y) > 13)) ?? places[0];
      taken.push([x, y]);
      svg.append("text").attr("class", "ux-weight").attr("text-anchor", "middle").attr("x", x).attr("y", y + 4).text(fixed(v, digits));
    }));
    const [z0, z1] = draw.zlim ?? [Math.min(0, ...values.flatMap(v => (v ? [...v] : []))), Math.max(1e-12, ...values.flatMap(v => (v ? [...v] : [])))];
    const signs = z0 < 0 && z1 > 0, most = Math.max(-z0, z1);
    sizes.forEach((n, k) => {
      const above = draw.layers[k], g = svg.append("g").attr("class", k === at ? "ux-layer ux-lit" : "ux-layer");
      if (above) svgText(g.append("text").attr("class", "ux-label").attr("x", X(k)).attr("y", 14).attr("text-anchor", k === 0 ? "start" : k === sizes.length - 1 ? "end" : "middle")
        .attr("dx", k === 0 ? -r : k === sizes.length - 1 ? r : 0), above);
      for (let i = 0; i < n; i++) {
        const v = values[k]?.[i], p = Number.isFinite(v) ? Math.min(1, signs ? Math.abs(v) / most : Math.max(0, (v - z0) / (z1 - z0))) : 0, x = X(k), y = Y(k, i);
        g.append("circle").attr("class", "ux-unit").attr("cx", x).attr("cy", y).attr("r", r)
          .style("fill", `color-mix(in oklab, var(--ux-${signs && v < 0 ? "cold" : "heat"}) ${(100 * p).toFixed(1)}%, var(--ux-paper))`);
        const words = values[k] ? fixed(v, digits) : "";
        if (words && textWidth(words, 11) < 2 * r) g.append("text").attr("class", "ux-value").attr("x", x).attr("y", y + 4).attr("text-anchor", "middle").text(words);
        const label = labels[k]?.[i];
        if (!label) continue;
        const [dx, dy, anchor] = k === 0 ? [-r - 6, 4, "end"] : k === sizes.length - 1 ? [r + 6, 4, "start"] : [0, r + 13, "middle"];
        svgText(g.append("text").attr("class", "ux-label").attr("x", x + dx).attr("y", y + dy).attr("text-anchor", anchor), label);
      }
    });
  };
}
