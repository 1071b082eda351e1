import assert from "node:assert/strict";
import { test } from "node:test";
import { HEIGHTS, snap } from "./sheet";

test("a sheet goes to the nearest height, or on in the direction in which it was thrown", () => {
  assert.equal(snap(0.3, 0), 0);
  assert.equal(snap(0.5, 0), 1);
  assert.equal(snap(0.8, 0), 2);
  assert.equal(snap(HEIGHTS[1] + 0.02, 1), 2);
  assert.equal(snap(HEIGHTS[1] - 0.02, -1), 0);
  assert.equal(snap(HEIGHTS[2], 1), 2);
  assert.equal(snap(0.1, -1), 0);
});
