import assert from "node:assert/strict";
import test from "node:test";
import { Fragments, unheard } from "./fragments";

/** A server that gives these answers in turn, the last again and again; null is one that is out of reach. */
function server(answers: (number | null)[]): string[] {
  const asked: string[] = [];
  Object.assign(globalThis, {
    location: { search: "" },
    document: { getElementById: () => null },
    DOMParser: class {
      parseFromString() {
        return { getElementById: () => null };
      }
    },
    fetch: async (url: string) => {
      asked.push(url);
      const status = answers.length > 1 ? answers.shift() : answers[0];
      if (status === null || status === undefined) throw new TypeError("out of reach");
      return { ok: status < 300, status, text: async () => "<p></p>" };
    },
  });
  return asked;
}

for (const c of [
  { name: "comes", answers: [200], asked: 1, merged: 1 },
  { name: "out of reach twice", answers: [null, null, 200], asked: 3, merged: 1 },
  { name: "an overloaded server", answers: [503, 429, 200], asked: 3, merged: 1 },
  { name: "no longer allowed", answers: [403, 200], asked: 1, merged: 0 },
]) {
  test(`after the last event the list of steps is fetched until it came: ${c.name}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const asked = server(c.answers);
    let merged = 0;
    new Fragments("r1", () => merged++).rest();
    for (let i = 0; i < 200; i++) {
      t.mock.timers.tick(50);
      for (let k = 0; k < 10; k++) await Promise.resolve();
    }
    assert.equal(asked.length, c.asked);
    assert.ok(asked.every((url) => url === "/runs/r1/fragments/header.steps.detail.inspector"), asked.join());
    assert.equal(merged, c.merged);
  });
}

test("what no message tells of is asked for while the header says that there is such", () => {
  assert.deepEqual(unheard(undefined, true), []);
  assert.deepEqual(unheard({ children: "0" }, true), []);
  assert.deepEqual(unheard({ children: "0", turns: "" }, false), ["header", "steps"]);
  assert.deepEqual(unheard({ children: "0", turns: "" }, true), ["header", "steps", "inspector"]);
  assert.deepEqual(unheard({ children: "2", turns: "" }, false), ["header", "steps", "detail", "inspector"]);
});
