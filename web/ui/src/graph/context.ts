// What the nodes and edges of one graph share: its mode, what is selected, and the gestures that this mode allows.
import { createContext, useContext } from "react";
import type { Route } from "../model/route";
import type { Step } from "../types.gen";

/** What the graph is for: to be changed, to follow a run, to compare two versions, or to be looked at. */
export type Mode = "edit" | "live" | "diff" | "read";

export interface Wire {
  from: string;
  port: string;
}

export type Selection = { kind: "step"; id: string } | { kind: "steps"; ids: readonly string[] } | { kind: "edge"; id: string } | null;

/** The steps of a selection. */
export function stepsOf(selection: Selection): readonly string[] {
  return selection?.kind === "step" ? [selection.id] : selection?.kind === "steps" ? selection.ids : [];
}

/** The selection of these steps. */
export function selectionOf(ids: readonly string[]): Selection {
  return ids.length === 0 ? null : ids.length === 1 ? { kind: "step", id: ids[0]! } : { kind: "steps", ids };
}

/** What a person may do to a graph in edit mode. */
export interface Gestures {
  connect(from: string, port: string, to: string): void;
  /** A port was dropped on nothing: at these screen coordinates something new is wanted. */
  dropOnEmpty(wire: Wire, at: { x: number; y: number }): void;
  /** The + of an edge. */
  insertOn(edge: string, at: { x: number; y: number }): void;
}

export interface Shared {
  mode: Mode;
  selection: Selection;
  routes: Map<string, Route>;
  inlets: Map<string, number>;
  steps: Map<string, Step>; // live mode: what the run says of each step
  resumesAt: ReadonlySet<string>; // live mode: where Retry would go on
  reads: ReadonlySet<string>; // live mode: who reads whose output, as "from>to"
  wire: Wire | null; // the edge being drawn
  refusals: Map<string, string>; // while one is drawn: who cannot be its target, and why
  onWire(wire: Wire | null): void;
  gestures: Gestures | null;
}

export const GraphContext = createContext<Shared | null>(null);

export function useShared(): Shared {
  const shared = useContext(GraphContext);
  if (!shared) throw new Error("a node or edge stands outside of SegnoGraph");
  return shared;
}
