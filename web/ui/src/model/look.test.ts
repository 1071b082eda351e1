import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../types.gen";
import { has, withStep } from "./look";

const node = { id: "reserve_funds", kind: "call", title: "Hold the money", function: "payments.reserve", x: 0, y: 0, w: 1, h: 1, ports: [] } as Node;

test("a step is found by all of its words, whatever their case and order", () => {
  for (const q of ["", "  ", "money", "PAYMENTS", "call funds", "hold reserve"]) assert.equal(has(node, q), true, q);
  for (const q of ["mony", "money ship"]) assert.equal(has(node, q), false, q);
});

test("an address keeps what else it says", () => {
  assert.equal(withStep("http://h/flows/a/versions/1?q=x&step=b", "c"), "http://h/flows/a/versions/1?q=x&step=c");
  assert.equal(withStep("http://h/flows/a/versions/1?step=b", null), "http://h/flows/a/versions/1");
});
