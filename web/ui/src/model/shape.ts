// What a JSON Schema asks a form for: fields, a group of them, a list, one of several alternatives, or YAML. Validation is the server's.
import type { Json } from "../types.gen";
import { fieldKind, isObject, resolve, type FieldKind, type JsonObject } from "./schema";

export type Shape =
  | { kind: "field"; field: FieldKind; options: Json[]; schema: JsonObject }
  | { kind: "group"; schema: JsonObject }
  | { kind: "list"; items: JsonObject; schema: JsonObject }
  | { kind: "choice"; alternatives: Alternative[]; schema: JsonObject }
  | { kind: "yaml"; schema: JsonObject };

export interface Alternative {
  label: string;
  schema: JsonObject;
}

export function shapeOf(root: Json | undefined, written: Json | undefined): Shape {
  const schema = whole(root, resolve(root, written));
  const several = (Array.isArray(schema["oneOf"]) ? schema["oneOf"] : Array.isArray(schema["anyOf"]) ? schema["anyOf"] : []).map((s) => whole(root, resolve(root, s)));
  const real = several.filter((s) => s["type"] !== "null");
  if (real.length === 1) return shapeOf(root, joined(schema, real[0]!));
  if (real.length > 1) return { kind: "choice", schema, alternatives: labelled(real.map((s) => joined(schema, s))) };
  if ("const" in schema) return { kind: "field", field: "enum", options: [schema["const"]!], schema };
  const field = fieldKind(schema);
  if (field === "object") return { kind: "group", schema };
  if (schema["type"] === "array" && isObject(schema["items"]) && shallow(root, schema["items"])) return { kind: "list", items: schema["items"], schema };
  if (field === "json") return { kind: "yaml", schema };
  return { kind: "field", field, options: Array.isArray(schema["enum"]) ? schema["enum"] : [], schema };
}

/** Whether elements of a list have fields of their own; a list of anything is YAML as a whole. */
function shallow(root: Json | undefined, items: Json): boolean {
  const s = resolve(root, items);
  return Object.keys(s).length > 0 && (Array.isArray(s["oneOf"]) || Array.isArray(s["anyOf"]) || Array.isArray(s["allOf"]) || "const" in s || fieldKind(s) !== "json" || s["type"] === "array");
}

/** A schema with the parts of its allOf in it. */
function whole(root: Json | undefined, schema: JsonObject): JsonObject {
  if (!Array.isArray(schema["allOf"])) return schema;
  const { allOf, ...rest } = schema;
  return (allOf as Json[]).map((s) => resolve(root, s)).reduce((all, s) => joined(all, s), rest);
}

/** Two schemas that both hold. */
function joined(a: JsonObject, b: JsonObject): JsonObject {
  const { oneOf: _, anyOf: __, ...base } = a;
  const out: JsonObject = { ...base, ...b };
  if (isObject(a["properties"]) || isObject(b["properties"])) {
    out["properties"] = { ...(isObject(a["properties"]) ? a["properties"] : {}), ...(isObject(b["properties"]) ? b["properties"] : {}) };
  }
  const required = [a["required"], b["required"]].flatMap((r) => (Array.isArray(r) ? r : []));
  if (required.length) out["required"] = [...new Set(required)];
  return out;
}

/** What tells the alternatives apart in words: their titles, the one name that is fixed differently in each, or their types. */
function labelled(all: JsonObject[]): Alternative[] {
  const tag = fixedNames(all[0]!).find((name) => {
    const values = all.map((s) => fixed(s, name));
    return values.every((v) => v !== undefined) && new Set(values.map((v) => JSON.stringify(v))).size === all.length;
  });
  const seen = new Map<string, number>();
  return all.map((schema, i) => {
    let label = typeof schema["title"] === "string" ? schema["title"] : "";
    if (!label && tag) label = `${tag}: ${textOf(fixed(schema, tag)!)}`;
    if (!label && "const" in schema) label = textOf(schema["const"]!);
    if (!label && isObject(schema["properties"])) label = `with ${(Array.isArray(schema["required"]) && schema["required"].length ? (schema["required"] as string[]) : Object.keys(schema["properties"])).slice(0, 3).join(", ")}`;
    if (!label) label = typeof schema["type"] === "string" ? schema["type"] : `alternative ${i + 1}`;
    const n = (seen.get(label) ?? 0) + 1;
    seen.set(label, n);
    return { label: n > 1 ? `${label} (${n})` : label, schema };
  });
}

function textOf(v: Json): string {
  return typeof v === "string" ? v : JSON.stringify(v);
}

function fixedNames(schema: JsonObject): string[] {
  return isObject(schema["properties"]) ? Object.keys(schema["properties"]).filter((name) => fixed(schema, name) !== undefined) : [];
}

/** The one value that a property may have. */
function fixed(schema: JsonObject, name: string): Json | undefined {
  const s = isObject(schema["properties"]) ? schema["properties"][name] : undefined;
  if (!isObject(s)) return undefined;
  if (s["const"] !== undefined) return s["const"];
  return Array.isArray(s["enum"]) && s["enum"].length === 1 ? s["enum"][0] : undefined;
}

/** The alternative that a value most likely is; -1 if it is none of them. Expressions fit anything. */
export function alternativeOf(alternatives: Alternative[], value: Json | undefined): number {
  if (value === undefined) return -1;
  let best = -1;
  let most = 0;
  alternatives.forEach(({ schema }, i) => {
    const score = likeness(schema, value);
    if (score > most) [best, most] = [i, score];
  });
  return best;
}

/** How much speaks for a value being of a schema; 0: it is not. */
function likeness(schema: JsonObject, value: Json): number {
  if (typeof value === "string" && value.includes("${{")) return 1;
  if ("const" in schema) return JSON.stringify(schema["const"]) === JSON.stringify(value) ? 4 : 0;
  if (Array.isArray(schema["enum"])) return schema["enum"].some((v) => JSON.stringify(v) === JSON.stringify(value)) ? 3 : 0;
  const types = Array.isArray(schema["type"]) ? schema["type"] : schema["type"] === undefined ? [] : [schema["type"]];
  const is = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (types.length && !types.includes(is) && !(is === "number" && types.includes("integer") && Number.isInteger(value))) return 0;
  if (!isObject(value)) return isObject(schema["properties"]) ? 0 : types.includes("integer") ? 3 : 2;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  let score = 2;
  for (const [key, v] of Object.entries(value)) {
    if (!(key in properties)) {
      if (schema["additionalProperties"] === false) return 0;
      continue;
    }
    const only = fixed(schema, key);
    if (only !== undefined) {
      if (JSON.stringify(only) !== JSON.stringify(v)) return 0;
      score += 10;
    } else score++;
  }
  return score;
}

/** What a new value begins with: what is fixed or the default, else the emptiest of its type. */
export function begin(root: Json | undefined, written: Json | undefined): Json {
  const shape = shapeOf(root, written);
  const { schema } = shape;
  if (schema["default"] !== undefined) return schema["default"];
  switch (shape.kind) {
    case "group":
      return Object.fromEntries(fixedNames(schema).map((name) => [name, fixed(schema, name)!]));
    case "list":
      return [];
    case "choice":
      return begin(root, shape.alternatives[0]!.schema);
    case "yaml":
      return schema["type"] === "array" ? [] : schema["type"] === "object" ? {} : "";
    case "field":
      if (shape.options.length) return shape.options[0]!;
      return shape.field === "boolean" ? false : shape.field === "string" ? "" : 0;
  }
}

/** A value with another at a relative path such as `[1].sku`; undefined takes a field out, and leaves null in a list. */
export function setIn(value: Json | undefined, path: string, next: Json | undefined): Json | undefined {
  const m = /^(?:\[(\d+)\]|\.?([^.[\]]+))/.exec(path);
  if (!m) return next;
  const rest = path.slice(m[0].length);
  if (m[1] !== undefined) {
    const list = Array.isArray(value) ? [...value] : [];
    list[Number(m[1])] = setIn(list[Number(m[1])], rest, next) ?? null;
    return Array.from(list, (v) => v ?? null);
  }
  const { [m[2]!]: old, ...others } = isObject(value) ? value : {};
  const made = setIn(old, rest, next);
  if (made === undefined) return others;
  return isObject(value) && m[2]! in value ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === m[2] ? made : v])) : { ...others, [m[2]!]: made };
}
