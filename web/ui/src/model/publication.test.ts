import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publication } from "../types.gen";
import { behindWords, effects, testWords } from "./publication";

const base: Publication = { flow: "order", version: 5, from: 4, summary: "", changes: [], running: [], pinned_by: [], children: [], behind: [], tests: { total: 0, failed: 0, ran: 0, stale: false } };

test("running runs and parents stay where they are", () => {
  assert.deepEqual(effects(base), ["No run is under way."]);
  assert.deepEqual(effects({ ...base, from: 0 }), []);
  assert.deepEqual(effects({ ...base, running: [{ version: 4, runs: 3 }, { version: 2, runs: 1 }], pinned_by: [{ flow: "mother", version: 3 }, { flow: "aunt", version: 3 }] }), [
    "3 running runs stay on v4.",
    "1 running run stays on v2.",
    "mother, aunt run this flow and stay on v3 until published again.",
  ]);
  assert.deepEqual(effects({ ...base, children: [{ flow: "mail", from: 1, to: 3 }] }), ["No run is under way.", "mail runs in v3 instead of v1: it was published since, and no step here names its version."]);
});

test("the last test in words", () => {
  const of = (t: Partial<Publication["tests"]>) => testWords({ ...base, tests: { ...base.tests, ...t } });
  assert.deepEqual(of({}), { tone: "idle", text: "This flow has no tests." });
  assert.equal(of({ total: 4 }).text, "4 scenarios, not run against this draft yet.");
  assert.deepEqual(of({ total: 4, ran: 4 }), { tone: "ok", text: "All 4 scenarios passed." });
  assert.equal(of({ total: 4, ran: 1 }).text, "1 of 4 scenarios were run; they passed.");
  assert.deepEqual(of({ total: 4, ran: 4, failed: 1 }), { tone: "fail", text: "1 of 4 scenarios failed." });
  assert.deepEqual(of({ total: 4, ran: 4, failed: 1, stale: true }), { tone: "idle", text: "Changed since the last test, in which 1 of 4 failed." });
});

test("what tests name that the draft has no more", () => {
  assert.equal(behindWords({ step: "ship", now: "send", places: 3, files: ["order.yaml", "more.yaml"] }), "ship is called send now; order.yaml, more.yaml still name ship, in 3 lines.");
  assert.equal(behindWords({ step: "ship", places: 1, files: ["order.yaml"] }), "ship is gone; order.yaml still names ship, in 1 line.");
});
