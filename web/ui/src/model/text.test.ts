import assert from "node:assert/strict";
import { test } from "node:test";
import { rebase } from "./text";

test("what was typed goes onto what came meanwhile", () => {
  const base = "name: cut\nsteps:\n  a:\n    wait: 1s\n";
  const typed = "name: cut # too\nsteps:\n  a:\n    wait: 1s\n";
  const now = "name: cut\nsteps:\n  a:\n    title: x\n    wait: 1s\n";
  const both = "name: cut # too\nsteps:\n  a:\n    title: x\n    wait: 1s\n";
  assert.equal(rebase(base, typed, now), both);
  assert.equal(rebase(base, now, typed), both);
  assert.equal(rebase(base, typed, base), typed);
  assert.equal(rebase(base, base, now), now);
  assert.equal(rebase(base, typed, typed), typed);
  assert.equal(rebase("a b c", "a X c", "a Y c"), null);
  assert.equal(rebase("ab", "aXb", "aYb"), null); // which comes first?
  assert.equal(rebase("a b c", "a c", "a b c d"), "a c d");
});
