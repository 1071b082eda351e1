// Which values of an outline are in sight, in which order. Pure.
import { nodeAt, partsTo } from "./path";
import { isContainer, type Outline, ROOT } from "./outline";

/** As many rows are opened by themselves, at most. */
const AT_FIRST = 40;
/** With no more rows than these, what does not fit is opened all the same. */
const FEW = 10;
/** As many open values are found again in another text, at most. */
const KEPT = 500;

/** The rows of a tree: the root and all that is below open values. */
export class Rows {
  /** The nodes in sight; only the first length of them count. */
  nodes = new Int32Array(64);
  length = 0;

  constructor(readonly outline: Outline, readonly open: Set<number> = openAtFirst(outline)) {
    this.list();
  }

  toggle(node: number, to = !this.open.has(node)): void {
    if (!isContainer(this.outline, node) || this.open.has(node) === to) return;
    if (to) this.open.add(node);
    else this.open.delete(node);
    this.list();
  }

  /** Opens all that a node is below. */
  reveal(node: number): void {
    let changed = false;
    for (let n = this.outline.parent[node]!; n >= 0; n = this.outline.parent[n]!) {
      changed ||= !this.open.has(n);
      this.open.add(n);
    }
    if (changed) this.list();
  }

  /** Opens everything below a node, or shuts it and all that is below. */
  all(node: number, to: boolean): void {
    const o = this.outline;
    for (let n = node; n < o.after[node]!; n++) {
      if (!isContainer(o, n)) continue;
      if (to) this.open.add(n);
      else this.open.delete(n);
    }
    this.list();
  }

  /** The row of a node, or -1. The nodes in sight are in the order of their numbers. */
  row(node: number): number {
    let from = 0;
    let to = this.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.nodes[middle]! < node) from = middle + 1;
      else to = middle;
    }
    return from < this.length && this.nodes[from] === node ? from : -1;
  }

  private list(): void {
    const o = this.outline;
    let n = 0;
    for (let node = ROOT; node < o.length; ) {
      if (n === this.nodes.length) {
        const wider = new Int32Array(n * 2);
        wider.set(this.nodes);
        this.nodes = wider;
      }
      this.nodes[n++] = node;
      node = this.open.has(node) ? node + 1 : o.after[node]!;
    }
    this.length = n;
  }
}

/** How deep a node stands; the root is 0. */
export function depthOf(o: Outline, node: number): number {
  let depth = 0;
  for (let n = o.parent[node]!; n >= 0; n = o.parent[n]!) depth++;
  return depth;
}

/** What is open of a value that nobody has touched: level by level, as much as fits on a screen. */
export function openAtFirst(o: Outline): Set<number> {
  const open = new Set<number>();
  let rows = 1;
  let long = -1; // the first that does not fit
  for (let level = [ROOT]; level.length; ) {
    const below: number[] = [];
    for (const node of level) {
      if (!isContainer(o, node)) continue;
      if (node !== ROOT && rows + o.count[node]! > AT_FIRST) {
        if (long < 0) long = node;
        continue;
      }
      open.add(node);
      rows += o.count[node]!;
      if (o.count[node]! <= AT_FIRST) for (let c = node + 1; c < o.after[node]!; c = o.after[c]!) below.push(c);
    }
    level = below;
  }
  if (long >= 0 && rows <= FEW) open.add(long); // one long list with little around it is what there is to read
  return open;
}

/** What is open in one text, in another: by their paths. */
export function openAlike(from: Outline, open: ReadonlySet<number>, to: Outline): Set<number> {
  const found = new Set<number>();
  for (const node of [...open].sort((a, b) => a - b).slice(0, KEPT)) {
    const at = nodeAt(to, partsTo(from, node));
    if (at >= 0 && isContainer(to, at)) found.add(at);
  }
  return found;
}

