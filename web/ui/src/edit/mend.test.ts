import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fix, Issue } from "../types.gen";
import { mendOf } from "./mend";

const issue = (fix?: Fix): Issue => ({ severity: "error", line: 1, column: 1, message: "`input` has no `order_ix`", ...(fix ? { fix } : {}) });
const fix = (line: number, column: number, endColumn: number, text: string): Fix => ({ line, column, end_line: line, end_column: endColumn, text, label: `Use ${text}` });

test("the edit replaces what stands at its place, and nothing else", () => {
  const yaml = 'a: "${{ input.order_ix + input.order_ix }}"\nb: 1\n';
  const mend = mendOf(issue(fix(1, 15, 23, "order_id")), yaml);
  assert.equal(mend?.text, 'a: "${{ input.order_id + input.order_ix }}"\nb: 1\n');
  assert.equal(mend?.label, "Use order_id");
});

test("columns count code points, lines from 1", () => {
  assert.equal(mendOf(issue(fix(2, 6, 9, "hold")), "x: 1\n'𝄋': hld\n")?.text, "x: 1\n'𝄋': hold\n");
});

test("an edit may add a line at the end of another", () => {
  assert.equal(mendOf(issue(fix(1, 5, 5, "\nb: 2")), "a: 1\n")?.text, "a: 1\nb: 2\n");
});

test("without an edit, or where the text has no such place, there is nothing to click", () => {
  assert.equal(mendOf(issue(), "x: 1\n"), null);
  assert.equal(mendOf(issue(fix(9, 1, 2, "y")), "x: 1\n"), null);
  assert.equal(mendOf(issue(fix(1, 9, 10, "y")), "x: 1\n"), null);
});
