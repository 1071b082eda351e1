// A version's graph: the one graph component in read mode.
import { useEffect, useRef, useSyncExternalStore, type KeyboardEvent } from "react";
import { createRoot } from "react-dom/client";
import { SegnoGraph, type GraphHandle } from "../graph/SegnoGraph";
import { neighbour, type Direction } from "../model/graph";
import type { Graph } from "../types.gen";

export interface StepStore {
  subscribe(fn: () => void): () => void;
  get(): string | null;
  choose(id: string | null): void;
}

const ARROWS: Record<string, Direction> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

function ReadGraph({ store, graph }: { store: StepStore; graph: Graph }) {
  const chosen = useSyncExternalStore(store.subscribe, store.get);
  const handle = useRef<GraphHandle>(null);
  useEffect(() => {
    if (chosen) handle.current?.showStep(chosen);
  }, [chosen]);

  /** Arrows walk along the edges, as on the canvas; Enter chooses the step that has the focus. */
  function onKey(e: KeyboardEvent) {
    if (e.ctrlKey || e.metaKey || e.altKey || !(e.target instanceof Element)) return;
    const focused = e.target.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    if (!focused) return;
    if (e.key === "Enter" || e.key === " ") store.choose(focused);
    else {
      const direction = ARROWS[e.key];
      const next = direction && neighbour(graph, focused, direction);
      if (!next) return;
      store.choose(next);
      handle.current?.focusStep(next);
    }
    e.preventDefault();
  }

  return (
    <div className="sg-fill" onKeyDown={onKey}>
      <SegnoGraph
        ref={handle}
        mode="read"
        graph={graph}
        selection={chosen ? { kind: "step", id: chosen } : null}
        onSelect={(s) => {
          if (!s || s.kind === "step") store.choose(s?.id ?? null);
        }}
      />
    </div>
  );
}

export function mountGraph(host: HTMLElement, graph: Graph, store: StepStore): void {
  host.removeAttribute("tabindex"); // its nodes take the focus now
  host.replaceChildren();
  createRoot(host).render(<ReadGraph store={store} graph={graph} />);
}
