import assert from "node:assert/strict";
import { test } from "node:test";
import { withStep } from "./look";

test("an address keeps what else it says", () => {
  assert.equal(withStep("http://h/flows/a/versions/1?q=x&step=b", "c"), "http://h/flows/a/versions/1?q=x&step=c");
  assert.equal(withStep("http://h/flows/a/versions/1?step=b", null), "http://h/flows/a/versions/1");
});
