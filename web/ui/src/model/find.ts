// Finding a step by what it is called and what it does. Pure: one pass over texts that were prepared once.
import type { Node } from "../types.gen";
import { reading } from "./graph";

/** A step as it is searched: its texts in small letters. */
export interface Entry {
  node: Node;
  names: string[]; // its name and its title
  rest: string[]; // its function or flow, its kind, and what else is known of it
}

/** The steps in the order of reading, which decides between equals. more gives further words of a step: how it is doing. */
export function entries(nodes: Node[], more: (node: Node) => string | undefined = () => undefined): Entry[] {
  const small = (texts: (string | undefined)[]) => texts.flatMap((t) => (t ? [t.toLowerCase()] : []));
  return reading(nodes).map((node) => ({ node, names: small([node.id, node.title]), rest: small([node.function, node.flow, node.kind, more(node)]) }));
}

/**
 * The steps in which every word of the query occurs, the best first: by its beginning, by the beginning of a word, within a name, and only then in what
 * the step does. An empty query finds none.
 *
 * @example find(all, "ship") // ship, ship_again, worship, and what calls shipping.book
 */
export function find(all: Entry[], query: string): Node[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const ranks: { node: Node; rank: number }[] = [];
  for (const e of all) {
    let worst = 0;
    for (const w of words) {
      worst = Math.max(worst, Math.min(...e.names.map((t) => place(t, w)), ...e.rest.map((t) => place(t, w) + 3)));
      if (worst === Infinity) break;
    }
    if (worst < Infinity) ranks.push({ node: e.node, rank: worst });
  }
  return ranks.sort((a, b) => a.rank - b.rank).map((r) => r.node);
}

/** 0 at the beginning, 1 at the beginning of a word, 2 within one. */
function place(text: string, word: string): number {
  let best = Infinity;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const here = at === 0 ? 0 : /[a-z0-9]/.test(text[at - 1]!) ? 2 : 1;
    if (here < 2) return here;
    best = here;
  }
  return best;
}
