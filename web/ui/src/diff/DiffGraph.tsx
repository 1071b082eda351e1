// Both versions on one graph: the one graph component in diff mode.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { SegnoGraph, type GraphHandle } from "../graph/SegnoGraph";
import { changeAt, selectionOf } from "../model/diff";
import type { DiffChange, Graph } from "../types.gen";

export interface ChangeStore {
  changes: DiffChange[];
  subscribe(fn: () => void): () => void;
  get(): string | null;
  choose(id: string | null): void;
}

function DiffGraph({ store, graph }: { store: ChangeStore; graph: Graph }) {
  const chosen = useSyncExternalStore(store.subscribe, store.get);
  const handle = useRef<GraphHandle>(null);
  const change = store.changes.find((c) => c.id === chosen);
  const selection = selectionOf(change);
  const target = change?.edge?.split(">")[1];
  useEffect(() => {
    if (target) handle.current?.showStep(target); // an edge shows by the step that it leads to
  }, [target]);
  return (
    <SegnoGraph
      ref={handle}
      mode="diff"
      graph={graph}
      selection={selection}
      onSelect={(s) => {
        const found = s && s.kind !== "steps" ? changeAt(store.changes, s, store.get()) : undefined;
        if (found || !s) store.choose(found?.id ?? null);
      }}
    />
  );
}

export function mountGraph(host: HTMLElement, graph: Graph, store: ChangeStore): void {
  const tidy: Graph = { ...graph, nodes: (graph.nodes ?? []).map((n) => ({ ...n, ports: n.ports ?? [] })), edges: graph.edges ?? [] };
  host.removeAttribute("tabindex"); // its nodes take the focus now
  host.replaceChildren();
  createRoot(host).render(<DiffGraph store={store} graph={tidy} />);
}
