import assert from "node:assert/strict";
import { test } from "node:test";
import { crumbHref, crumbs, trail } from "./trail";

test("the way is read, goes on, and leads back", () => {
  assert.equal(trail("order", "pack", ""), "order.pack");
  const search = `?step=x&from=${trail("pack", "label", "?from=order.pack")}`;
  assert.deepEqual(crumbs(search), [{ flow: "order", step: "pack" }, { flow: "pack", step: "label" }]);
  assert.equal(crumbHref(crumbs(search), 0), "/flows/order/edit?step=pack");
  assert.equal(crumbHref(crumbs(search), 1), "/flows/pack/edit?step=label&from=order.pack");
});

test("what is no way is left out, and a long way loses its beginning", () => {
  assert.deepEqual(crumbs("?from=//evil.example,a.b,javascript:x"), [{ flow: "a", step: "b" }]);
  const long = Array.from({ length: 12 }, (_, i) => `f${i}.s`).join(",");
  assert.equal(crumbs(`?from=${long}`).length, 8);
  assert.equal(crumbs(`?from=${trail("last", "s", `?from=${long}`)}`).at(-1)!.flow, "last");
});
