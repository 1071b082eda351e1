// Selecting by a box: Shift and a drag over the free canvas.
import { useReactFlow } from "@xyflow/react";
import { useRef, useState, type MouseEvent, type ReactNode } from "react";
import { within } from "../model/graph";
import type { Graph } from "../types.gen";

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface BoxSelect {
  onMouseDownCapture(e: MouseEvent): void;
  /** Whether the click that follows belongs to a drag, and so means nothing. */
  boxed(): boolean;
  drawn: ReactNode;
}

export function useBox(graph: Graph, onBox: ((ids: string[]) => void) | null): BoxSelect {
  const flow = useReactFlow();
  const [box, setBox] = useState<Box | null>(null);
  const done = useRef(false);

  function onMouseDownCapture(e: MouseEvent) {
    if (!onBox || !e.shiftKey || e.button !== 0 || !(e.target instanceof Element) || !e.target.closest(".react-flow__pane")) return;
    e.stopPropagation();
    e.preventDefault();
    const pane = e.currentTarget.getBoundingClientRect();
    const from = { x: e.clientX, y: e.clientY };
    const at = (m: globalThis.MouseEvent): Box => ({ x: Math.min(from.x, m.clientX), y: Math.min(from.y, m.clientY), w: Math.abs(m.clientX - from.x), h: Math.abs(m.clientY - from.y) });
    const move = (m: globalThis.MouseEvent) => {
      const b = at(m);
      setBox({ ...b, x: b.x - pane.left, y: b.y - pane.top });
    };
    const up = (m: globalThis.MouseEvent) => {
      removeEventListener("mousemove", move);
      removeEventListener("mouseup", up);
      setBox(null);
      const b = at(m);
      if (b.w < 4 && b.h < 4) return;
      done.current = true;
      setTimeout(() => (done.current = false));
      const a = flow.screenToFlowPosition({ x: b.x, y: b.y });
      const z = flow.screenToFlowPosition({ x: b.x + b.w, y: b.y + b.h });
      onBox(within(graph, { left: a.x, top: a.y, right: z.x, bottom: z.y }));
    };
    addEventListener("mousemove", move);
    addEventListener("mouseup", up);
  }
  return { onMouseDownCapture, boxed: () => done.current, drawn: box ? <div className="sg-box" style={{ left: box.x, top: box.y, width: box.w, height: box.h }} /> : null };
}
