import assert from "node:assert/strict";
import { test } from "node:test";
import type { Step } from "../types.gen";
import { duration, edgeLife } from "./live";

const step = (status: string, more: Partial<Step> = {}): Step => ({ id: "a", kind: "call", status, attempt: 1, ...more });
const edge = (port: string) => ({ id: "", from: "a", port, to: "b" });

test("edges live and die with the step that they leave", () => {
  assert.equal(edgeLife(edge("done"), undefined), "idle");
  assert.equal(edgeLife(edge("done"), step("running")), "idle");
  assert.equal(edgeLife(edge("done"), step("succeeded")), "live");
  assert.equal(edgeLife(edge("error"), step("succeeded")), "dead");
  assert.equal(edgeLife(edge("done"), step("skipped")), "dead");
  assert.equal(edgeLife(edge("review"), step("succeeded", { port: "otherwise" })), "dead");
  assert.equal(edgeLife(edge("otherwise"), step("succeeded", { port: "otherwise" })), "live");
  assert.equal(edgeLife(edge("done"), step("failed")), "idle");
  const handled = step("failed", { error: { class: "timeout", effect: "maybe", message: "", handled: true } });
  assert.equal(edgeLife(edge("error"), handled), "live");
  assert.equal(edgeLife(edge("done"), handled), "dead");
});

test("durations read well", () => {
  assert.deepEqual([412, 8400, 3000, 42_900, 200_000, 7_500_000].map(duration), ["412 ms", "8.4 s", "3 s", "42 s", "3 min 20 s", "2 h 5 min"]);
});
