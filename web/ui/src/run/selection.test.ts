import assert from "node:assert/strict";
import test from "node:test";
import { planAddress } from "./selection";

for (const c of [
  { name: "what is selected stays so, not what was when the link was written", here: "?step=b&view=output", asked: "plan=retry&step=a&item=3&version=2", want: "?step=b&view=output&plan=retry&version=2" },
  { name: "the run's own version has none", here: "?step=b&plan=retry&version=2", asked: "plan=retry", want: "?step=b&plan=retry" },
  { name: "a restart of the step that is selected keeps its item", here: "?step=a&item=3&flash=paused", asked: "plan=restart&step=a&version=4", want: "?step=a&item=3&plan=restart&version=4" },
  { name: "a restart of another step selects that", here: "?step=b&view=output", asked: "plan=restart&step=a&version=4", want: "?plan=restart&step=a&version=4" },
]) {
  test(`the address of a plan: ${c.name}`, () => {
    assert.equal(planAddress(new URL(`http://h/runs/r1${c.here}`), new URLSearchParams(c.asked)).search, c.want);
  });
}
