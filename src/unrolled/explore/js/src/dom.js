// Elements, text with symbols, and numbers as text.
export const html = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};
export const hidden = text => html("span", { className: "ux-hidden", textContent: text });

// "$x₁$ in metres" -> letters between dollar signs in italics. `piece` makes an element of the caller's kind.
const pieces = text => String(text).split("$").flatMap((part, k) =>
  part === "" ? [] : k % 2 ? part.match(/\p{L}+|\P{L}+/gu).map(t => [t, /\p{L}/u.test(t)]) : [[part, false]]);
export const rich = text => pieces(text).map(([t, symbol]) => (symbol ? html("i", { textContent: t }) : t));
export const plain = text => String(text).replaceAll("$", "");
export const svgText = (text, words) => {
  for (const [t, symbol] of pieces(words)) text.append("tspan").attr("class", symbol ? "ux-symbol" : null).text(t);
  return text;
};

const minus = text => text.replace(/^-(?=[0.]*$)/, "").replaceAll("-", "\u2212");
const above = text => text.replace(/[-\d]/g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
export const fixed = (v, digits) => (Number.isFinite(v) ? minus(v.toFixed(digits)) : "–");
export const number = v => {
  const a = Math.abs(v);
  if (!Number.isFinite(v)) return "diverged";
  if (Number.isInteger(v) && a < 1e6) return minus(String(v));
  if (a !== 0 && (a < 1e-3 || a >= 1e5)) {
    const [mantissa, exponent] = v.toExponential(2).split("e");
    return minus(`${+mantissa}`) + ` × 10${above(exponent.replace("+", ""))}`;
  }
  return minus(String(+v.toPrecision(3)));
};
export const power = v => (v >= 1e-3 && v < 1e5 ? number(v) : `10${above(String(Math.round(Math.log10(v))))}`);
export const textWidth = (text, size = 12) => {
  textWidth.context ??= document.createElement("canvas").getContext("2d");
  textWidth.context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  return textWidth.context.measureText(plain(text)).width;
};

// The smallest and largest finite value; widened if they are one.
export function extent(values, log = false) {
  let lo = Infinity, hi = -Infinity;
  for (const v of values) if (Number.isFinite(v) && (!log || v > 0)) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
  if (lo > hi) return [0.1, 1];
  return lo < hi ? [lo, hi] : [lo - 0.1 * Math.abs(lo || 1), lo + 0.1 * Math.abs(lo || 1)];
}
