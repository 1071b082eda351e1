// Bundles every src/**/*.test.ts and runs them with node's own test runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";

const here = import.meta.dirname;
const out = path.join(here, ".test");
const tests = (await readdir(path.join(here, "src"), { recursive: true })).filter((f) => /\.test\.tsx?$/.test(f));

await rm(out, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: tests.map((t) => path.join("src", t)),
  outdir: out,
  outbase: "src",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
});
const files = tests.map((t) => path.join(out, t.replace(/\.tsx?$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
await rm(out, { recursive: true, force: true });
process.exit(status ?? 1);
