// A "did you mean" that one click takes: the wrong name in the text, at the place that the issue names, becomes the suggested one.
import type { Issue } from "../types.gen";

export interface Mend {
  label: string; // of the button and of the undo entry
  text: string; // the whole YAML, mended
}

const WORD = /[A-Za-z0-9_.-]/;

/** What the issue's suggestion would make of the YAML; null if it suggests nothing, or its place no longer holds the wrong name. */
export function mendOf(issue: Issue, yaml: string): Mend | null {
  const right = /did you mean `([^`]+)`\?/.exec(issue.hint ?? "")?.[1];
  if (!right) return null;
  const lines = yaml.split("\n");
  const line = lines[issue.line - 1];
  if (line === undefined) return null;
  const start = [...line].slice(0, Math.max(0, issue.column - 1)).join("").length;
  // Of the names that the message quotes, the wrong one is the one most like the suggestion.
  const quoted = [...issue.message.matchAll(/`([^`]+)`/g)].map((m) => m[1]!).filter((name) => name !== right);
  let best: { at: number; wrong: string; far: number } | null = null;
  for (const wrong of quoted) {
    const at = find(line, wrong, start) ?? find(line, wrong, 0);
    const far = distance(wrong, right);
    if (at !== null && (!best || far < best.far)) best = { at, wrong, far };
  }
  if (!best) return null;
  lines[issue.line - 1] = line.slice(0, best.at) + right + line.slice(best.at + best.wrong.length);
  return { label: `Use ${right}`, text: lines.join("\n") };
}

/** Where a name stands by itself, or as the end of a path, from a place on. */
function find(line: string, name: string, from: number): number | null {
  for (let at = line.indexOf(name, from); at >= 0; at = line.indexOf(name, at + 1)) {
    const before = line[at - 1] ?? " ";
    const after = line[at + name.length] ?? " ";
    if ((before === "." || !WORD.test(before)) && (after === "." || !WORD.test(after))) return at;
  }
  return null;
}

/** How many single changes lie between two names. */
function distance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
