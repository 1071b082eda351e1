import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../types.gen";
import { mayHoldSteps, stepsText } from "./clip";

const node = (id: string, line: number, spec: object = {}) => ({ id, line, spec, kind: "set", title: "", ports: [], x: 0, y: 0, w: 1, h: 1 }) as unknown as Node;

test("steps are copied as written, in the order of the text", () => {
  const source = "name: f\nsteps:\n    a: # first\n        set: {x: 1}\n\n        # inside\n        if: true\n    b:\n        wait: 1s\n    c: {wait: 2s}\noutput: {}\n";
  const nodes = [node("c", 10), node("a", 3), node("b", 8)];
  assert.equal(stepsText(source, nodes, new Set(["a", "c"])), "steps:\n  a: # first\n      set: {x: 1}\n\n      # inside\n      if: true\n  c: {wait: 2s}\n");
});

test("steps in braces are copied as JSON", () => {
  assert.equal(stepsText("name: f\nsteps: {a: {wait: 1s}, b: {wait: 2s}}\n", [node("a", 2, { wait: "1s" }), node("b", 2)], new Set(["a"])), 'steps:\n  a: {"wait":"1s"}\n');
});

test("words are no steps", () => {
  assert.equal(mayHoldSteps("just some words"), false);
  assert.equal(mayHoldSteps("steps:\n  a: {wait: 1s}"), true);
  assert.equal(mayHoldSteps("{a: {wait: 1s}}"), true);
});
