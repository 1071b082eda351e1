import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph, Node } from "../types.gen";
import { portAt, routes } from "./route";

const node = (id: string, x: number, y: number, ...ports: string[]): Node => ({
  id, kind: "call", x, y, w: 248, h: 72, ports: ports.map((name) => ({ name, wired: true })),
});

test("ports spread along the bottom, error stands on the right", () => {
  const n = node("s", 100, 0, "review", "otherwise", "error");
  assert.deepEqual(portAt(n, "review"), { x: 100 + 248 * (1 / 3), y: 72 });
  assert.deepEqual(portAt(n, "error"), { x: 348, y: 36 });
});

test("an edge goes around the nodes between its ends", () => {
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [node("a", 0, 0, "done"), node("b", 0, 120, "done"), node("c", 0, 240)],
    edges: [{ id: "e", from: "a", port: "done", to: "c" }],
  };
  const points = routes(graph).get("e")!.points;
  const b = graph.nodes[1]!;
  points.slice(1).forEach((p, i) => {
    const q = points[i]!;
    const hits = Math.max(p.x, q.x) > b.x && Math.min(p.x, q.x) < b.x + b.w && Math.max(p.y, q.y) > b.y && Math.min(p.y, q.y) < b.y + b.h;
    assert.equal(hits, false, `stretch ${JSON.stringify([q, p])} runs through b`);
  });
});

test("straight below is a straight line", () => {
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [node("a", 0, 0, "done"), node("b", 0, 120)],
    edges: [{ id: "e", from: "a", port: "done", to: "b" }, { id: "gone", from: "a", port: "done", to: "nobody" }],
  };
  assert.equal(routes(graph).get("e")!.d, "M124 72L124 120");
  assert.equal(routes(graph).has("gone"), false);
});
