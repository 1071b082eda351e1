import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces, wordAt } from "./log";

test("a step's name is found as a word of its own", () => {
  assert.equal(wordAt("the run failed: a is bad", "a"), 16);
  assert.equal(wordAt("the run failed", "a"), -1);
  assert.equal(wordAt("undoing stock_2, stock", "stock"), 17);
});

const said = (f: { text: string; step?: string; run?: string }) => pieces({ type: "X", ...f }).map((p) => (p.step ? `[${p.text}]` : p.run ? `<${p.text}>` : p.text)).join("");

test("steps and runs are links where they stand, else after the sentence", () => {
  assert.equal(said({ text: "it ended" }), "it ended");
  assert.equal(said({ text: "pay completed", step: "pay" }), "[pay] completed");
  assert.equal(said({ text: "the run failed", step: "pay" }), "the run failed ([pay])");
  assert.equal(said({ text: "waits for `pay`", step: "pay" }), "waits for [pay]");
  assert.equal(said({ text: "pay started p version 1 as run r-1", step: "pay", run: "r-1" }), "[pay] started p version 1 as run <r-1>");
  assert.equal(said({ text: "the run of pay ended", step: "pay", run: "r-1" }), "the run of [pay] ended <r-1>");
});
