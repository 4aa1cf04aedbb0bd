// Small grey images: paper and ink as the page has them, a caption each, wrong ones marked by a cross and a frame.
import { extent, hidden, html, plain } from "../dom.js";

export function images(host, draw) {
  const [n, high, wide] = draw.shape, name = k => (Number.isFinite(k) ? plain(draw.names[k] ?? k) : "–");
  const list = html("ul", { className: "ux-images" });
  list.setAttribute("role", "list");
  list.style.setProperty("--ux-columns", draw.columns);
  list.style.width = draw.width;
  list.style.setProperty("--ux-ratio", `${wide} / ${high}`);
  const items = Array.from({ length: n }, (_, k) => {
    const picture = html("canvas", { width: wide, height: high, ariaHidden: "true" }), caption = html("span", { className: "ux-image-name" });
    const node = html("li", {}, hidden(`Image ${k + 1}: `), html("span", { className: "ux-image" }, picture));
    if (draw.label) node.append(caption);
    list.append(node);
    return { node, picture, caption };
  });
  host.append(list);
  let shown = null;
  return data => {
    const z = data[draw.z], [lo, hi] = draw.zlim ?? extent(z);
    if (!shown || z.some((v, i) => v !== shown[i])) items.forEach(({ picture }, k) => {          // painting is the dear part
      const context = picture.getContext("2d"), image = context.createImageData(wide, high);
      for (let i = 0; i < wide * high; i++) image.data[4 * i + 3] = 255 * Math.min(1, Math.max(0, (z[k * wide * high + i] - lo) / (hi - lo)));
      context.putImageData(image, 0, 0);
    });
    shown = z;
    if (draw.label) items.forEach(({ node, caption }, k) => {
      const label = data[draw.label][k], wrong = draw.truth !== null && label !== data[draw.truth][k];
      node.classList.toggle("ux-wrong", wrong);
      caption.replaceChildren(...(wrong ? [hidden("wrong, "), html("span", { textContent: "✗ ", ariaHidden: "true" }), name(label), hidden(`, is ${name(data[draw.truth][k])}`)] : [name(label)]));
    });
  };
}
