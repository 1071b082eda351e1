import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Gathered, Run, Step } from "../types.gen";
import { applyGathered, caughtUp, join, Lag, Meanwhile, withBelow } from "./gather";

const step = (id: string, status: string): Step => ({ id, kind: "call", status, attempt: 1 });
const events = (from: number, to: number): Event[] => Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, at: "", facts: [] }));
const g = (after: number, seq: number, more: Partial<Gathered> = {}): Gathered => ({
  after, seq, sent: "", beat_ms: 0, events: events(after + 1, seq), run: { version: 1, status: "running", actions: [] }, steps: [], ...more,
});
const seqs = (m: Gathered) => m.events.map((e) => e.seq).join(" ");

test("joined messages hold the newest state of each step and all events", () => {
  const m = join(g(4, 5, { steps: [step("a", "running"), step("b", "queued")] }), g(5, 7, { steps: [step("a", "succeeded")], run: { version: 1, status: "failed", actions: ["retry"] } }), 10);
  assert.equal(m.after, 4);
  assert.equal(m.seq, 7);
  assert.equal(seqs(m), "5 6 7");
  assert.equal(m.skipped, 0);
  assert.deepEqual(m.steps.map((s) => `${s.id} ${s.status}`), ["a succeeded", "b queued"]);
  assert.equal(m.run.status, "failed");
});

test("what is more than a log holds, and what the server skipped, is counted", () => {
  const cut = join(g(0, 3), g(3, 6), 4);
  assert.equal(seqs(cut), "3 4 5 6");
  assert.equal(cut.skipped, 2);
  const gap = join(g(0, 3), g(3, 100, { events: events(99, 100), skipped: 95 }), 10);
  assert.equal(seqs(gap), "99 100");
  assert.equal(gap.skipped, 98);
});

test("a message is applied once", () => {
  const run: Run = { id: "r", flow: "f", version: 1, status: "running", seq: 4, input: null, created_at: "", actions: [], steps: [step("a", "running"), step("b", "pending")] };
  const m = g(4, 5, { steps: [step("a", "succeeded")], run: { version: 1, status: "succeeded", actions: ["retry"] } });
  const after = applyGathered(run, m);
  assert.equal(after.seq, 5);
  assert.equal(after.status, "succeeded");
  assert.deepEqual(after.steps.map((s) => s.status), ["succeeded", "pending"]);
  assert.equal(after.steps[1], run.steps[1]);
  assert.equal(applyGathered(after, m), after);
});

test("a lag is what is more than the quickest message took, whatever the clocks say", () => {
  const lag = new Lag();
  const came = (sent: number, now: number) => (lag.came(sent, now), lag.behind(now, 1500));
  assert.equal(came(1_000_000, 400), 0); // the server's clock is far ahead
  assert.equal(came(1_000_100, 490), 0);
  assert.equal(came(1_000_200, 5590), 5000);
  assert.equal(came(1_000_300, 690), 0); // the next one is in time
  lag.reset();
  assert.equal(came(1_000_000, 9000), 0);
});

test("a line that is silent for longer than was promised is behind by its silence", () => {
  const lag = new Lag();
  lag.came(0, 1000);
  assert.equal(lag.behind(99_000, 1500), 0); // a server that promises nothing may be silent
  lag.came(0, 1000, 2000);
  assert.equal(lag.silent(3000), 0);
  assert.equal(lag.behind(4500, 1500), 0);
  assert.equal(lag.silent(4600), 3600);
  assert.equal(lag.behind(4600, 1500), 3600);
  lag.came(4000, 5000, 2000);
  assert.equal(lag.behind(5000, 1500), 0);
  lag.came(6000, 99_000, 2000); // it comes after all, late
  assert.equal(lag.behind(99_000, 1500), 92_000);
  lag.reset();
  assert.equal(lag.behind(199_000, 1500), 0);
});

test("what shows of a run below stays until the step ends or the list says otherwise", () => {
  const run: Run = { id: "r", flow: "f", version: 1, status: "running", seq: 4, input: null, created_at: "", actions: [], steps: [{ ...step("a", "running"), below: "ask" }, step("b", "pending")] };
  const on = applyGathered(run, g(4, 5, { steps: [step("a", "running")] }));
  assert.equal(on.steps[0]!.below, "ask");
  assert.equal(applyGathered(on, g(5, 6, { steps: [step("a", "succeeded")] })).steps[0]!.below, undefined);
  assert.equal(withBelow(on.steps, new Map([["a", "ask"]])), on.steps);
  assert.deepEqual(withBelow(on.steps, new Map([["a", "paused"]])).map((s) => s.below), ["paused", undefined]);
});

test("a version that a run goes on with is taken in with what came meanwhile", () => {
  const of = (version: number, seq: number, steps: Step[]): Run => ({ id: "r", flow: "f", version, status: "running", seq, input: null, created_at: "", actions: [], steps });
  const meanwhile = new Meanwhile();
  const says = [
    g(4, 5, { steps: [step("a", "running")], run: { version: 2, status: "running", actions: [] } }),
    g(5, 7, { steps: [step("b", "running")], run: { version: 2, status: "running", actions: [] } }),
    g(7, 9, { steps: [step("new", "succeeded")], run: { version: 2, status: "succeeded", actions: [] } }),
  ];
  let shown = of(1, 4, [step("a", "failed")]);
  for (const m of says) {
    meanwhile.note(m);
    shown = applyGathered(shown, m);
  }
  const run = meanwhile.onto(of(2, 6, [step("a", "succeeded"), step("b", "pending"), step("new", "pending")]), shown);
  assert.equal(`${run.version} ${run.seq} ${run.status}`, "2 9 succeeded");
  assert.deepEqual(run.steps.map((s) => `${s.id} ${s.status}`), ["a succeeded", "b running", "new succeeded"]);
  const later = of(2, 10, [step("a", "succeeded")]);
  assert.equal(meanwhile.onto(later, shown), later);
});

test("an answer is asked for again only if a later message named another version", () => {
  const at = (version: number, seq: number) => ({ version, seq }) as Run;
  assert.equal(caughtUp(at(2, 6), at(1, 9), 2), true, "of the version that was named");
  assert.equal(caughtUp(at(2, 6), at(1, 9), 3), false, "it has gone on once more since");
  assert.equal(caughtUp(at(3, 12), at(1, 9), 2), true, "ahead of the messages");
});
