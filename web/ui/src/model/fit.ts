// Which functions fit at a place of a flow: those whose required fields the flow's input or a step before gives by the same name and type. It only ranks
// what is offered; what is right, the check says.
import type { Function as Fn, Graph, Json } from "../types.gen";
import { isObject, resolve } from "./schema";

/** Names and JSON types that can be read at a place; the empty type is one that nobody said. */
export type Given = Map<string, Set<string>>;

/** What the input of a flow and the outputs of these steps hold, by name. */
export function given(input: Json | undefined, graph: Graph, steps: Iterable<string>, functions: Fn[]): Given {
  const out: Given = new Map();
  note(out, input);
  const byName = new Map(functions.map((f) => [f.name, f]));
  const wanted = new Set(steps);
  for (const n of graph.nodes) {
    if (wanted.has(n.id) && n.function) note(out, byName.get(n.function)?.output);
  }
  return out;
}

function note(into: Given, root: Json | undefined): void {
  const schema = resolve(root, root);
  const properties = isObject(schema) ? schema["properties"] : undefined;
  if (!isObject(properties)) return;
  for (const [name, one] of Object.entries(properties)) {
    const set = into.get(name) ?? new Set<string>();
    set.add(typeOf(resolve(root, one)));
    into.set(name, set);
  }
}

function typeOf(schema: Json | undefined): string {
  const type = isObject(schema) ? schema["type"] : undefined;
  return typeof type === "string" ? (type === "integer" ? "number" : type) : "";
}

/**
 * How well a function fits: the share of its required fields that are given. A function that requires nothing fits nowhere in particular: 0.
 *
 * @example fit(function that requires sku and n, given sku) // 0.5
 */
export function fit(fn: Fn, have: Given): number {
  const schema = resolve(fn.input, fn.input);
  if (!isObject(schema) || !Array.isArray(schema["required"]) || schema["required"].length === 0) return 0;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  let n = 0;
  for (const name of schema["required"]) {
    const types = typeof name === "string" ? have.get(name) : undefined;
    const want = typeof name === "string" ? typeOf(resolve(fn.input, properties[name])) : "";
    if (types && (want === "" || types.has(want) || types.has(""))) n++;
  }
  return n / schema["required"].length;
}
