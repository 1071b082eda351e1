import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiffChange } from "../types.gen";
import { changeAt, lineOf, nextChange, said, selectionOf, withChange } from "./diff";

const changes: DiffChange[] = [
  { id: "reach-ship", sign: "!", text: "ship can now run without big", step: "ship", new: 9 },
  { id: "step-ship", sign: "~", text: "step ship", below: ["timeout: 10s → 20s"], step: "ship", old: 8, new: 9 },
  { id: "step-big", sign: "-", text: "step big (switch)", step: "big", old: 5 },
  { id: "edge-big.otherwise-ship", sign: "-", text: "edge big.otherwise → ship", edge: "big.otherwise>ship", old: 8, new: 9 },
  { id: "key-title", sign: "~", text: "title: a → b", old: 2, new: 2 },
];
const ids = (c: DiffChange | undefined) => c?.id;

test("N and P go round", () => {
  assert.equal(ids(nextChange(changes, null, 1)), "reach-ship");
  assert.equal(ids(nextChange(changes, null, -1)), "key-title");
  assert.equal(ids(nextChange(changes, "step-ship", 1)), "step-big");
  assert.equal(ids(nextChange(changes, "key-title", 1)), "reach-ship");
  assert.equal(ids(nextChange(changes, "reach-ship", -1)), "key-title");
  assert.equal(nextChange([], null, 1), undefined);
});

test("clicking a step goes through what is about it", () => {
  const ship = { kind: "step", id: "ship" } as const;
  assert.equal(ids(changeAt(changes, ship, null)), "reach-ship");
  assert.equal(ids(changeAt(changes, ship, "reach-ship")), "step-ship");
  assert.equal(ids(changeAt(changes, ship, "step-ship")), "reach-ship");
  assert.equal(ids(changeAt(changes.slice(2), ship, null)), "edge-big.otherwise-ship");
  assert.equal(ids(changeAt(changes, { kind: "edge", id: "big.otherwise>ship" }, null)), "edge-big.otherwise-ship");
  assert.equal(changeAt(changes, { kind: "step", id: "pay" }, null), undefined);
});

test("a change selects its step, else its edge", () => {
  assert.deepEqual(selectionOf(changes[0]), { kind: "step", id: "ship" });
  assert.deepEqual(selectionOf(changes[3]), { kind: "edge", id: "big.otherwise>ship" });
  assert.equal(selectionOf(changes[4]), null);
  assert.equal(selectionOf(undefined), null);
});

test("an address names the change, and in the text its line", () => {
  const at = "http://h/flows/order/diff?from=1&to=draft";
  assert.equal(withChange(`${at}#diff-view`, changes[2]), `${at}&change=step-big`);
  assert.equal(withChange(`${at}&view=text`, changes[2]), `${at}&view=text&change=step-big#old-5`);
  assert.equal(withChange(`${at}&view=text&change=x#new-3`, changes[1]), `${at}&view=text&change=step-ship#new-9`);
  assert.equal(withChange(`${at}&change=step-big`, undefined), at);
  assert.equal(lineOf(changes[2]!), "old-5");
});

test("what is said aloud", () => {
  assert.equal(said(changes, changes[2]!), "3 of 5. Removed: step big (switch)");
  assert.equal(said(changes, changes[1]!), "2 of 5. Changed: step ship; timeout: 10s → 20s");
  assert.equal(said(changes, changes[0]!), "1 of 5. Mind: ship can now run without big");
});
