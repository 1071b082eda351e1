import assert from "node:assert/strict";
import { test } from "node:test";
import type { Issue } from "../types.gen";
import { mendOf } from "./mend";

const issue = (line: number, column: number, message: string, hint: string): Issue => ({ severity: "error", line, column, message, hint });

test("a suggestion replaces the wrong name where it stands", () => {
  const yaml = 'a: "${{ input.order_ix + input.order_ix2 }}"\nb: 1\n';
  const mend = mendOf(issue(1, 9, "`input` has no `order_ix` by its schema", "did you mean `order_id`?"), yaml);
  assert.equal(mend?.text, 'a: "${{ input.order_id + input.order_ix2 }}"\nb: 1\n');
  assert.equal(mend?.label, "Use order_id");
});

test("of two names in a message the one like the suggestion is wrong", () => {
  const yaml = "steps:\n  ship:\n    compensat: {}\n";
  assert.equal(mendOf(issue(3, 5, "unknown key `compensat` in `ship`", "did you mean `compensate`?"), yaml)?.text, "steps:\n  ship:\n    compensate: {}\n");
});

test("the same name before the issue's place stays", () => {
  const yaml = "hld: ${{ hld }}\n";
  assert.equal(mendOf(issue(1, 10, "unknown name `hld`", "did you mean `hold`?"), yaml)?.text, "hld: ${{ hold }}\n");
});

test("without a suggestion, or where the text has changed, there is nothing to click", () => {
  assert.equal(mendOf(issue(1, 1, "unknown key `x`", "write it as a list"), "x: 1\n"), null);
  assert.equal(mendOf(issue(1, 1, "unknown key `x`", "did you mean `y`?"), "z: 1\n"), null);
  assert.equal(mendOf(issue(9, 1, "unknown key `x`", "did you mean `y`?"), "x: 1\n"), null);
});
