// Questions about a flow's graph that a gesture asks before the server is asked. Pure; the server's answer is the one that counts.
import type { Edge, Graph, Node } from "../types.gen";

/** The edge's identity as the server writes it. */
export function edgeId(from: string, port: string, to: string): string {
  return `${from}.${port}>${to}`;
}

/**
 * The way from one step to another along the edges, both ends included, or null if there is none. The shortest by edges.
 *
 * @example path({edges: a→b, b→c}, "a", "c") // ["a", "b", "c"]
 */
export function path(graph: Graph, from: string, to: string): string[] | null {
  if (from === to) return [from];
  const next = successors(graph);
  const cameFrom = new Map<string, string>();
  const queue = [from];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const n of next.get(at) ?? []) {
      if (n === from || cameFrom.has(n)) continue;
      cameFrom.set(n, at);
      if (n === to) {
        const way = [n];
        for (let p = cameFrom.get(n); p !== undefined; p = cameFrom.get(p)) way.unshift(p);
        return way;
      }
      queue.push(n);
    }
  }
  return null;
}

function successors(graph: Graph): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const e of graph.edges) {
    const list = next.get(e.from);
    if (list) list.push(e.to);
    else next.set(e.from, [e.to]);
  }
  return next;
}

/** Every step that may not be the target of a new edge out of from.port, with the reason in words. One walk over the edges. */
export function refusals(graph: Graph, from: string, port: string): Map<string, string> {
  const out = new Map<string, string>();
  out.set(from, `a step cannot need itself`);
  const back = new Map<string, string[]>();
  for (const e of graph.edges) {
    const list = back.get(e.to);
    if (list) list.push(e.from);
    else back.set(e.to, [e.from]);
  }
  const next = new Map<string, string>(); // the step behind each one, on its shortest way to from
  const queue = [from];
  for (let i = 0; i < queue.length; i++) {
    const at = queue[i]!;
    for (const before of back.get(at) ?? []) {
      if (before === from || next.has(before)) continue;
      next.set(before, at);
      queue.push(before);
      out.set(before, `would make a cycle: ${way(before, from, next)}`);
    }
  }
  for (const e of graph.edges) {
    if (e.from === from && e.port === port) out.set(e.to, `${e.to} already needs ${from}.${port}`);
  }
  return out;
}

/** How many steps of a cycle are named: the rest is three dots. */
const MOST_NAMED = 8;

function way(start: string, from: string, next: Map<string, string>): string {
  const names = [start];
  for (let at = next.get(start); at !== undefined; at = next.get(at)) {
    if (names.length >= MOST_NAMED && at !== from) {
      names.push("…", from);
      break;
    }
    names.push(at);
    if (at === from) break;
  }
  return [...names, start].join(" → ");
}

/** Every step that can be reached from one of these, these included. */
export function downstream(graph: Graph, ids: Iterable<string>): Set<string> {
  const next = successors(graph);
  const seen = new Set(ids);
  const queue = [...seen];
  for (let i = 0; i < queue.length; i++) {
    for (const n of next.get(queue[i]!) ?? []) {
      if (seen.has(n)) continue;
      seen.add(n);
      queue.push(n);
    }
  }
  return seen;
}

/** Every step that one of these needs, directly or by others, without these. */
export function upstream(graph: Graph, ids: Iterable<string>): Set<string> {
  const own = new Set(ids);
  const mirrored = downstream({ ...graph, edges: graph.edges.map((e) => ({ ...e, from: e.to, to: e.from })) }, own);
  for (const id of own) mirrored.delete(id);
  return mirrored;
}

/** The ports that may need a step: of every step that is not behind it, those that it does not need yet. */
export function freeSources(graph: Graph, to: string): { from: string; port: string }[] {
  const behind = downstream(graph, [to]);
  const taken = new Set(into(graph, to).map((e) => `${e.from}.${e.port}`));
  return graph.nodes.flatMap((n) => (behind.has(n.id) ? [] : n.ports.filter((p) => !taken.has(`${n.id}.${p.name}`)).map((p) => ({ from: n.id, port: p.name }))));
}

/** The port after this one, for a key that goes through them. */
export function nextPort(node: Node, port: string): string {
  const branching = node.kind === "switch" || node.kind === "approval";
  const ports = node.ports.filter((p) => !(branching && p.name === "done")).map((p) => p.name);
  return ports[(ports.indexOf(port) + 1) % ports.length] ?? port;
}

/** Where an arrow leads while an edge is drawn: through the steps that may take it, in the order of reading. */
export function nextTarget(graph: Graph, wire: { from: string; port: string }, at: string, by: 1 | -1): string | null {
  const refused = refusals(graph, wire.from, wire.port);
  const order = reading(graph.nodes);
  const here = Math.max(0, order.findIndex((n) => n.id === at));
  for (let i = 1; i <= order.length; i++) {
    const n = order[(here + by * i + order.length * i) % order.length]!;
    if (!refused.has(n.id)) return n.id;
  }
  return null;
}

/** The port that a step added after this one hangs on: the first that is free and not the error port, else the first. */
export function defaultPort(node: Node): string {
  const branching = node.kind === "switch" || node.kind === "approval";
  const ports = node.ports.filter((p) => p.name !== "error" && !(branching && p.name === "done"));
  return (ports.find((p) => !p.wired) ?? ports[0])?.name ?? "done";
}

/** A name that is free, made from a wish such as a function's: "shipping.book" gives "book", then "book_2". */
export function freeName(graph: Graph, wish: string): string {
  const last = wish.split(".").pop() ?? wish;
  const base = last.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^[^a-z]+/, "") || "step";
  const taken = new Set(graph.nodes.map((n) => n.id));
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}

export type Direction = "up" | "down" | "left" | "right";

/** Where an arrow key leads: down and up along the edges, left and right along the row. */
export function neighbour(graph: Graph, id: string, direction: Direction): string | null {
  const here = graph.nodes.find((n) => n.id === id);
  if (!here) return graph.nodes[0]?.id ?? null;
  const byId = new Map(graph.nodes.map((n) => [n.id, n]));
  const nearest = (ids: string[]) =>
    ids
      .map((i) => byId.get(i))
      .filter((n) => n !== undefined)
      .sort((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x) || Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0]?.id ?? null;
  switch (direction) {
    case "down":
      return nearest(graph.edges.filter((e) => e.from === id).map((e) => e.to));
    case "up":
      return nearest(graph.edges.filter((e) => e.to === id).map((e) => e.from));
    case "left":
    case "right": {
      const side = direction === "left" ? -1 : 1;
      return nearest(graph.nodes.filter((n) => n.id !== id && Math.abs(n.y - here.y) < here.h / 2 && Math.sign(n.x - here.x) === side).map((n) => n.id));
    }
  }
}

/** The steps in the order of reading: row by row, each from the left. */
export function reading(nodes: Node[]): Node[] {
  return [...nodes].sort((a, b) => a.y - b.y || a.x - b.x);
}

/** The edges into a step, in the order that the graph lists them. */
export function into(graph: Graph, id: string): Edge[] {
  return graph.edges.filter((e) => e.to === id);
}

/** The edges into a step and those out of it. */
export function edgesOf(graph: Graph, id: string): { before: Edge[]; behind: Edge[] } {
  return { before: into(graph, id), behind: graph.edges.filter((e) => e.from === id) };
}

/** The steps that a box touches, in the order of reading. */
export function within(graph: Graph, box: { left: number; top: number; right: number; bottom: number }): string[] {
  return reading(graph.nodes)
    .filter((n) => n.x < box.right && n.x + n.w > box.left && n.y < box.bottom && n.y + n.h > box.top)
    .map((n) => n.id);
}
