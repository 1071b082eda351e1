import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../types.gen";
import { alternativeOf, begin, setIn, shapeOf, type Alternative } from "./shape";

const pay = {
  oneOf: [
    { type: "object", required: ["kind", "number"], properties: { kind: { const: "card" }, number: { type: "string" } } },
    { type: "object", required: ["kind", "iban"], properties: { kind: { const: "bank" }, iban: { type: "string" } } },
    { type: "string", title: "A token" },
  ],
};

function alternatives(schema: unknown): Alternative[] {
  const shape = shapeOf(undefined, schema as never);
  assert.equal(shape.kind, "choice");
  return shape.kind === "choice" ? shape.alternatives : [];
}

test("every schema has a shape, and none is blank", () => {
  const kind = (schema: unknown, root?: unknown) => {
    const s = shapeOf(root as never, schema as never);
    return s.kind === "field" ? s.field : s.kind;
  };
  assert.equal(kind({ type: "string" }), "string");
  assert.equal(kind({ type: ["integer", "null"] }), "integer");
  assert.equal(kind({ enum: [1, 2] }), "enum");
  assert.equal(kind({ const: "x" }), "enum");
  assert.equal(kind({ type: "object", properties: { a: {} } }), "group");
  assert.equal(kind({ type: "array", items: { type: "string" } }), "list");
  assert.equal(kind({ type: "array", items: { $ref: "#/$defs/l" } }, { $defs: { l: { type: "object", properties: { a: {} } } } }), "list");
  assert.equal(kind({ type: "array" }), "yaml");
  assert.equal(kind({ type: "array", items: {} }), "yaml");
  assert.equal(kind({ type: "object" }), "yaml");
  assert.equal(kind({}), "yaml");
  assert.equal(kind({ not: {} }), "yaml");
  assert.equal(kind({ anyOf: [{ type: "string" }, { type: "null" }] }), "string");
  assert.equal(kind({ allOf: [{ type: "object", properties: { a: {} } }, { properties: { b: {} } }] }), "group");
  assert.equal(kind(pay), "choice");
});

test("alternatives have names, and a value is one of them", () => {
  const all = alternatives({ oneOf: pay.oneOf.slice(0, 2) });
  assert.deepEqual(all.map((a) => a.label), ["kind: card", "kind: bank"]);
  assert.equal(alternativeOf(all, { kind: "bank", iban: "x" }), 1);
  assert.equal(alternativeOf(all, { kind: "cash" }), -1);
  assert.equal(alternativeOf(all, undefined), -1);
  const mixed = alternatives(pay);
  assert.deepEqual(mixed.map((a) => a.label), ["with kind, number", "with kind, iban", "A token"]);
  assert.equal(alternativeOf(mixed, "tok"), 2);
  assert.equal(alternativeOf(mixed, { kind: "card" }), 0);
  assert.deepEqual(alternatives({ oneOf: [{ type: "string" }, { type: "integer" }, { type: "string" }] }).map((a) => a.label), ["string", "integer", "string (2)"]);
  const shared = alternatives({ type: "object", properties: { note: { type: "string" } }, required: ["note"], oneOf: pay.oneOf.slice(0, 2) });
  assert.deepEqual(Object.keys(shared[1]!.schema["properties"] as object), ["note", "kind", "iban"]);
  assert.deepEqual(shared[1]!.schema["required"], ["note", "kind", "iban"]);
});

test("a new value begins with what is fixed or the default", () => {
  assert.deepEqual(begin(undefined, pay.oneOf[1]! as never), { kind: "bank" });
  assert.equal(begin(undefined, { type: "string", default: "x" }), "x");
  assert.equal(begin(undefined, { enum: ["b", "a"] }), "b");
  assert.deepEqual(begin(undefined, { type: "array", items: { type: "string" } }), []);
  assert.equal(begin(undefined, { type: "boolean" }), false);
});

test("setIn changes one place", () => {
  const lines: Json = [{ sku: "a", n: 1 }, { sku: "b" }] as Json;
  assert.deepEqual(setIn(lines, "[1].sku", "c"), [{ sku: "a", n: 1 }, { sku: "c" }]);
  assert.deepEqual(setIn(lines, "[0].n", undefined), [{ sku: "a" }, { sku: "b" }]);
  assert.deepEqual(setIn(lines, "[0].tags[1]", "x"), [{ sku: "a", n: 1, tags: [null, "x"] }, { sku: "b" }]);
  assert.deepEqual(Object.keys(setIn({ a: 1, b: 2 }, ".a", 3) as object), ["a", "b"]);
  assert.deepEqual(setIn(undefined, ".a.b", 1), { a: { b: 1 } });
  assert.deepEqual(setIn(["x"], "[0]", undefined), [null]);
});
