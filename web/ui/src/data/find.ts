// Search in a JSON text: in keys and in the texts of values, whatever the case. Pure.
import { isContainer, keyOf, type Outline, rawOf, stringOf } from "./outline";

/** Finds texts in one outline. What it needs for that is made at the first search. */
export class Finder {
  private lower: string | null = null;
  private odd: number[] = []; // nodes that must be decoded to be searched

  constructor(private readonly o: Outline) {}

  /** The nodes whose key or value has the text, in order. */
  find(text: string): number[] {
    const want = text.toLowerCase();
    if (!want) return [];
    const { o } = this;
    const lower = this.prepared();
    if (lower === null) return this.each(want, 0, o.length);
    const hits: number[] = [];
    let node = 0;
    for (let at = lower.indexOf(want); at >= 0; ) {
      while (node + 1 < o.length && begin(o, node + 1) <= at) node++;
      if (within(o, node, at, want.length)) {
        hits.push(node);
        // On to the next value, past the rest of this one.
        at = lower.indexOf(want, Math.max(at + 1, isContainer(o, node) ? o.start[node]! : o.end[node]!));
      } else at = lower.indexOf(want, at + 1);
    }
    if (!this.odd.length) return hits;
    const more = this.odd.filter((n) => this.has(n, want));
    return [...new Set([...hits, ...more])].sort((a, b) => a - b);
  }

  /** The whole text in lower case, unless that moves its characters. */
  private prepared(): string | null {
    if (this.lower === null) {
      this.lower = this.o.text.toLowerCase();
      for (let n = 0; n < this.o.length; n++) if (this.o.escaped[n]) this.odd.push(n);
    }
    return this.lower.length === this.o.text.length ? this.lower : null;
  }

  private each(want: string, from: number, to: number): number[] {
    const hits: number[] = [];
    for (let n = from; n < to; n++) if (this.has(n, want)) hits.push(n);
    return hits;
  }

  private has(node: number, want: string): boolean {
    const { o } = this;
    if (o.key[node]! >= 0 && keyOf(o, node).toLowerCase().includes(want)) return true;
    if (isContainer(o, node)) return false;
    const text = o.text.charCodeAt(o.start[node]!) === 34 ? stringOf(o, node).text : rawOf(o, node);
    return text.toLowerCase().includes(want);
  }
}

function begin(o: Outline, node: number): number {
  return o.key[node]! >= 0 ? o.key[node]! : o.start[node]!;
}

/** Whether a place lies in the key or in the value of a node, not in what joins them; keys and texts with escapes are decoded elsewhere. */
function within(o: Outline, node: number, at: number, length: number): boolean {
  const end = at + length;
  if (o.key[node]! >= 0 && at < o.start[node]!) {
    return !(o.escaped[node]! & 2) && at > o.key[node]! && end <= o.text.indexOf('"', o.key[node]! + 1);
  }
  if (isContainer(o, node)) return false;
  const quote = o.text.charCodeAt(o.start[node]!) === 34 ? 1 : 0;
  return !(quote && o.escaped[node]! & 1) && at >= o.start[node]! + quote && end <= o.end[node]! - quote;
}
