// Real form controls: a labelled range, select or player for each entry of spec.controls.
// Each has its node, set(value), fine() for a kernel's finer steps, and, a player, stop().
import { nearest } from "./data.js";
import { html, number, plain, rich } from "./dom.js";

let ids = 0;

function choice(c, onChange) {
  const id = `ux-${++ids}`;
  const input = html("select", { id }, ...c.grid.map((g, k) => new Option(plain(g), k)));
  input.addEventListener("change", () => onChange(c.grid[input.value]));
  return { nodes: [label(c, id), input], words: plain, set: v => { input.value = c.grid.indexOf(v); }, fine() {} };
}

const label = (c, id) => html("label", { className: "ux-name", htmlFor: id }, ...rich(c.label));

function slider(c, onChange) {
  const id = `ux-${++ids}`, n = c.grid.length, lo = c.grid[0], hi = c.grid[n - 1];
  const value = t => c.kind === "log" ? lo * (hi / lo) ** t : lo + (hi - lo) * t;
  const place = v => c.kind === "log" ? Math.log(v / lo) / Math.log(hi / lo) : (v - lo) / (hi - lo);
  const words = v => `${number(v)}${c.kind === "player" ? ` of ${number(hi)}` : ""}${c.unit && ` ${c.unit}`}`;
  let steps = n - 1, live = false;
  const input = html("input", { id, type: "range", min: 0, max: steps, step: 1 });
  const out = html("span", { className: "ux-out", ariaHidden: "true" });   // the input itself speaks its value
  out.style.minWidth = `${Math.max(...c.grid.map(v => words(v).length))}ch`;
  const read = () => {
    if (!live) return c.grid[+input.value];
    const v = value(input.value / steps);
    return c.integer ? Math.round(v) : Math.min(hi, Math.max(lo, +v.toPrecision(3)));
  };
  const show = v => { out.textContent = words(v); input.setAttribute("aria-valuetext", words(v)); };
  const take = () => { const v = read(); show(v); onChange(v); };
  input.addEventListener("input", take);
  return {
    nodes: [label(c, id), input, out], input, take, words,
    set(v) { input.value = live ? place(v) * steps : nearest(c, v); show(live ? v : c.grid[nearest(c, v)]); },
    fine() { live = true; steps = c.integer ? hi - lo : (n - 1) * 10; input.max = steps; },
  };
}

const ICONS = { previous: "M6 5v14M19 5 9 12l10 7z", play: "M7 4l13 8-13 8z", pause: "M7 5h3v14H7zM14 5h3v14h-3z", next: "M18 5v14M5 5l10 7-10 7z" };
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
const button = (name, text, onClick) => {
  const b = html("button", { type: "button", ariaLabel: text, title: text }, icon(name));
  b.addEventListener("click", onClick);
  return b;
};

const SPEEDS = [1, 2, 4, 0.5];

function player(c, onChange, { busy, playing }) {
  const s = slider(c, onChange), { input } = s;
  let timer = 0, pace = 0;
  const go = to => { input.value = to; s.take(); };
  const wait = () => setTimeout(tick, Math.min(700, Math.max(100, 10000 / input.max)) / SPEEDS[pace]);      // ms: a run takes about ten seconds
  const atEnd = () => +input.value >= +input.max;
  const tick = () => {
    if (!busy() && !document.hidden) go(+input.value + 1);
    if (atEnd()) stop(); else timer = wait();
  };
  const stop = () => { clearTimeout(timer); timer = 0; face(); };
  const toggle = () => {
    if (timer) return stop();
    if (atEnd()) go(0);
    timer = wait();
    face();
  };
  const move = by => { stop(); go(+input.value + by); };
  const run = button("play", "Play", toggle);
  const face = () => {
    const text = timer ? "Pause" : "Play";
    run.replaceChildren(icon(text.toLowerCase()));
    run.ariaLabel = run.title = text;
    playing(timer !== 0);
  };
  const speed = html("button", { type: "button", className: "ux-speed" });
  const gear = () => { speed.textContent = `${SPEEDS[pace] === 0.5 ? "½" : SPEEDS[pace]}×`; speed.ariaLabel = speed.title = `Speed ${speed.textContent}`; };
  speed.addEventListener("click", () => { pace = (pace + 1) % SPEEDS.length; gear(); });
  gear();
  input.addEventListener("input", stop);                          // a hand on the slider ends the run
  input.addEventListener("keydown", e => { if (e.key === " ") { e.preventDefault(); toggle(); } });
  const [name, , out] = s.nodes;
  const buttons = html("span", { className: "ux-buttons" }, button("previous", "Previous", () => move(-1)), run, button("next", "Next", () => move(1)));
  return { ...s, nodes: [name, buttons, input, speed, out], stop };
}

const KINDS = { choice, player, linear: slider, log: slider };
export function control(c, onChange, host) {
  const made = KINDS[c.kind](c, onChange, host);
  return { stop() {}, ...made, node: html("div", { className: `ux-control ux-${c.kind}` }, ...made.nodes) };
}
