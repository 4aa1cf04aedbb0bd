// An explorable in two lives: on a page without a kernel it reads its grid, in JupyterLab Python answers.
import { control } from "./controls.js";
import { nearest, unpackAll } from "./data.js";
import { html, plain, rich } from "./dom.js";
import { panel } from "./panels.js";
import { read, write } from "./share.js";

const same = (a, b) => Object.keys(b).every(k => a[k] === b[k]);
const button = (text, onClick) => {
  const b = html("button", { type: "button", textContent: text });
  b.addEventListener("click", onClick);
  return b;
};

export function mount(attach, spec, model, name) {
  const { controls } = spec, initial = Object.fromEntries(controls.map(c => [c.name, c.value]));
  const values = { ...initial };
  const pull = () => controls.forEach((c, i) => { values[c.name] = model.get(c.name); inputs[i].set(values[c.name]); });
  const constants = unpackAll(spec.constants).map(([n, f]) => [n, f([0])]);
  const grid = spec.grid && { say: spec.grid.say, fields: unpackAll(spec.grid.fields) };

  const sentence = html("span", { ariaLive: "polite", className: "ux-sentence" });
  const ghost = html("span", { className: "ux-ghost", ariaHidden: "true" });     // the longest sentence keeps the height
  const state = html("span", { className: "ux-state" });
  const host = { busy: () => figure.ariaBusy === "true", playing: on => { sentence.ariaLive = on ? "off" : "polite"; } };
  const inputs = controls.map(c => control(c, v => { values[c.name] = v; changed(); }, host));
  const panels = spec.panels.map(draw => panel(draw, drag));
  const actions = html("span", { className: "ux-actions" });
  if (!model) actions.append(button("Link", link));
  const pinner = button("Pin", pin), aside = html("div", { className: "ux-pinned", role: "group", ariaLabel: "Pinned run", hidden: true });
  actions.append(pinner, button("Reset", () => put(initial)));
  const figure = html("figure", { className: "ux" },
    html("div", { className: "ux-head" }, html("p", { className: "ux-title" }, ...rich(spec.title)), actions),
    html("div", { className: "ux-controls", role: "group", ariaLabel: plain(spec.title) || "Controls" }, ...inputs.map(i => i.node)),
    html("div", { className: "ux-panels" }, ...panels.map(p => p.node)),
    html("div", { className: "ux-foot" }, html("p", { className: "ux-say" }, ghost, sentence), state), aside);
  if (spec.caption) figure.append(html("figcaption", { className: "ux-caption" }, ...rich(spec.caption)));

  let frame = 0, waiting = [], current = null, kept = [], gone = false;
  const speak = text => {
    if (plain(text) === sentence.textContent) return;
    sentence.replaceChildren(...rich(text));
    if (plain(text).length > ghost.textContent.length) ghost.replaceChildren(...rich(text));
  };
  const show = (fields, text) => {
    const data = Object.fromEntries([...constants, ...fields]);
    current = { data, text, settings: { ...values }, at: controls.map((c, i) => `${plain(c.label)} ${inputs[i].words(values[c.name])}`).join(", ") };
    panels.forEach(p => p.show(data, current.settings));
    speak(text);
  };
  function pin() {                                               // this run stays beside the next ones; curves stay behind them
    const on = aside.hidden && current;
    aside.hidden = !on;
    pinner.textContent = on ? "Unpin" : "Pin";
    kept.forEach(p => p.close());
    kept = on ? spec.panels.filter(draw => draw.mark !== "lines").map(draw => panel(draw)) : [];
    aside.replaceChildren(...(on ? [html("p", { className: "ux-pinned-name" }, `Pinned: ${current.at}`), html("div", { className: "ux-panels" }, ...kept.map(p => p.node)),
      html("p", {}, ...rich(current.text))] : []));
    kept.forEach(p => p.show(current.data, current.settings));
    panels.forEach(p => p.pin(on ? current.data : null));
  }
  const late = (ms, text) => setTimeout(() => { figure.classList.add("ux-busy"); state.textContent = text; }, ms);
  const settle = text => {
    waiting.forEach(clearTimeout);
    waiting = [];
    figure.ariaBusy = "false";
    figure.classList.remove("ux-busy");
    state.textContent = text;
  };

  const stopper = button("Stop", () => model.send("stop"));
  stopper.className = "ux-stop";

  const changed = () => { cancelAnimationFrame(frame); if (model) ask(); else frame = requestAnimationFrame(look); };
  const place = wanted => {
    Object.assign(values, wanted);
    controls.forEach((c, i) => { inputs[i].stop(); inputs[i].set(values[c.name]); });
  };
  const put = wanted => { place(wanted); changed(); };
  function drag(wanted) {                                        // to where a control can be
    const at = Object.entries(wanted).map(([name, v]) => {
      const c = controls.find(c => c.name === name), [lo, hi] = [c.grid[0], c.grid.at(-1)];
      return [name, !model ? c.grid[nearest(c, v)] : c.integer ? Math.round(Math.min(hi, Math.max(lo, v))) : Math.min(hi, Math.max(lo, +v.toPrecision(3)))];
    });
    if (at.some(([name, v]) => values[name] !== v)) put(Object.fromEntries(at));
  }
  function look() {                                              // without a kernel: the nearest precomputed setting
    const at = controls.map(c => nearest(c, values[c.name]));
    show(grid.fields.map(([n, f]) => [n, f(at)]), grid.say[controls.reduce((k, c, i) => k * c.grid.length + at[i], 0)]);
    settle(`Precomputed at ${grid.say.length} settings`);
  }
  function ask() {                                               // with one: the traits change, Python answers
    if (gone) return stopped();
    if (same(model.get("answer").at, values)) return answered();
    figure.ariaBusy = "true";
    if (!waiting.length) waiting = [late(200, "Computing…"), setTimeout(() => state.append(stopper), 1000),
      setTimeout(() => state.replaceChildren("Still no answer: Python is busy, or the kernel has stopped.", stopper), 10000)];
    model.set(values);
    model.save_changes();
  }
  function answered() {
    const a = model.get("answer");
    if (!same(a.at, values)) return;                             // stale: the control has moved on
    figure.classList.toggle("ux-error", !!a.error);
    if (a.error) speak(a.error); else show(unpackAll(a.fields).map(([n, f]) => [n, f([])]), a.say);
    settle(a.error ? "" : "Computed now");
  }
  function stopped() {                                           // the kernel has died, or was restarted: the last answer stays
    gone = true;
    place(model.get("answer").at);
    figure.classList.add("ux-error");
    speak("The kernel has stopped. Run the notebook again to bring this figure back.");
    settle("");
  }
  const moved = () => { pull(); answered(); };                   // Python or another widget set a control

  function link() {
    const url = write(name, controls, values);
    const copied = navigator.clipboard?.writeText(url) ?? Promise.reject();
    copied.then(() => "Link to this setting copied", () => "The address bar links to this setting").then(t => { state.textContent = t; });
  }
  const follow = () => {
    const wanted = read(name, controls);
    if (wanted) { put({ ...initial, ...wanted }); figure.scrollIntoView(); }
  };

  const names = controls.map(c => `change:${c.name}`).join(" ");
  if (model) {
    inputs.forEach(i => i.fine());
    figure.querySelectorAll("input, select, button").forEach(e => { e.dataset.lmSuppressShortcuts = "true"; });   // JupyterLab would take the arrow keys
    pull();
    model.on("change:answer", answered);
    model.on(names, moved);
    model.on("comm_live_update", stopped);
    ask();
  } else {
    grid.say.forEach(text => { if (text.length > ghost.textContent.length) ghost.textContent = plain(text); });
    controls.forEach((c, i) => inputs[i].set(c.value));
    look();
    addEventListener("hashchange", follow);
  }
  attach(figure);
  if (!model) follow();
  return () => {
    inputs.forEach(i => i.stop());
    [...panels, ...kept].forEach(p => p.close());
    if (model) { model.off("change:answer", answered); model.off(names, moved); model.off("comm_live_update", stopped); }
  };
}

export const render = ({ model, el }) => mount(figure => el.replaceChildren(figure), model.get("spec"), model);   // anywidget

function start() {                                               // the static site: figures are in the page
  const taken = new Map();
  for (const s of document.querySelectorAll('script[type="application/vnd.unrolled.explore+json"]')) {
    try {
      const spec = JSON.parse(s.textContent), base = plain(spec.title).toLowerCase().match(/[\p{L}\p{N}]+/gu)?.join("-") ?? "figure";
      const count = (taken.get(base) ?? 0) + 1;
      taken.set(base, count);
      mount(figure => s.previousElementSibling.replaceWith(figure), spec, null, count > 1 ? `${base}-${count}` : base);
    } catch (e) { console.error(e); }                            // the still picture stays
  }
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
