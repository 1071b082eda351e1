// The keyboard's focus is never lost: if the step that had it goes (deleted, renamed, undone), the selected one gets it, or else the first.
import { useEffect, useRef } from "react";
import type { Selection } from "../graph/context";
import { reading } from "../model/graph";
import type { Graph } from "../types.gen";

export function useFocusKept(graph: Graph, selection: Selection, settle: (id: string) => void): void {
  const inGraph = useRef(false);
  useEffect(() => {
    const note = (e: FocusEvent) => (inGraph.current = e.target instanceof Element && e.target.closest(".react-flow__node, .sg-away, .sg-dialog, .sg-picker") !== null);
    // A press on nothing lets go of the focus on purpose.
    const letGo = () => (inGraph.current = false);
    addEventListener("focusin", note);
    addEventListener("pointerdown", letGo, true);
    return () => {
      removeEventListener("focusin", note);
      removeEventListener("pointerdown", letGo, true);
    };
  }, []);
  const selected = selection?.kind === "step" ? selection.id : null;
  useEffect(() => {
    if (!inGraph.current || document.activeElement !== document.body) return;
    const frame = requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      const id = graph.nodes.some((n) => n.id === selected) ? selected : reading(graph.nodes)[0]?.id;
      if (id) settle(id);
    });
    return () => cancelAnimationFrame(frame);
  }, [graph, selected]);
}
