// One edge, along the route that the model found for it.
import { EdgeLabelRenderer, type Edge as ReactFlowEdge, type EdgeProps } from "@xyflow/react";
import { memo, useState } from "react";
import { markGlyph } from "../model/diff";
import { bytes, carried, edgeLife } from "../model/live";
import type { Edge } from "../types.gen";
import { useShared } from "./context";
import { Sign } from "./icons";
import { MARKS } from "../words.gen";

export type FlowEdgeType = ReactFlowEdge<{ edge: Edge }, "flow">;

export const FlowEdge = memo(function FlowEdge({ id, data }: EdgeProps<FlowEdgeType>) {
  const shared = useShared();
  const [pointed, setPointed] = useState(false);
  const route = shared.routes.get(id);
  if (!route || !data) return null;
  const { edge } = data;
  const life = shared.mode === "live" ? edgeLife(edge, shared.steps.get(edge.from)) : "idle";
  const selected = shared.selection?.kind === "edge" && shared.selection.id === id;
  const flow = shared.mode === "live" ? carried(edge, shared.reads, shared.steps.get(edge.from)) : null;
  const chosen = shared.selection?.kind === "step" && (shared.selection.id === edge.from || shared.selection.id === edge.to);
  const end = route.points.at(-1)!;
  const { gestures } = shared;
  return (
    <>
      <g className="sg-edge" data-life={life} data-error={edge.port === "error" || undefined} data-selected={selected || undefined} data-mark={edge.mark} data-testid={`edge-${id}`} onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
        <path className="sg-edge-hit" d={route.d} />
        <path className="sg-edge-line" d={route.d} />
        <path className="sg-edge-tip" d={`M${end.x - 4} ${end.y - 7}L${end.x} ${end.y}L${end.x + 4} ${end.y - 7}z`} />
      </g>
      {flow && (flow.large || pointed || chosen) ? (
        <EdgeLabelRenderer>
          <span className="sg-flow" data-testid={`flow-${id}`} data-large={flow.large || undefined} style={{ transform: `translate(-50%, -50%) translate(${route.mid.x}px, ${route.mid.y}px)` }}>
            {bytes(flow.bytes)}
          </span>
        </EdgeLabelRenderer>
      ) : null}
      {edge.mark ? (
        <EdgeLabelRenderer>
          <span className="sg-mark sg-edge-mark" data-mark={edge.mark} title={`${edge.from}.${edge.port} → ${edge.to}: ${MARKS[edge.mark] ?? ""}`} style={{ transform: `translate(-50%, -50%) translate(${route.mid.x}px, ${route.mid.y}px)` }}>
            {markGlyph(edge.mark)}
          </span>
        </EdgeLabelRenderer>
      ) : null}
      {gestures ? (
        <EdgeLabelRenderer>
          <button
            type="button"
            className="sg-insert nodrag nopan"
            data-testid={`insert-${id}`}
            data-selected={selected || undefined}
            aria-label={`Insert a step between ${edge.from} and ${edge.to}`}
            title={`Insert a step between ${edge.from} and ${edge.to}`}
            style={{ transform: `translate(-50%, -50%) translate(${route.mid.x}px, ${route.mid.y}px)` }}
            onClick={(e) => {
              e.stopPropagation();
              const box = e.currentTarget.getBoundingClientRect();
              gestures.insertOn(id, { x: box.left + box.width / 2, y: box.bottom });
            }}
          >
            <Sign name="plus" />
          </button>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
});
