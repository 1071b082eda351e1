// A value as YAML, for fields that take YAML. It is read on the server alone.
import type { Json } from "../types.gen";
import { isObject } from "./schema";

/** How long a value may be to stand in brackets or braces on one line, in characters. */
const INLINE = 60;

export function toYaml(value: Json | undefined): string {
  return value === undefined ? "" : block(value, "").replace(/^\n/, "");
}

function block(value: Json, indent: string): string {
  if (indent !== "" && inline(value).length <= INLINE) return ` ${inline(value)}`;
  if (Array.isArray(value) && value.length) return value.map((v) => `\n${indent}-${item(v, indent)}`).join("");
  if (isObject(value) && Object.keys(value).length) return Object.entries(value).map(([k, v]) => `\n${indent}${scalar(k)}:${block(v, `${indent}  `)}`).join("");
  return indent === "" ? inline(value) : ` ${inline(value)}`;
}

/** An element of a list: the first key of a mapping stands on the line of the dash. */
function item(value: Json, indent: string): string {
  const text = block(value, `${indent}  `);
  return text.startsWith("\n") ? ` ${text.slice(1).trimStart()}` : text;
}

function inline(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([k, v]) => `${scalar(k)}: ${inline(v)}`).join(", ")}}`;
  return typeof value === "string" ? scalar(value) : JSON.stringify(value);
}

/** A text without quotes where it stays one without them. */
function scalar(text: string): string {
  return /^[A-Za-z_$][\w$./-]*( [\w$./-]+)*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
}
