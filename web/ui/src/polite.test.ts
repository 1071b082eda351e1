import assert from "node:assert/strict";
import test from "node:test";
import { changed, POLITE_MS, Polite } from "./polite";

/** A clock that moves when it is told to. */
class Hand {
  private t = 0;
  private due: { at: number; fn: () => void }[] = [];
  now(): number {
    return this.t;
  }
  later(fn: () => void, ms: number): void {
    this.due.push({ at: this.t + ms, fn });
  }
  move(ms: number): void {
    const end = this.t + ms;
    for (;;) {
      const next = this.due.filter((d) => d.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.due.splice(this.due.indexOf(next), 1);
      this.t = next.at;
      next.fn();
    }
    this.t = end;
  }
}

test("at most one announcement in five seconds, and the last word is said", () => {
  const clock = new Hand();
  const said: [number, string][] = [];
  const p = new Polite((text) => said.push([clock.now(), text]), clock);
  for (let i = 0; i < 200; i++) {
    p.tell(() => `event ${i}`);
    clock.move(97);
  }
  clock.move(60_000);
  for (let i = 1; i < said.length; i++) assert.ok(said[i]![0] - said[i - 1]![0] >= POLITE_MS, `said at ${said[i - 1]![0]} and at ${said[i]![0]}`);
  assert.equal(said[0]![1], "event 0");
  assert.equal(said.at(-1)![1], "event 199");
  assert.ok(said.length >= 4 && said.length <= 6, `${said.length} announcements in 20 s`);
});

test("what says nothing does not hold up what comes after it", () => {
  const clock = new Hand();
  const said: string[] = [];
  const p = new Polite((text) => said.push(text), clock);
  p.tell(() => "");
  p.tell(() => "something");
  assert.deepEqual(said, ["something"]);
});

test("what has changed of a run, in words", () => {
  const at = (run: string, steps: Record<string, string>) => ({ run, steps: new Map(Object.entries(steps)) });
  const before = at("running", { a: "running", b: "pending", c: "pending", d: "pending" });
  assert.equal(changed(before, before), "");
  assert.equal(changed(before, at("running", { a: "succeeded", b: "running", c: "pending", d: "pending" })), "a succeeded. b running.");
  assert.equal(changed(before, at("failed", { a: "failed", b: "pending", c: "pending", d: "pending" })), "a failed. The run is failed.");
  assert.equal(changed(before, at("running", { a: "succeeded", b: "succeeded", c: "failed", d: "skipped" })), "4 steps changed: 2 succeeded, 1 failed, 1 skipped.");
});
