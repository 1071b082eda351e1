// What an edge of a run says that it carries.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Step } from "../types.gen";
import { carried, readsOf } from "./live";

const edge = (port: string) => ({ id: `a.${port}>b`, from: "a", port, to: "b" });
const step = (patch: Partial<Step>): Step => ({ id: "a", kind: "call", status: "succeeded", attempt: 1, output_bytes: 2048, ...patch });
const reads = readsOf([{ from: "a", to: "b" }]);

test("an edge carries the output that the step behind it reads", () => {
  assert.deepEqual(carried(edge("done"), reads, step({})), { bytes: 2048, large: false });
  assert.deepEqual(carried(edge("done"), reads, step({ output_bytes: 65_536 })), { bytes: 65_536, large: true });
});

test("nothing flows where nothing is read, recorded or taken", () => {
  assert.equal(carried(edge("done"), readsOf(undefined), step({})), null);
  assert.equal(carried(edge("done"), readsOf([{ from: "b", to: "a" }]), step({})), null);
  assert.equal(carried(edge("done"), reads, step({ status: "running", output_bytes: 0 })), null);
  assert.equal(carried(edge("done"), reads, undefined), null);
  assert.equal(carried(edge("big"), reads, step({ port: "otherwise" })), null);
  assert.equal(carried(edge("error"), reads, step({})), null);
});
