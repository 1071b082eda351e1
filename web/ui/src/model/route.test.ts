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

test("edges that leave in opposite directions do not lie upon each other", () => {
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [node("review", 200, 0, "approved", "rejected"), node("refund", 0, 136), node("ship", 400, 136)],
    edges: [{ id: "yes", from: "review", port: "approved", to: "ship" }, { id: "no", from: "review", port: "rejected", to: "refund" }],
  };
  const found = routes(graph);
  const level = (id: string) => {
    const points = found.get(id)!.points;
    return points[points.findIndex((p, i) => i > 0 && p.y === points[i - 1]!.y)]!.y;
  };
  assert.ok(Math.abs(level("yes") - level("no")) >= 12, `both run at ${level("yes")}`);
  for (const id of ["yes", "no"]) assert.ok(level(id) > 72 && level(id) < 136, `${id} runs at ${level(id)}, outside the gap`);
});

test("the + of an edge stands clear of the step that the edge passes", () => {
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [node("big", 92, 0, "review", "otherwise"), node("review", 0, 136, "approved"), node("ship", 92, 272)],
    edges: [{ id: "e", from: "big", port: "otherwise", to: "ship" }],
  };
  const { mid, points } = routes(graph).get("e")!;
  const review = graph.nodes[1]!;
  assert.ok(points.some((p) => p.x === mid.x), "it stands on the edge");
  assert.ok(mid.y >= review.y + review.h + 16 || mid.y <= review.y - 16 || mid.x > review.x + review.w + 20, `it stands at ${mid.x}, ${mid.y}`);
});

test("edges that a comparison marks differently do not cover each other", () => {
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [node("a", 0, 0, "done"), node("b", 300, 0, "done"), node("c", 150, 136), node("d", 450, 136)],
    edges: [{ id: "stays", from: "a", port: "done", to: "c" }, { id: "gone", from: "b", port: "done", to: "c", mark: "-" }, { id: "gone too", from: "a", port: "done", to: "d", mark: "-" }],
  };
  const found = routes(graph);
  assert.notDeepEqual(found.get("stays")!.points[0], found.get("gone too")!.points[0]);
});

test("edges into one step arrive in places of their own, and lie nowhere upon each other", () => {
  const from = [0, 300, 600, 900, 1200].map((x, i) => node(`s${i}`, x, 0, "done"));
  const graph: Graph = {
    width: 0, height: 0,
    nodes: [...from, node("join", 600, 136)],
    edges: from.map((f, i) => ({ id: f.id, from: f.id, port: "done", to: "join", enter: (i - 2) * 20 })),
  };
  const found = routes(graph);
  const level = (id: string) => found.get(id)!.points.slice(1).flatMap((p, i) => (p.y === found.get(id)!.points[i]!.y ? [{ y: p.y, x: [p.x, found.get(id)!.points[i]!.x].sort((a, b) => a - b) }] : []));
  assert.deepEqual(from.map((f) => found.get(f.id)!.points.at(-1)!.x), [684, 704, 724, 744, 764]);
  assert.equal(found.get("s2")!.d, "M724 72L724 136");
  for (const a of from) {
    for (const b of from) {
      if (a.id >= b.id) continue;
      const upon = level(a.id).some((p) => level(b.id).some((q) => Math.abs(p.y - q.y) < 8 && p.x[0]! < q.x[1]! && q.x[0]! < p.x[1]!));
      assert.equal(upon, false, `${a.id} lies upon ${b.id}`);
    }
  }
  assert.ok(level("s0")[0]!.y > level("s1")[0]!.y && level("s4")[0]!.y > level("s3")[0]!.y, "the outermost turns lowest");
});
