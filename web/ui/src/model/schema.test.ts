import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../types.gen";
import { fieldKind, fromText, resolve, toText, type FieldKind } from "./schema";
import { asExpression, expressionOf } from "./template";

test("fieldKind falls back to JSON, never to nothing", () => {
  assert.equal(fieldKind({ enum: ["a"] }), "enum");
  assert.equal(fieldKind({ type: ["string", "null"] }), "string");
  assert.equal(fieldKind({ properties: { a: {} } }), "object");
  assert.equal(fieldKind({ type: "array" }), "json");
  assert.equal(fieldKind({ oneOf: [] }), "json");
  assert.equal(fieldKind({}), "json");
});

test("fromText says what is wrong, and loses no digits", () => {
  assert.deepEqual(fromText("number", "4.5"), { ok: true, value: 4.5 });
  assert.deepEqual(fromText("integer", ""), { ok: true, value: undefined });
  assert.equal(fromText("integer", "4.5").ok, false);
  assert.equal(fromText("integer", "9007199254740993").ok, false);
  assert.deepEqual(fromText("json", "[1, 2]"), { ok: true, value: [1, 2] });
  assert.deepEqual(fromText("json", "plain words"), { ok: true, value: "plain words" });
  assert.equal(fromText("json", "{broken").ok, false);
  assert.deepEqual(fromText("enum", "2", [1, 2]), { ok: true, value: 2 });
});

test("toText and fromText agree", () => {
  for (const [kind, value] of [["number", 3], ["boolean", false], ["json", { a: [1] }], ["string", "x"], ["enum", "b"]] as [FieldKind, Json][]) {
    assert.deepEqual(fromText(kind, toText(kind, value), ["a", "b"]), { ok: true, value });
  }
});

test("resolve follows references and ends", () => {
  const root = { $defs: { id: { type: "string" }, loop: { $ref: "#/$defs/loop" } } };
  assert.deepEqual(resolve(root, { $ref: "#/$defs/id" }), { type: "string" });
  assert.deepEqual(resolve(root, { $ref: "#/$defs/loop" }), {});
});

test("a whole expression is told from text with expressions", () => {
  assert.equal(expressionOf("${{ input.a }}"), "input.a");
  assert.equal(expressionOf("${{ a }}-${{ b }}"), null);
  assert.equal(expressionOf("Release ${{ a }}?"), null);
  assert.equal(expressionOf(3), null);
  assert.equal(expressionOf(asExpression(" a > 1 ")), "a > 1");
});
