// The `${{ }}` around a CEL expression. The browser only wraps and unwraps; what an expression means is the server's to say.
import type { Json } from "../types.gen";

const WHOLE = /^\s*\$\{\{((?:(?!\}\}|\$\{\{)[\s\S])*)\}\}\s*$/;

/** The CEL source if the value is one whole expression, else null. `${{ a }}-${{ b }}` is text, not an expression. */
export function expressionOf(value: Json | undefined): string | null {
  if (typeof value !== "string") return null;
  const m = WHOLE.exec(value);
  return m ? (m[1] ?? "").trim() : null;
}

/** The value that writes this CEL source. */
export function asExpression(source: string): string {
  return "${{ " + source.trim() + " }}";
}
