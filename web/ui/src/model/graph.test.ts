import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph, Node } from "../types.gen";
import { defaultPort, freeName, neighbour, path, refusals } from "./graph";

const node = (id: string, x = 0, y = 0, ports: [string, boolean][] = [["done", false]]): Node => ({
  id, kind: "call", x, y, w: 248, h: 72, ports: ports.map(([name, wired]) => ({ name, wired })),
});
const graph = (nodes: Node[], ...edges: string[]): Graph => ({
  nodes, width: 0, height: 0,
  edges: edges.map((e) => {
    const [, from = "", port = "", to = ""] = /^(\w+)\.(\w+)>(\w+)$/.exec(e) ?? [];
    return { id: e, from, port, to };
  }),
});
const chain = graph([node("a", 0, 0), node("b", 0, 120), node("c", 0, 240), node("d", 300, 240)], "a.done>b", "b.done>c", "b.error>d");

test("path is the shortest way along the edges", () => {
  assert.deepEqual(path(chain, "a", "c"), ["a", "b", "c"]);
  assert.equal(path(chain, "c", "a"), null);
});

test("refusals name the cycle, the step itself and what is there already", () => {
  const r = refusals(chain, "c", "done");
  assert.equal(r.get("a"), "would make a cycle: a → b → c → a");
  assert.equal(r.get("b"), "would make a cycle: b → c → b");
  assert.equal(r.get("c"), "a step cannot need itself");
  assert.equal(r.has("d"), false);
  assert.equal(refusals(chain, "a", "done").get("b"), "b already needs a.done");
  assert.equal(refusals(chain, "a", "error").has("b"), false);
});

test("freeName makes a name of the language and counts on", () => {
  assert.equal(freeName(chain, "shipping.book"), "book");
  assert.equal(freeName(graph([node("book"), node("book_2")]), "shipping.book"), "book_3");
  assert.equal(freeName(chain, "9-Ship It"), "ship_it");
  assert.equal(freeName(chain, "42"), "step");
});

test("defaultPort prefers a free port and never the error port", () => {
  assert.equal(defaultPort(node("s", 0, 0, [["review", true], ["otherwise", false], ["error", false]])), "otherwise");
  const approval = { ...node("s", 0, 0, [["done", false], ["approved", false], ["rejected", false]]), kind: "approval" };
  assert.equal(defaultPort(approval), "approved");
  assert.equal(defaultPort(node("s", 0, 0, [["done", true], ["error", false]])), "done");
});

test("arrows walk edges and rows", () => {
  assert.equal(neighbour(chain, "a", "down"), "b");
  assert.equal(neighbour(chain, "b", "down"), "c");
  assert.equal(neighbour(chain, "c", "right"), "d");
  assert.equal(neighbour(chain, "d", "left"), "c");
  assert.equal(neighbour(chain, "d", "up"), "b");
  assert.equal(neighbour(chain, "a", "up"), null);
});
