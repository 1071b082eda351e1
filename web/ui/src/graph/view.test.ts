import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph, Node } from "../types.gen";
import { beyond, LEAST_ZOOM, ROOM, sees, steady, whole, zoomAround } from "./view";

const node = (id: string, x: number, y: number): Node => ({ id, kind: "call", x, y, w: 248, h: 72, ports: [] });
const graph = (...nodes: Node[]): Graph => ({ nodes, edges: [], width: 0, height: 0 });
const pane = { clientWidth: 1000, clientHeight: 800 };

test("a small flow stands in the middle, no larger than it is", () => {
  const v = whole(graph(node("a", 0, 0)), pane);
  assert.equal(v.zoom, 1);
  assert.equal(v.x + 124, 500);
  assert.equal(v.y + 36, (ROOM.top + 800 - ROOM.bottom) / 2);
});

test("what fits at no zoom begins at its top, or stands around the step that is worked on", () => {
  const long = graph(...Array.from({ length: 1000 }, (_, i) => node(`s${i}`, 0, i * 136)));
  assert.deepEqual([whole(long, pane).zoom, whole(long, pane).y], [LEAST_ZOOM, ROOM.top]);
  const at = (id: string) => whole(long, pane, id).y + long.nodes.find((n) => n.id === id)!.y * LEAST_ZOOM;
  assert.ok(Math.abs(at("s500") - 400) < 8);
  assert.ok(at("s999") > 400 && at("s999") < 800 - ROOM.bottom, `the last stands at ${at("s999")}`);
});

test("everything shrinks around the step that is worked on until the new one is in sight", () => {
  const [fixed, below, far] = [node("a", 300, 600), node("b", 300, 736), node("c", 300, 5000)];
  const at = (n: Node, v: { x: number; y: number; zoom: number }) => ({ x: (n.x + n.w / 2) * v.zoom + v.x, y: (n.y + n.h / 2) * v.zoom + v.y });
  const now = { x: 0, y: 0, zoom: 1 };
  const v = zoomAround(fixed, below, now, pane)!;
  assert.ok(v.zoom < 1 && v.zoom > 0.6);
  assert.deepEqual(at(fixed, v), at(fixed, now));
  assert.ok((below.y + below.h) * v.zoom + v.y <= 800);
  assert.deepEqual(zoomAround(fixed, fixed, now, pane), now);
  assert.equal(zoomAround(fixed, far, now, pane), null);
});

test("a step that is not wholly in sight has a side, and a place on the edge", () => {
  const at = { x: 0, y: 0, zoom: 1 };
  assert.equal(beyond(node("a", 0, 0), at, pane), null);
  assert.deepEqual(beyond(node("a", 300, 760), at, pane), { side: "below", x: 424, y: 796 });
  assert.deepEqual(beyond(node("a", 900, 5000), at, pane), { side: "below", x: 1000, y: 800 });
  assert.deepEqual(beyond(node("a", 5000, 300), at, pane), { side: "right", x: 1000, y: 336 });
  assert.equal(beyond(node("a", -900, 300), at, pane)?.side, "left");
  assert.equal(beyond(node("a", 300, -10), at, pane)?.side, "above");
  assert.equal(beyond(node("a", 300, 760), { x: 0, y: 0, zoom: 0.9 }, pane), null);
  assert.deepEqual([sees(node("a", 300, 760), at, pane), sees(node("a", 300, 800), at, pane)], [true, false]);
});

test("a new layout leaves the step that was worked on where it is, or the one in the middle for who has scrolled away", () => {
  const old = graph(node("a", 0, 0), node("b", 300, 200), node("c", 0, 3000));
  const next = graph(node("b", 310, 200), node("c", 0, 3136), node("a", 0, 136), node("new", 0, 0));
  const at = { x: 0, y: 0, zoom: 1 };
  assert.deepEqual(steady(old, next, ["a"], at, pane), { id: "a", by: { x: 0, y: 136 } });
  assert.deepEqual(steady(old, next, ["c", "gone", "b"], at, pane), { id: "b", by: { x: 10, y: 0 } }, "c is out of sight");
  assert.equal(steady(old, next, ["a"], { ...at, y: -2700 }, pane)?.id, "c");
  assert.equal(steady(old, next, [], at, pane)?.id, "b", "the middle is at 500, 400");
  assert.equal(steady(old, graph(node("new", 0, 0)), ["a"], at, pane), null);
});
