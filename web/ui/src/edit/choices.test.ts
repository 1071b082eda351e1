import assert from "node:assert/strict";
import { test } from "node:test";
import { flowOffers, functionOffers, KINDS, search } from "./choices";

const fn = (name: string, title?: string) => ({ name, title, kind: "http", target: "", idempotent: true });

test("search ranks the start of a name, then of a part, then the middle, the title, and scattered letters", () => {
  const offers = functionOffers([fn("a.xbook"), fn("mail.send", "A book of mails"), fn("shipping.book"), fn("book.take"), fn("b.o.o.k")]);
  assert.deepEqual(search(offers, "book").map((o) => o.name), ["book.take", "shipping.book", "a.xbook", "mail.send", "b.o.o.k"]);
  assert.deepEqual(search(offers, "zzz"), []);
  assert.equal(search(KINDS, "").length, KINDS.length);
});

test("flows are offered as steps that run them", () => {
  const offers = flowOffers([{ name: "billing", title: "Send a bill", version: 3 }, { name: "shop", version: 1 }]);
  assert.deepEqual(search(offers, "bill"), [{ id: "flow-billing", kind: "flow", flow: "billing", name: "billing", about: "Send a bill" }]);
});
