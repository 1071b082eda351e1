// The browser says times and retries in the words of the server: the cases are the server's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AGOS, RETRIES, SIZES, SPANS } from "../words.cases.gen";
import { ago, bytes, duration, retrying } from "./live";

test("durations", () => {
  for (const [ms, said] of SPANS) assert.equal(duration(ms), said, `${ms} ms`);
});

test("how long ago", () => {
  for (const [ms, said] of AGOS) assert.equal(ago(ms), said, `${ms} ms`);
});

test("retries", () => {
  for (const [attempt, most, said] of RETRIES) assert.equal(retrying(attempt, most), said);
});

test("sizes", () => {
  for (const [n, said] of SIZES) assert.equal(bytes(n), said, `${n} bytes`);
});

// app.js is no module: its two lines are taken out of it.
test("how long ago, on every page", () => {
  const script = readFileSync("../static/app.js", "utf8");
  const lines = [...script.matchAll(/^ {2}const (?:coarse|ago) = .*$/gm)].map((m) => m[0]);
  assert.equal(lines.length, 2, "app.js says how long ago in two lines, coarse and ago");
  const ago = new Function(`${lines.join("\n")}\nreturn ago;`)() as (seconds: number) => string;
  for (const [ms, said] of AGOS) assert.equal(ago(ms / 1000), said, `${ms} ms`);
});
