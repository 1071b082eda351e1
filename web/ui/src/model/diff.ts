// Stepping through what changed between two versions. Pure: what changed, and how it is called, was concluded by the server.
import type { DiffChange } from "../types.gen";
import { MARKS } from "../words.gen";

/** A mark as it is shown: a minus as wide as a plus. */
export function markGlyph(mark: string): string {
  return mark === "-" ? "−" : mark;
}

/** The change that follows another: behind the last comes the first, and without one the first, or the last backwards. Undefined if there is none. */
export function nextChange(changes: readonly DiffChange[], id: string | null, by: 1 | -1): DiffChange | undefined {
  const at = changes.findIndex((c) => c.id === id);
  if (at < 0) return changes.at(by > 0 ? 0 : -1);
  return changes[(at + by + changes.length) % changes.length];
}

/**
 * The change that a click on a step or an edge means: of a step the one that is chosen next among those about it, so that clicking again goes through
 * all of them. A step with no change of its own stands for the first edge into it that has one.
 */
export function changeAt(changes: readonly DiffChange[], at: { kind: "step" | "edge"; id: string }, chosen: string | null): DiffChange | undefined {
  const about = changes.filter((c) => (at.kind === "step" ? c.step === at.id : c.edge === at.id));
  if (at.kind === "step" && about.length === 0) about.push(...changes.filter((c) => c.edge?.endsWith(`>${at.id}`)));
  const i = about.findIndex((c) => c.id === chosen);
  return about[(i + 1) % about.length];
}

/** What the graph selects for a change: its step, else its edge, else nothing. */
export function selectionOf(change: DiffChange | undefined): { kind: "step" | "edge"; id: string } | null {
  if (change?.step) return { kind: "step", id: change.step };
  return change?.edge ? { kind: "edge", id: change.edge } : null;
}

/** The id of the line at which a change begins, in the text view. */
export function lineOf(change: DiffChange): string {
  return change.new ? `new-${change.new}` : `old-${change.old ?? 0}`;
}

/** What is said aloud of a change: "2 of 7. Removed: edge big → ship". */
export function said(changes: readonly DiffChange[], change: DiffChange): string {
  const words = MARKS[change.sign] ?? "changed";
  const sign = change.sign === "!" ? "Mind" : words.charAt(0).toUpperCase() + words.slice(1);
  return [`${changes.indexOf(change) + 1} of ${changes.length}. ${sign}: ${change.text}`, ...(change.below ?? [])].join("; ");
}

/** An address of this page with another change. A line of its own is named only in the text view. */
export function withChange(href: string, change: DiffChange | undefined): string {
  const url = new URL(href);
  url.hash = "";
  if (!change) {
    url.searchParams.delete("change");
    return url.href;
  }
  url.searchParams.set("change", change.id);
  if (url.searchParams.get("view") === "text") url.hash = lineOf(change);
  return url.href;
}
