import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../types.gen";
import { entries, find } from "./find";

let y = 0;
const step = (id: string, more: Partial<Node> = {}): Node => ({ id, kind: "call", x: 0, y: (y += 100), w: 248, h: 72, ports: [], ...more });
const all = entries([
  step("worship"), step("later_ship"), step("book", { function: "shipping.book" }), step("ship", { title: "Send it off" }), step("review", { kind: "approval", title: "Release the order?" }),
], (n) => (n.id === "book" ? "Waiting" : undefined));
const ids = (query: string) => find(all, query).map((n) => n.id);

test("names come before what a step does, beginnings before the rest", () => {
  assert.deepEqual(ids("ship"), ["ship", "later_ship", "worship", "book"]);
});

test("a step is found by title, function, kind and what is known of it, in any case of letters", () => {
  assert.deepEqual(ids("RELEASE"), ["review"]);
  assert.deepEqual(ids("shipping.b"), ["book"]);
  assert.deepEqual(ids("approval"), ["review"]);
  assert.deepEqual(ids("waiting"), ["book"]);
});

test("every word has to occur", () => {
  assert.deepEqual(ids("ship off"), ["ship"]);
  assert.deepEqual(ids("ship nowhere"), []);
  assert.deepEqual(ids("  "), []);
});

test("equals stand in the order of reading", () => {
  assert.deepEqual(find(entries([{ ...step("b_x"), y: 5 }, { ...step("a_x"), y: 9 }]), "x").map((n) => n.id), ["b_x", "a_x"]);
});

test("what the server finds on a version's page is found: all words, in whatever part of the step, case and order", () => {
  const one = entries([step("reserve_funds", { title: "Hold the money", function: "payments.reserve" })]);
  for (const q of ["money", "PAYMENTS", "call funds", "hold reserve"]) assert.equal(find(one, q).length, 1, q);
  for (const q of ["mony", "money ship"]) assert.equal(find(one, q).length, 0, q);
});
