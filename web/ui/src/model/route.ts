// Where an edge runs: orthogonal, out of a port, around the nodes between, into the top of its target. Pure geometry on the server's positions.
import type { Edge, Graph, Node } from "../types.gen";

export interface Point {
  x: number;
  y: number;
}

/** How far an edge keeps from the port, the target and the nodes that it passes, in CSS pixels at zoom 1. */
const CLEAR = 16;
/** How far above its target an edge turns into it. */
const TURN = CLEAR * 1.5;
const RADIUS = 8;
/** Edges that have neither port nor target in common run on rows at least this far apart. */
const LANE = 12;

/** Where a port sits: `error` on the right, the others spread along the bottom. */
export function portAt(node: Node, port: string): Point {
  if (port === "error") return { x: node.x + node.w, y: node.y + node.h / 2 };
  const bottom = node.ports.filter((p) => p.name !== "error");
  const i = bottom.findIndex((p) => p.name === port);
  const share = i < 0 ? 0.5 : (i + 1) / (bottom.length + 1);
  return { x: node.x + node.w * share, y: node.y + node.h };
}

/** How far beside the middle of a step's upper side edges arrive, for those at which several do. */
export function inlets(graph: Graph): Map<string, number> {
  const out = new Map<string, number>();
  for (const e of graph.edges) if (e.enter) out.set(e.to, Math.max(out.get(e.to) ?? 0, Math.abs(e.enter)));
  return out;
}

/** Where an edge enters a node: the server spreads those that arrive together. */
function inletAt(node: Node, edge: Edge): Point {
  return { x: node.x + node.w / 2 + (edge.enter ?? 0), y: node.y };
}

export interface Route {
  points: Point[];
  d: string; // the SVG path
  mid: Point; // where the + sits
}

/** The routes of all edges whose ends both exist. */
export function routes(graph: Graph): Map<string, Route> {
  const byId = new Map(graph.nodes.map((n) => [n.id, n]));
  const out = new Map<string, Route>();
  const taken: Taken = new Map();
  const rows = new Rows(graph.nodes);
  const apart = offsets(graph);
  const ways: Way[] = [];
  for (const e of graph.edges) {
    const from = byId.get(e.from);
    const to = byId.get(e.to);
    if (from && to) ways.push({ edge: e, points: tidy(course(e, from, to, rows, apart)) });
  }
  stagger(ways);
  for (const { edge, points: way } of ways) {
    const points = inLanes(way, edge, taken);
    out.set(edge.id, { points, d: rounded(points), mid: clear(middle(points), points, rows) });
  }
  return out;
}

interface Way {
  edge: Edge;
  points: Point[];
}

/** The lowest row between steps, above the target, and the highest, below the names of ports. */
const LOWEST = 20;
const LABEL = 24;

/**
 * Sets the level stretches on which edges turn into one step at different heights where they would lie upon each other: of those from one side the outermost
 * turns lowest, so that none crosses another.
 */
function stagger(ways: Way[]): void {
  const into = new Map<string, Point[][]>(); // by side and target
  for (const { edge, points } of ways) {
    const [p, q, end] = points.slice(-3);
    if (points.length < 4 || !p || !q || !end || p.y !== q.y || end.y - q.y > 3 * CLEAR) continue;
    const side = `${p.x < q.x ? "<" : ">"}${edge.to}`;
    const same = into.get(side);
    if (same) same.push(points);
    else into.set(side, [points]);
  }
  for (const [side, all] of into) {
    const way = side.startsWith("<") ? 1 : -1;
    all.sort((a, b) => way * (a.at(-3)!.x - b.at(-3)!.x));
    const heights = [0];
    for (let i = 1; i < all.length; i++) heights.push(way * (all[i - 1]!.at(-2)!.x - all[i]!.at(-3)!.x) > -LANE ? heights[i - 1]! + 1 : 0);
    if (heights.every((h) => h === 0)) continue;
    // As far apart as the row between the steps allows.
    const lowest = all[0]!.at(-1)!.y - LOWEST;
    const by = Math.min(LANE, ...heights.flatMap((h, i) => (h ? [Math.max(0, lowest - all[i]!.at(-4)!.y - LABEL) / h] : [])));
    all.forEach((points, i) => {
      for (const p of points.slice(-3, -1)) p.y = lowest - heights[i]! * by;
    });
  }
}

/** A level stretch of an edge. */
interface Row {
  edge: Edge;
  y: number;
  left: number;
  right: number;
}

/** How far an edge stands beside the middle of its port. */
type Offsets = (edge: Edge) => number;

/** How far edges that a comparison marks differently stand apart where they share a port: one upon the other would hide which is there and which is gone. */
const APART = 10;

/** Edges of one mark share their port, as ever. */
function offsets(graph: Graph): Offsets {
  if (!graph.edges.some((e) => e.mark)) return () => 0;
  const marks = new Map<string, string[]>();
  const port = (e: Edge) => `${e.from}.${e.port}`;
  for (const e of graph.edges) {
    const all = marks.get(port(e)) ?? [];
    if (!all.includes(e.mark ?? "")) marks.set(port(e), [...all, e.mark ?? ""].sort());
  }
  return (edge) => {
    const all = marks.get(port(edge)) ?? [];
    return (all.indexOf(edge.mark ?? "") - (all.length - 1) / 2) * APART;
  };
}

/** The level stretches that there are, by the lane in which they lie. */
type Taken = Map<number, Row[]>;

/** The nodes by the height at which they begin: the layout has few heights and many nodes. */
class Rows {
  private readonly rows: { top: number; low: number; nodes: Node[] }[];

  constructor(nodes: Node[]) {
    const at = new Map<number, Node[]>();
    for (const n of nodes) {
      const row = at.get(n.y);
      if (row) row.push(n);
      else at.set(n.y, [n]);
    }
    this.rows = [...at.entries()].sort(([a], [b]) => a - b).map(([top, row]) => ({ top, low: Math.max(...row.map((n) => n.y + n.h)), nodes: row }));
  }

  /** The nodes that stand between two heights. */
  between(top: number, low: number): Node[] {
    const out: Node[] = [];
    for (let i = this.firstBelow(top); i < this.rows.length && this.rows[i]!.top < low; i++) {
      for (const n of this.rows[i]!.nodes) if (n.y + n.h > top) out.push(n);
    }
    return out;
  }

  /** The first row that reaches below a height. */
  private firstBelow(y: number): number {
    let [from, to] = [0, this.rows.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.rows[middle]!.low > y) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

/** Moves the level stretches of an edge off those of others, which it would otherwise be mistaken for: approved to the right, rejected to the left. */
function inLanes(points: Point[], edge: Edge, taken: Taken): Point[] {
  const out = points.map((p) => ({ ...p }));
  const lane = (y: number) => Math.floor(y / LANE);
  const free = (row: Row) => [-1, 0, 1].every((by) => !taken.get(lane(row.y) + by)?.some((t) => mistaken(row, t)));
  for (let i = 1; i + 2 < out.length; i++) {
    const [before, a, b, after] = out.slice(i - 1, i + 3) as [Point, Point, Point, Point];
    if (Math.abs(a.y - b.y) > 0.5) continue;
    const row = { edge, y: a.y, left: Math.min(a.x, b.x), right: Math.max(a.x, b.x) };
    const fits = (y: number) => inOrder(before.y, a.y, y) && inOrder(after.y, a.y, y) && free({ ...row, y });
    row.y = [0, 1, -1, 2, -2, 3, -3].map((n) => a.y + n * LANE).find(fits) ?? a.y;
    a.y = b.y = row.y;
    const same = taken.get(lane(row.y));
    if (same) same.push(row);
    else taken.set(lane(row.y), [row]);
  }
  return out;
}

/** Whether a stretch that was moved from one height to another still lies on the same side of its neighbour's end, with room for the corner. */
function inOrder(end: number, was: number, now: number): boolean {
  return now === was || Math.sign(was - end) === Math.sign(now - end) && Math.abs(now - end) >= LANE;
}

/** Two stretches that lie upon each other although their edges share nothing. Those of one port, or into one place, may: they say the same. */
function mistaken(a: Row, b: Row): boolean {
  if (a.edge.mark === b.edge.mark && (a.edge.to === b.edge.to && a.edge.enter === b.edge.enter || a.edge.from === b.edge.from && a.edge.port === b.edge.port)) return false;
  const near = a.edge.to === b.edge.to ? LANE / 3 : LANE; // those into one step stand as near to each other as they must
  return Math.abs(a.y - b.y) < near && a.left < b.right + LANE && b.left < a.right + LANE;
}

function course(edge: Edge, from: Node, to: Node, rows: Rows, apart: Offsets): Point[] {
  const isError = edge.port === "error";
  const port = portAt(from, edge.port);
  const by = apart(edge);
  const start = isError ? { x: port.x, y: port.y + by } : { x: port.x + by, y: port.y };
  const end = inletAt(to, edge);
  const out: Point = isError ? { x: start.x + CLEAR * 1.5, y: start.y } : { x: start.x, y: start.y + CLEAR };
  const low = end.y - TURN; // the row on which the edge turns into its target
  const top = isError ? out.y : out.y;
  const between = rows.between(top, low).filter((n) => n !== from && n !== to);
  const column = freeColumn(isError ? out.x : start.x, end.x, between, isError ? start.x + CLEAR : -Infinity);
  if (isError) {
    return [start, { x: column, y: start.y }, { x: column, y: low }, { x: end.x, y: low }, end];
  }
  if (column === start.x || column === end.x) {
    // One turn is enough; it lies on the row just above the target, or just below the port when the target's column is the free one.
    const row = column === start.x ? low : Math.min(out.y + CLEAR, low);
    return [start, { x: start.x, y: row }, { x: end.x, y: row }, end];
  }
  const row = Math.min(out.y + CLEAR, low);
  return [start, { x: start.x, y: row }, { x: column, y: row }, { x: column, y: low }, { x: end.x, y: low }, end];
}

/** The column nearest to both ends on which nothing stands between top and low. */
function freeColumn(a: number, b: number, between: Node[], least: number): number {
  const blocked = merged(between.map((n): [number, number] => [n.x - CLEAR / 2, n.x + n.w + CLEAR / 2]));
  const cost = (x: number) => Math.abs(x - a) + Math.abs(x - b) + (x === a || x === b ? 0 : 1);
  let best = a;
  let lowest = Infinity;
  for (const x of [b, a, ...between.flatMap((n) => [n.x - CLEAR, n.x + n.w + CLEAR])]) {
    const c = cost(x);
    if (c < lowest && x >= least && !holds(blocked, x)) [best, lowest] = [x, c];
  }
  return best;
}

/** Intervals in order, those that touch joined. */
function merged(intervals: [number, number][]): [number, number][] {
  const out: [number, number][] = [];
  for (const [from, to] of intervals.sort((x, y) => x[0] - y[0])) {
    const last = out.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** Whether one of the intervals, in order and apart, holds x. */
function holds(intervals: [number, number][], x: number): boolean {
  let [from, to] = [0, intervals.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (intervals[middle]![1] < x) from = middle + 1;
    else to = middle;
  }
  return from < intervals.length && intervals[from]![0] <= x;
}

/** Drops points that repeat or lie on a straight line. */
function tidy(points: Point[]): Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const a = out.at(-2);
    const b = out.at(-1);
    if (b && Math.abs(b.x - p.x) < 0.5 && Math.abs(b.y - p.y) < 0.5) continue;
    if (a && b && ((Math.abs(a.x - b.x) < 0.5 && Math.abs(b.x - p.x) < 0.5) || (Math.abs(a.y - b.y) < 0.5 && Math.abs(b.y - p.y) < 0.5))) out.pop();
    out.push(p);
  }
  return out;
}

function rounded(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let d = `M${n(first.x)} ${n(first.y)}`;
  rest.forEach((p, i) => {
    const before = points[i]!;
    const after = rest[i + 1];
    if (!after) {
      d += `L${n(p.x)} ${n(p.y)}`;
      return;
    }
    const r = Math.min(RADIUS, length(before, p) / 2, length(p, after) / 2);
    const a = toward(p, before, r);
    const b = toward(p, after, r);
    d += `L${n(a.x)} ${n(a.y)}Q${n(p.x)} ${n(p.y)} ${n(b.x)} ${n(b.y)}`;
  });
  return d;
}

function n(v: number): string {
  return String(Math.round(v * 10) / 10);
}

function length(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function toward(from: Point, to: Point, by: number): Point {
  const l = length(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * by) / l, y: from.y + ((to.y - from.y) * by) / l };
}

/** How far the + keeps from a step that its edge passes. */
const BESIDE = 24;

/** Moves the place of the + along its stretch out of the way of a step that it would touch: below it if there is room, else above. */
function clear(mid: Point, points: Point[], rows: Rows): Point {
  const i = points.findIndex((p, k) => k > 0 && p.x === mid.x && points[k - 1]!.x === mid.x && between(mid.y, p.y, points[k - 1]!.y));
  if (i < 0) return mid;
  const [low, high] = [Math.min(points[i]!.y, points[i - 1]!.y) + BESIDE / 2, Math.max(points[i]!.y, points[i - 1]!.y) - BESIDE / 2];
  const near = (y: number) => rows.between(y - BESIDE / 2, y + BESIDE / 2).find((n) => mid.x > n.x - BESIDE && mid.x < n.x + n.w + BESIDE);
  const step = near(mid.y);
  if (!step) return mid;
  const y = [step.y + step.h + BESIDE - 4, step.y - BESIDE + 4].find((at) => at >= low && at <= high && !near(at));
  return y === undefined ? mid : { x: mid.x, y };
}

function between(v: number, a: number, b: number): boolean {
  return v >= Math.min(a, b) && v <= Math.max(a, b);
}

/** The middle of the longest stretch. */
function middle(points: Point[]): Point {
  let best = points[0] ?? { x: 0, y: 0 };
  let longest = -1;
  points.slice(1).forEach((p, i) => {
    const before = points[i]!;
    const l = length(before, p);
    if (l > longest) {
      longest = l;
      best = { x: (before.x + p.x) / 2, y: (before.y + p.y) / 2 };
    }
  });
  return best;
}
