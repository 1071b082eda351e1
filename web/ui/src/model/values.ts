// A recorded value as a tree of rows, and what inserting a row's path does to an expression. Pure.

/** A number as it was written: JSON.parse alone would round what is longer than a double holds. */
class Written {
  constructor(readonly source: string) {}
}

/** One row: a leaf, or something that holds others. */
export interface Row {
  key: string; // how it is called within what holds it
  path: string; // in an expression
  text: string; // of a leaf: JSON. Of others: how much they hold
  kind: "leaf" | "object" | "list";
  tone: "string" | "number" | "other";
}

/** A recorded value that can be looked into. */
export type Tree = unknown;

/** Reads recorded JSON; undefined if it is none, as the beginning of a long value. */
export function readTree(text: string): Tree | undefined {
  const exact = (_: string, v: unknown, context?: { source?: string }) => (typeof v === "number" ? new Written(context?.source ?? String(v)) : v);
  try {
    return JSON.parse(text, exact as (key: string, v: unknown) => unknown) as Tree;
  } catch {
    return undefined;
  }
}

export function rowOf(key: string, path: string, value: Tree): Row {
  if (value instanceof Written) return { key, path, text: value.source, kind: "leaf", tone: "number" };
  if (Array.isArray(value)) return { key, path, text: counted(value.length, "item"), kind: "list", tone: "other" };
  if (typeof value === "object" && value !== null) return { key, path, text: counted(Object.keys(value).length, "field"), kind: "object", tone: "other" };
  return { key, path, text: JSON.stringify(value), kind: "leaf", tone: typeof value === "string" ? "string" : "other" };
}

/** What a value holds, each with its key and its path. */
export function below(path: string, value: Tree): [key: string, path: string, value: Tree][] {
  if (value instanceof Written) return [];
  if (Array.isArray(value)) return value.map((v, i) => [`[${i}]`, `${path}[${i}]`, v as Tree]);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([k, v]) => [k, path + selector(k), v as Tree]);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WORDS = new Set(["true", "false", "null", "in"]); // of CEL: no names

function selector(key: string): string {
  return NAME.test(key) && !WORDS.has(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function counted(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

/** Puts a path where the selection is. What was typed of it before the cursor is replaced with it. */
export function insertPath(text: string, from: number, to: number, path: string): { text: string; caret: number } {
  const typed = /(?:[A-Za-z_][\w.?]*)$/.exec(text.slice(0, from))?.[0] ?? "";
  const begun = typed !== "" && path.startsWith(typed.replaceAll("?", ""));
  const start = begun ? from - typed.length : from;
  return { text: text.slice(0, start) + path + text.slice(to), caret: start + path.length };
}
