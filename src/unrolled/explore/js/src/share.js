// A setting in the page's address: #ux=figure;rate=0.1;gate=AND. Anything else is left alone.
const encode = encodeURIComponent;

export function write(name, controls, values) {
  const url = new URL(location.href);
  url.hash = `ux=${encode(name)};${controls.map(c => `${encode(c.name)}=${encode(String(values[c.name]))}`).join(";")}`;
  try { history.replaceState(history.state, "", url); } catch { /* a page that may not change its address */ }
  return url.href;
}

// The values that the address names for this figure, or null.
export function read(name, controls) {
  try {
    const [figure, ...rest] = location.hash.slice(1).split(";").map(part => part.split("=").map(decodeURIComponent));
    if (figure[0] !== "ux" || figure[1] !== name) return null;
    const values = {};
    for (const [key, text] of rest) {
      const c = controls.find(c => c.name === key);
      const value = c?.kind === "choice" ? c.grid.find(g => String(g) === text) : text === "" ? NaN : Number(text);
      if (c && value !== undefined && !Number.isNaN(value)) values[key] = c.kind === "choice" ? value : Math.min(c.grid.at(-1), Math.max(c.grid[0], value));
    }
    return values;
  } catch { return null; }
}
