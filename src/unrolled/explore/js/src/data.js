// A field is an array for every setting of the grid, packed by Python (grid.py), or one plain list.
export function unpack({ data, steps, size, levels, lo, hi, log, symlog, over }) {
  if (data) { const values = data.map(v => v ?? NaN); return () => values; }
  const scaled = v => (symlog ? symlog * Math.sign(v) * Math.expm1(Math.abs(v)) : log ? 10 ** v : v);
  let all;
  const decode = () => {
    let q = 0;
    return Float64Array.from(steps.split(","), (step, i) => {
      q = (i % size ? q : 0) + +step;
      return q > levels ? NaN : scaled(lo + (hi - lo) * q / levels);
    });
  };
  return at => {                                                 // `over`: the controls on which the field does not depend have length 1
    all ??= decode();
    const k = at.reduce((k, i, c) => k * over[c] + (over[c] > 1 ? i : 0), 0);
    return all.subarray(k * size, (k + 1) * size);
  };
}

export const unpackAll = fields => Object.entries(fields).map(([name, f]) => [name, unpack(f)]);

export function nearest(c, value) {
  if (c.kind === "choice") return c.grid.indexOf(value);
  const f = c.kind === "log" ? Math.log : v => v;
  let best = 0;
  c.grid.forEach((g, i) => { if (Math.abs(f(g) - f(value)) < Math.abs(f(c.grid[best]) - f(value))) best = i; });
  return best;
}
