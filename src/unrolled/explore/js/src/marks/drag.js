// A handle in the plane that moves two controls; by keyboard their sliders do the same.
import { html } from "../dom.js";

export function draggable(plot, draw, move) {
  if (!draw.drag) return () => {};
  const [across, up] = draw.drag, handle = html("div", { className: "ux-handle", ariaHidden: "true" });   // it outlives drawings: a finger holds it
  plot.node.append(handle);
  let last = null, held = null;
  handle.addEventListener("pointerdown", e => {
    if (!move || !last) return;
    held = [e.clientX - last.x, e.clientY - last.y];
    handle.setPointerCapture(e.pointerId);
    e.preventDefault();
  });
  handle.addEventListener("pointermove", e => {
    if (held) move({ [across]: last.X.invert(e.clientX - held[0]), [up]: last.Y.invert(e.clientY - held[1]) });
  });
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => { held = null; });
  return (X, Y, settings) => {
    last = { X, Y, x: X(settings[across]), y: Y(settings[up]) };
    handle.style.translate = `${last.x}px ${last.y}px`;
  };
}
