// The run's graph: the one graph component in live mode.
import { useMemo, useSyncExternalStore, type Ref } from "react";
import { SegnoGraph, type GraphHandle } from "../graph/SegnoGraph";
import { readsOf } from "../model/live";
import { coveredBy } from "../sheet/sheet";
import type { Graph, Run, Step } from "../types.gen";

export interface RunStore {
  subscribe(fn: () => void): () => void;
  get(): { run: Run; graph: Graph; selected: string | null };
}

/** A step that waits for a run below it shows what that one waits for. */
function asShown(s: Step): Step {
  if (!s.below) return s;
  return s.below === "ask" ? { ...s, status: "waiting", deciding: { title: "" } } : { ...s, status: s.below };
}

/** On a narrow screen the inspector of a step lies over the lower part of the window. */
export function covered(): number {
  return coveredBy(document.getElementById("run-inspector"), document.getElementById("run-graph"));
}

export function RunGraph({ store, handle, onSelect }: { store: RunStore; handle: Ref<GraphHandle>; onSelect(step: string | null): void }) {
  const { run, graph, selected } = useSyncExternalStore(store.subscribe, store.get);
  const steps = useMemo(() => new Map(run.steps.map((s) => [s.id, asShown(s)])), [run.steps]);
  const reads = useMemo(() => readsOf(run.reads), [run.reads]);
  const resumesAt = useMemo(() => {
    const retry = run.actions.includes("retry");
    return new Set(retry ? run.steps.filter((s) => s.status === "failed" && !s.error?.handled).map((s) => s.id) : []);
  }, [run.actions, run.steps]);
  return (
    <SegnoGraph
      ref={handle}
      mode="live"
      graph={graph}
      steps={steps}
      resumesAt={resumesAt}
      reads={reads}
      selection={selected ? { kind: "step", id: selected } : null}
      covered={covered}
      onSelect={(s) => onSelect(s?.kind === "step" ? s.id : null)}
    />
  );
}
