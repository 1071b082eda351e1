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

/** Every step that may not be the target of a new edge out of from.port, with the reason in words. */
export function refusals(graph: Graph, from: string, port: string): Map<string, string> {
  const out = new Map<string, string>();
  out.set(from, `a step cannot need itself`);
  const back = new Map<string, string[]>();
  for (const e of graph.edges) back.set(e.to, [...(back.get(e.to) ?? []), e.from]);
  const queue = [from];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const before of back.get(at) ?? []) {
      if (out.has(before)) continue;
      const way = path(graph, before, from) ?? [before, from];
      out.set(before, `would make a cycle: ${[...way, before].join(" → ")}`);
      queue.push(before);
    }
  }
  for (const e of graph.edges) {
    if (e.from === from && e.port === port) out.set(e.to, `${e.to} already needs ${from}.${port}`);
  }
  return out;
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
