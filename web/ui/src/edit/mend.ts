// The edit that the checker offers for an issue, as one click takes it.
import type { Issue } from "../types.gen";

export interface Mend {
  label: string; // of the button and of the undo entry
  text: string; // the whole YAML, mended
}

/** What the issue's edit makes of the text that was checked; null if it offers none, or its place is not there. */
export function mendOf(issue: Issue, yaml: string): Mend | null {
  const fix = issue.fix;
  if (!fix) return null;
  const from = offset(yaml, fix.line, fix.column);
  const to = offset(yaml, fix.end_line, fix.end_column);
  if (from === null || to === null || to < from) return null;
  return { label: fix.label, text: yaml.slice(0, from) + fix.text + yaml.slice(to) };
}

/** Lines and columns count from 1, columns in code points, as the server counts them. */
function offset(text: string, line: number, column: number): number | null {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return null;
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  const points = [...text.slice(start, end < 0 ? undefined : end)];
  return column - 1 > points.length ? null : start + points.slice(0, column - 1).join("").length;
}
