import assert from "node:assert/strict";
import { test } from "node:test";
import { wordAt } from "./rows";

test("a step's name is found as a word of its own", () => {
  assert.equal(wordAt("the run failed: a is bad", "a"), 16);
  assert.equal(wordAt("the run failed", "a"), -1);
  assert.equal(wordAt("undoing stock_2, stock", "stock"), 17);
});
