// What colours a step where it is too small to be read: its status in a run, its mark in a comparison, its problems or kind in a draft.
import type { Node, Step } from "../types.gen";

/** The kinds that decide which way a run goes, or hold it. */
const TURNS: ReadonlySet<string> = new Set(["switch", "approval", "signal", "wait"]);

/** A word for the style sheet's [data-tone]. */
export function toneOf(node: Node, step: Step | undefined): string {
  if (node.mark) return node.mark;
  if (step) return step.status === "waiting" && step.deciding !== undefined ? "ask" : step.status;
  if (node.errors) return "error";
  return TURNS.has(node.kind) ? "turn" : "plain";
}
