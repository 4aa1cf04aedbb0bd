// Bundles src into ../static. A banner names the sources by their SHA-256 (tests/test_explore.py proves that the committed
// bundle belongs to them) and carries the licences of what is bundled.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const sources = ["build.js", "package-lock.json", "package.json",
  ...readdirSync("src", { recursive: true }).map(f => `src/${f.replaceAll("\\", "/")}`).filter(f => /\.(js|css)$/.test(f))].sort();
const hash = createHash("sha256");
for (const f of sources) hash.update(`${f}\n`).update(readFileSync(f, "utf8").replaceAll("\r\n", "\n"));

const options = {
  entryPoints: { explore: "src/explore.js" }, outdir: "../static", bundle: true, minify: true, format: "iife",
  globalName: "unrolledExplore", target: "es2022", legalComments: "none", charset: "utf8", metafile: true,
};
const { metafile } = await build({ ...options, write: false });
const modules = [...new Set(Object.keys(metafile.inputs).map(f => f.match(/^node_modules\/([^/]+)/)?.[1]).filter(Boolean))].sort();
const licences = new Map();                                       // text -> the modules it covers
for (const m of modules) {
  const [, owner, text] = readFileSync(`node_modules/${m}/LICENSE`, "utf8").match(/^(Copyright.*)\n+([^]*)$/);
  const { version, license } = JSON.parse(readFileSync(`node_modules/${m}/package.json`));
  licences.set(text.trim(), [...(licences.get(text.trim()) ?? []), `${m} ${version} (${license}), ${owner}`]);
}
const notice = [...licences].map(([text, names]) => `${names.join("\n")}\n\n${text}`).join("\n\n");
const stamp = `sources sha256 ${hash.digest("hex")}`;
await build({ ...options, banner: { js: `/* Deep Learning, Unrolled: explorables; ${stamp}\n\n${notice}\n*/` } });
await build({ ...options, entryPoints: { explore: "src/explore.css" }, banner: { css: `/* ${stamp} */` } });
