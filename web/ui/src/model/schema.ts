// What kind of form field a JSON Schema asks for, and what a person's text means for it. Validation is the server's; here only what the field needs.
import type { Json } from "../types.gen";

export type JsonObject = { [key: string]: Json };

export function isObject(v: Json | undefined): v is JsonObject {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

/** Follows local $refs; at most 16, so a schema that refers to itself ends. */
export function resolve(root: Json | undefined, schema: Json | undefined): JsonObject {
  let at: Json | undefined = schema;
  for (let i = 0; i < 16; i++) {
    if (!isObject(at)) return {};
    const ref = at["$ref"];
    if (typeof ref !== "string" || !ref.startsWith("#")) return at;
    let target: Json | undefined = root;
    for (const part of ref.slice(1).split("/").filter(Boolean)) {
      const key = decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~");
      target = isObject(target) ? target[key] : undefined;
    }
    at = target;
  }
  return {};
}

export type FieldKind = "enum" | "string" | "number" | "integer" | "boolean" | "object" | "json";

/** The field that fits. Whatever has no field of its own is edited as JSON, so that nothing is ever blank. */
export function fieldKind(schema: JsonObject): FieldKind {
  if (Array.isArray(schema["enum"])) return "enum";
  let type = schema["type"];
  if (Array.isArray(type)) {
    const real = type.filter((t) => t !== "null");
    type = real.length === 1 ? real[0]! : null;
  }
  if (type === "string" || type === "number" || type === "integer" || type === "boolean") return type;
  if (isObject(schema["properties"]) && (type === "object" || type === undefined)) return "object";
  return "json";
}

/** The text that a field shows for a value. */
export function toText(kind: FieldKind, value: Json | undefined): string {
  if (value === undefined) return "";
  if (kind === "string" && typeof value === "string") return value;
  if (kind === "enum") return typeof value === "string" ? value : JSON.stringify(value);
  if (typeof value === "string") return kind === "json" ? value : value;
  if (kind === "json" || kind === "object") return JSON.stringify(value, null, 2);
  return JSON.stringify(value);
}

export type Parsed = { ok: true; value: Json | undefined } | { ok: false; why: string };

/** What a field's text says. Empty text means that the field is not written. */
export function fromText(kind: FieldKind, text: string, options: Json[] = []): Parsed {
  if (kind === "string") return { ok: true, value: text === "" ? undefined : text };
  const t = text.trim();
  if (t === "") return { ok: true, value: undefined };
  switch (kind) {
    case "enum":
      return { ok: true, value: options.find((o) => toText("enum", o) === text) ?? text };
    case "boolean":
      return t === "true" || t === "false" ? { ok: true, value: t === "true" } : { ok: false, why: "true or false" };
    case "integer":
    case "number": {
      if (t.includes("${{")) return { ok: true, value: t };
      const value = Number(t);
      if (!Number.isFinite(value)) return { ok: false, why: "a number is wanted here" };
      if (kind === "integer" && !Number.isInteger(value)) return { ok: false, why: "a whole number is wanted here" };
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) return { ok: false, why: "JSON cannot hold whole numbers beyond ±2⁵³ exactly: write it as text" };
      return { ok: true, value };
    }
    default:
      try {
        return { ok: true, value: JSON.parse(t) as Json };
      } catch (err) {
        if (/^[[{"]/.test(t)) return { ok: false, why: err instanceof Error ? err.message : String(err) };
        return { ok: true, value: text }; // bare words are text, as in YAML
      }
  }
}

/** A path below another. Keys that a dotted path cannot say give null: the parent is then written as a whole. */
export function below(path: string, key: string): string | null {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `${path}.${key}` : null;
}
