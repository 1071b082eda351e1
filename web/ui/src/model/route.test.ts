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
    nodes: [node("a", 0, 0, "done"), node("b", 300, 0, "done"), node("c", 150, 136)],
    edges: [{ id: "stays", from: "a", port: "done", to: "c" }, { id: "gone", from: "b", port: "done", to: "c", mark: "-" }, { id: "gone too", from: "a", port: "done", to: "c", mark: "-" }],
  };
  const found = routes(graph);
  const end = (id: string) => found.get(id)!.points.at(-1)!;
  assert.ok(Math.abs(end("stays").x - end("gone").x) >= 8, "they end in one place");
  assert.deepEqual(end("gone"), end("gone too"));
  assert.notDeepEqual(found.get("stays")!.points[0], found.get("gone too")!.points[0]);
});
