import assert from "node:assert/strict";
import { test } from "node:test";
import type { Function as Fn, Graph } from "../types.gen";
import { fit, given } from "./fit";

const fn = (name: string, input: object, output?: object): Fn => ({ name, kind: "http", target: "", idempotent: true, input, ...(output ? { output } : {}) }) as unknown as Fn;
const node = (id: string, fnName: string) => ({ id, kind: "call", function: fnName, ports: [], x: 0, y: 0, w: 1, h: 1 });

test("required fields that an input or an output before gives make a function fit", () => {
  const take = fn("take", { type: "object", required: ["sku", "n"], properties: { sku: { type: "string" }, n: { type: "integer" } } });
  const list = fn("list", {}, { type: "object", properties: { sku: { type: "string" } } });
  const graph = { nodes: [node("a", "list"), node("b", "take")], edges: [], width: 0, height: 0 } as unknown as Graph;
  const input = { type: "object", properties: { n: { type: "number" } } };
  assert.equal(fit(take, given(undefined, graph, [], [take, list])), 0);
  assert.equal(fit(take, given(undefined, graph, ["a"], [take, list])), 0.5);
  assert.equal(fit(take, given(input, graph, ["a"], [take, list])), 1);
});

test("another type does not fit, and what requires nothing fits nowhere in particular", () => {
  const f = fn("f", { type: "object", required: ["n"], properties: { n: { type: "integer" } } });
  const graph = { nodes: [], edges: [], width: 0, height: 0 } as unknown as Graph;
  assert.equal(fit(f, given({ type: "object", properties: { n: { type: "string" } } }, graph, [], [])), 0);
  assert.equal(fit(fn("g", { type: "object" }), given({ type: "object", properties: { n: {} } }, graph, [], [])), 0);
});
