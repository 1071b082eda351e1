// Steps as text, for the clipboard: their lines as written, comments included.
import type { Node } from "../types.gen";

/**
 * The chosen steps under `steps:`, in the order of the text. A step that shares its line with others (a flow written in braces) is written as JSON, which is
 * YAML too.
 */
export function stepsText(source: string, nodes: Node[], ids: ReadonlySet<string>): string {
  const lines = source.split(/\r?\n/);
  const chosen = nodes.flatMap((n) => (ids.has(n.id) ? [{ ...n, line: n.line ?? 1 }] : [])).sort((a, b) => a.line - b.line);
  const out = ["steps:"];
  for (const n of chosen) {
    const first = lines[n.line - 1] ?? "";
    const indent = first.length - first.trimStart().length;
    const own = new RegExp(`^["']?${n.id}["']?\\s*:`).test(first.trimStart());
    if (!own || indent === 0) {
      out.push(`  ${n.id}: ${JSON.stringify(n.spec ?? {})}`);
      continue;
    }
    let end = n.line;
    for (let i = n.line; i < lines.length; i++) {
      const text = lines[i]!;
      if (text.trim() === "") continue;
      if (text.length - text.trimStart().length <= indent) break;
      end = i + 1;
    }
    for (const text of lines.slice(n.line - 1, end)) out.push(text.trim() === "" ? "" : `  ${text.slice(Math.min(indent, text.length - text.trimStart().length))}`);
  }
  return `${out.join("\n")}\n`;
}

/** Whether a text may hold steps, so that a paste of it is one of steps. The server reads it, and says what is wrong. */
export function mayHoldSteps(text: string): boolean {
  return text.length < 1_000_000 && /(^|[\s{,])["']?[a-z][a-z0-9_]*["']?\s*:/.test(text);
}
