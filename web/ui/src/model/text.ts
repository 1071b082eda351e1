// Two changes of one text. Pure.

/** The one stretch in which two texts differ, so that cursors and folds elsewhere stay. */
export function difference(a: string, b: string): { from: number; to: number; insert: string } {
  let start = 0;
  const most = Math.min(a.length, b.length);
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return { from: start, to: a.length - end, insert: b.slice(start, b.length - end) };
}

/**
 * What was typed on one text, on another that came of it meanwhile; null if both changed the same stretch.
 *
 * @example rebase("a b", "a! b", "a b?") // "a! b?"
 */
export function rebase(base: string, typed: string, now: string): string | null {
  if (base === now || typed === now) return typed;
  if (base === typed) return now;
  const mine = difference(base, typed);
  const other = difference(base, now);
  const [first, second] = mine.from <= other.from ? [mine, other] : [other, mine];
  if (first.to > second.from || (first.from === second.from && first.to === second.to)) return null;
  return base.slice(0, first.from) + first.insert + base.slice(first.to, second.from) + second.insert + base.slice(second.to);
}
