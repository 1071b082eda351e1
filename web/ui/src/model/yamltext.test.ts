import assert from "node:assert/strict";
import { test } from "node:test";
import { toYaml } from "./yamltext";

test("a value is written so that it is read as the same", () => {
  assert.equal(toYaml(undefined), "");
  assert.equal(toYaml({}), "{}");
  assert.equal(toYaml("no"), '"no"');
  assert.equal(toYaml("a: b"), '"a: b"');
  assert.equal(toYaml(1.5), "1.5");
  assert.equal(toYaml({ type: "object", required: ["a", "b"] }), "type: object\nrequired: [a, b]");
  const long = { type: "object", properties: { name: { type: "string", description: "What it is called, in full." }, list: { type: "array" } } };
  assert.equal(toYaml(long), 'type: object\nproperties:\n  name: {type: string, description: "What it is called, in full."}\n  list: {type: array}');
  assert.equal(toYaml([{ a: "x".repeat(50), b: "y".repeat(50) }, 1]), `- a: ${"x".repeat(50)}\n  b: ${"y".repeat(50)}\n- 1`);
});
