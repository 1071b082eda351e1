// The run's graph: the one graph component in live mode.
import { useMemo, useSyncExternalStore } from "react";
import { SegnoGraph } from "../graph/SegnoGraph";
import type { Graph, Run } from "../types.gen";

export interface RunStore {
  subscribe(fn: () => void): () => void;
  get(): { run: Run; selected: string | null };
}

export function RunGraph({ store, graph, onSelect }: { store: RunStore; graph: Graph; onSelect(step: string | null): void }) {
  const { run, selected } = useSyncExternalStore(store.subscribe, store.get);
  const steps = useMemo(() => new Map(run.steps.map((s) => [s.id, s])), [run.steps]);
  const resumesAt = useMemo(() => {
    const retry = run.actions.includes("retry");
    return new Set(retry ? run.steps.filter((s) => s.status === "failed" && !s.error?.handled).map((s) => s.id) : []);
  }, [run.actions, run.steps]);
  return (
    <SegnoGraph
      mode="live"
      graph={graph}
      steps={steps}
      resumesAt={resumesAt}
      selection={selected ? { kind: "step", id: selected } : null}
      onSelect={(s) => onSelect(s?.kind === "step" ? s.id : null)}
    />
  );
}
