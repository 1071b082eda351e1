// How a value is named: as a path from the whole, and as the expression by which a later step reads it. Pure.
import { keyOf, kindOf, type Outline, ROOT } from "./outline";

/** One step on the way to a value: a key, or an index. */
export type Part = string | number;

/** The way from the root to a node. */
export function partsTo(o: Outline, node: number): Part[] {
  const parts: Part[] = [];
  for (let n = node; n !== ROOT; n = o.parent[n]!) parts.push(kindOf(o, o.parent[n]!) === "array" ? o.place[n]! : keyOf(o, n));
  return parts.reverse();
}

/** The node at the end of a way, or -1. Of two members with one key it is the last, as readers of JSON have it. */
export function nodeAt(o: Outline, parts: readonly Part[]): number {
  let at = ROOT;
  for (const part of parts) {
    let found = -1;
    for (let c = at + 1; c < o.after[at]!; c = o.after[c]!) {
      if (typeof part === "number" ? o.key[c]! < 0 && o.place[c] === part : o.key[c]! >= 0 && keyOf(o, c) === part) found = c;
    }
    if (found < 0) return -1;
    at = found;
  }
  return at;
}

// What CEL's grammar keeps for itself: none of it may follow a dot.
const RESERVED = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(" "),
);

/** The expression that reads a value: steps.charge.output.items[3].id. root is that of the whole value, "" for none. */
export function celOf(root: string, parts: readonly Part[]): string {
  let text = root;
  for (const part of parts) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(part) && !RESERVED.has(part)) text += (text ? "." : "") + part;
    else text += `[${quoted(part)}]`;
  }
  return text;
}

/** The path from the whole: $.items[3].id, as JSONPath has it. */
export function pathOf(parts: readonly Part[]): string {
  return celOf("$", parts);
}

/** A text as CEL and JSON both write it. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
