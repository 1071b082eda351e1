// Builds the bundles into web/static/dist. The output depends on the sources and package-lock.json alone: no time, no path of this machine.
import { build } from "esbuild";
import { readFile, readdir, rm, writeFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = import.meta.dirname;
const dist = path.join(here, "../static/dist");

// web/static embeds the folder, so it stays while its files go.
await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) if (name !== ".gitkeep") await rm(path.join(dist, name), { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: { canvas: "src/canvas.tsx", run: "src/run.tsx", diff: "src/diff.tsx", read: "src/read.tsx", tests: "src/tests.ts" },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  metafile: true,
  legalComments: "none", // every licence stands in LICENSES.txt
  define: { "process.env.NODE_ENV": '"production"' },
  chunkNames: "[name]-[hash]",
});

// Who follows a run or compares versions does not load the editor.
for (const name of ["run", "diff", "read"]) {
  const editor = inputsOf(name).filter((i) => i.startsWith("src/edit/") || i.includes("/@codemirror/"));
  if (editor.length) throw new Error(`the bundle ${name} pulls the editor in: ${editor.slice(0, 5).join(", ")}`);
}

// Style sheets stand apart from the scripts: the page links them, so that it is styled before the script runs.
const css = await build({
  absWorkingDir: here,
  entryPoints: { canvas: "src/canvas.css", run: "src/run.css", diff: "src/diff.css", read: "src/read.css", tests: "src/tests.css" },
  outdir: dist,
  bundle: true,
  minify: true,
  metafile: true,
  target: ["chrome120", "firefox121", "safari17"],
  legalComments: "none",
});

await writeFile(path.join(dist, "LICENSES.txt"), await licences([result, css]));

for (const name of (await readdir(dist)).sort()) {
  const bytes = await readFile(path.join(dist, name));
  const [gz, br] = [gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
  console.log(`${name.padEnd(28)} ${kb(bytes.length)} kB   gzip ${kb(gz)}   brotli ${kb(br)}`);
}

/** The sources of a bundle and of every chunk that it may load. */
function inputsOf(entry) {
  const { outputs } = result.metafile;
  const key = (name) => Object.keys(outputs).find((o) => path.basename(o) === name);
  const seen = new Set();
  const queue = [key(`${entry}.js`)];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (seen.has(at)) continue;
    seen.add(at);
    queue.push(...outputs[at].imports.filter((i) => !i.external).map((i) => i.path));
  }
  return [...seen].flatMap((o) => Object.keys(outputs[o].inputs));
}

function kb(n) {
  return (n / 1000).toFixed(1).padStart(7);
}

/** The licence text of every package that a bundle holds. */
async function licences(results) {
  const packages = new Set();
  for (const r of results) {
    for (const input of Object.keys(r.metafile.inputs)) {
      const m = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (m) packages.add(m[1]);
    }
  }
  const parts = ["The bundles in this folder hold the following packages.\n"];
  for (const name of [...packages].sort()) {
    const dir = path.join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(path.join(dir, "package.json"), "utf8"));
    const file = (await readdir(dir)).find((f) => /^licen[cs]e/i.test(f));
    const text = file ? await readFile(path.join(dir, file), "utf8") : `Licence: ${license}\n`;
    parts.push(`\n${"=".repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return parts.join("");
}
