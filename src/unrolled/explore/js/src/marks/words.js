// Words, shaded by numbers: real text, each number after its word, seen or only read out.
import { extent, fixed, hidden, html } from "../dom.js";

export function words(host, draw) {
  const box = html("div", { className: "ux-words" });
  host.append(box);
  let shown = null, items = [];
  return data => {
    const which = draw.which ? data[draw.which][0] : 0, text = draw.texts[which];
    if (which !== shown) {
      shown = which;
      items = (text ?? []).map(word => ({ word: html("span", { className: "ux-word" }, word.trim()), value: draw.digits === null ? hidden("") : html("span", { className: "ux-word-value" }), ends: word.endsWith("\n") }));
      box.replaceChildren(...items.flatMap(({ word, value, ends }, k) => [html("span", { className: "ux-token" }, word, value), ends && k + 1 < items.length ? html("br") : " "]));
    }
    const z = draw.z ? data[draw.z] : [], [z0, z1] = draw.zlim ?? extent([0, ...z]), at = draw.at ? data[draw.at][0] : NaN;
    items.forEach(({ word, value }, k) => {
      const v = z[k], p = Number.isFinite(v) ? Math.min(1, Math.max(0, (v - z0) / (z1 - z0))) : 0;
      word.style.setProperty("--ux-p", `${(100 * p).toFixed(1)}%`);
      word.classList.toggle("ux-here", k === at);
      word.ariaCurrent = k === at ? "true" : null;
      const text = !Number.isFinite(v) ? "" : draw.digits !== null ? fixed(v, draw.digits) : p >= 0.2 ? ` (${fixed(v, 2)})` : "";
      if (value.textContent !== text) value.textContent = text;
    });
  };
}
