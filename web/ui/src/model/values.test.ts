import assert from "node:assert/strict";
import test from "node:test";
import { below, insertPath, readTree, rowOf } from "./values";

test("a recorded value is rows with the paths of an expression", () => {
  const tree = readTree('{"id": "x", "a b": 1, "in": {"n": null}, "list": [{"sku": "s"}], "ok": true}')!;
  const rows = below("steps.a.output", tree).map(([k, p, v]) => rowOf(k, p, v));
  assert.deepEqual(
    rows.map((r) => [r.key, r.path, r.kind, r.text]),
    [
      ["id", "steps.a.output.id", "leaf", '"x"'],
      ["a b", 'steps.a.output["a b"]', "leaf", "1"],
      ["in", 'steps.a.output["in"]', "object", "1 field"],
      ["list", "steps.a.output.list", "list", "1 item"],
      ["ok", "steps.a.output.ok", "leaf", "true"],
    ],
  );
  const [first] = below("input.lines", readTree('[{"sku": "s"}, 2]')!);
  assert.deepEqual(first!.slice(0, 2), ["[0]", "input.lines[0]"]);
  assert.deepEqual(below("x", readTree('"text"')!), []);
});

test("a number keeps every digit where the browser can tell them", () => {
  const row = rowOf("n", "n", readTree("12345678901234567890.5")!);
  let told = false;
  JSON.parse("1", ((_: string, v: unknown, context?: { source?: string }) => ((told = context?.source !== undefined), v)) as (key: string, v: unknown) => unknown);
  assert.equal(row.text, told ? "12345678901234567890.5" : "12345678901234567000");
  assert.equal(row.tone, "number");
  assert.equal(readTree('{"cut": "of'), undefined);
});

test("a path goes where the cursor is, over what was typed of it", () => {
  assert.deepEqual(insertPath("", 0, 0, "input.a"), { text: "input.a", caret: 7 });
  assert.deepEqual(insertPath("size() > 2", 0, 0, "input.a"), { text: "input.asize() > 2", caret: 7 });
  assert.deepEqual(insertPath("1 + steps.a.?out", 16, 16, "steps.a.output.n"), { text: "1 + steps.a.output.n", caret: 20 });
  assert.deepEqual(insertPath("input.b + x", 10, 11, "input.a"), { text: "input.b + input.a", caret: 17 });
  assert.deepEqual(insertPath("other", 5, 5, "input.a"), { text: "otherinput.a", caret: 12 });
});
