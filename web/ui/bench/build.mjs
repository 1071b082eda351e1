// Builds the page that the benchmark of the canvas is held against into the folder that is given: node bench/build.mjs DIR
import { build } from "esbuild";
import { writeFile } from "node:fs/promises";
import path from "node:path";

const out = process.argv[2];
if (!out) {
  console.error("usage: node build.mjs DIR");
  process.exit(2);
}
await build({
  absWorkingDir: import.meta.dirname, entryPoints: ["empty.tsx", "look.css"], outdir: out, bundle: true, format: "esm", target: ["es2022"], minify: true,
  define: { "process.env.NODE_ENV": '"production"' },
});
await writeFile(
  path.join(out, "index.html"),
  '<!doctype html><title>empty</title><link rel="stylesheet" href="look.css"><style>html,body,#root{margin:0;height:100%}</style><div id="root"></div><script type="module" src="empty.js"></script>',
);
