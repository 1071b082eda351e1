// What taking a completion does to a text. What may be taken is the server's to say.
import type { Assist, AssistItem } from "../types.gen";

/** Where the cursor goes within what is inserted: between the parentheses of a function that takes something, or inside an empty `${{ }}`. */
export function caretIn(item: AssistItem): number {
  if (item.kind === "method" && item.insert.endsWith("()") && !item.type?.startsWith("()")) return item.insert.length - 1;
  if (item.kind === "expression") return item.insert.indexOf("${{") + 4;
  return item.insert.length;
}

/**
 * An expression with one of an answer's items taken, and where the cursor is then, in UTF-16 units. The answer is one about the text `of`; what was typed
 * of the same word since is replaced too. Null if it no longer fits.
 */
export function take(text: string, of: string, answer: Assist, item: AssistItem): { text: string; caret: number } | null {
  const at = (line: number, column: number) => {
    const lines = of.split("\n");
    const before = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
    return before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  };
  const from = at(answer.from.line, answer.from.column);
  const rest = of.slice(at(answer.to.line, answer.to.column));
  const word = text.slice(from, text.length - rest.length);
  const same = text.startsWith(of.slice(0, from)) && text.endsWith(rest) && text.length >= from + rest.length;
  if (!same || (text !== of && !(/^\w*$/.test(word) && item.label.toLowerCase().includes(word.toLowerCase())))) return null;
  return { text: text.slice(0, from) + item.insert + rest, caret: from + caretIn(item) };
}

/** The parts of a label that were typed, for the list to show. */
export function typedIn(label: string, typed: string): [before: string, typed: string, after: string] {
  const at = typed ? label.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  return at < 0 ? [label, "", ""] : [label.slice(0, at), label.slice(at, at + typed.length), label.slice(at + typed.length)];
}
