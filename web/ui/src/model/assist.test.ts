import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assist, AssistItem } from "../types.gen";
import { caretIn, take, typedIn } from "./assist";

const item = (insert: string, more: Partial<AssistItem> = {}): AssistItem => ({ label: insert, kind: "field", insert, ...more });

test("the cursor goes where something is to be written", () => {
  assert.equal(caretIn(item("amount")), 6);
  assert.equal(caretIn(item("contains()", { kind: "method", type: "(text) → bool" })), 9);
  assert.equal(caretIn(item("size()", { kind: "method", type: "() → integer" })), 6);
  assert.equal(caretIn(item('"${{  }}"', { kind: "expression" })), 5);
});

test("an item replaces the word, counted in code points", () => {
  const answer = (line: number, from: number, to: number): Assist => ({ from: { line, column: from }, to: { line, column: to }, items: [] });
  assert.deepEqual(take("input.am > 1", "input.am > 1", answer(1, 7, 9), item("amount")), { text: "input.amount > 1", caret: 12 });
  assert.deepEqual(take('"🙂" == input.a', '"🙂" == input.a', answer(1, 14, 15), item("account")), { text: '"🙂" == input.account', caret: 21 });
  assert.deepEqual(take("1 +\ninput.", "1 +\ninput.", answer(2, 7, 7), item("n")), { text: "1 +\ninput.n", caret: 11 });
});

test("what was typed of the word since is replaced, and nothing else", () => {
  const answer: Assist = { from: { line: 1, column: 7 }, to: { line: 1, column: 8 }, items: [] };
  assert.deepEqual(take("input.amo > 1", "input.a > 1", answer, item("amount")), { text: "input.amount > 1", caret: 12 });
  assert.equal(take("input.ac > 1", "input.a > 1", answer, item("amount")), null);
  assert.equal(take("input.a. > 1", "input.a > 1", answer, item("amount")), null);
  assert.equal(take("run.a > 1", "input.a > 1", answer, item("amount")), null);
});

test("what was typed is shown in the label", () => {
  assert.deepEqual(typedIn("amount", "MOU"), ["a", "mou", "nt"]);
  assert.deepEqual(typedIn("amount", "zz"), ["amount", "", ""]);
});
