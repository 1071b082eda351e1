// A large graph from far away: one drawing instead of a component a step. Below the zoom at which a step can be read nothing of it can be worked with
// but the whole, so blocks, signs and lines are all that is drawn, and moving the view draws nothing anew.
import { ViewportPortal } from "@xyflow/react";
import { memo, useMemo, type CSSProperties, type MouseEvent } from "react";
import { markGlyph } from "../model/diff";
import { edgeLife } from "../model/live";
import type { Route } from "../model/route";
import type { Graph, Step } from "../types.gen";
import { kindUrl } from "./icons";
import { shapeOf, shapeUrl } from "./status";
import { toneOf } from "./tone";

interface Props {
  graph: Graph;
  routes: Map<string, Route>;
  steps: Map<string, Step>;
  selected: readonly string[];
  refusals: Map<string, string> | null; // while an edge is drawn
  onStep(event: MouseEvent, id: string): void;
  onHover(id: string | null): void;
}

export const FarLayer = memo(function FarLayer({ graph, routes, steps, selected, refusals, onStep, onHover }: Props) {
  const chosen = useMemo(() => new Set(selected), [selected]);
  const lines = useMemo(() => {
    const out = new Map<string, string>();
    for (const e of graph.edges) {
      const way = edgeLife(e, steps.get(e.from));
      const life = e.mark ? `mark${e.mark}` : e.port === "error" && way !== "dead" ? "error" : way;
      const d = routes.get(e.id)?.d;
      if (d) out.set(life, (out.get(life) ?? "") + d);
    }
    return [...out];
  }, [graph, routes, steps]);
  const id = (e: MouseEvent) => (e.target instanceof Element ? e.target.closest<SVGElement>("[data-id]")?.dataset["id"] : undefined);
  return (
    <ViewportPortal>
      <svg
        className="sg-far"
        width="1"
        height="1"
        aria-hidden="true"
        data-testid="far"
        onClick={(e) => {
          const step = id(e);
          if (step) onStep(e, step);
        }}
        onMouseOver={(e) => onHover(id(e) ?? null)}
        onMouseLeave={() => onHover(null)}
      >
        {lines.map(([life, d]) => (
          <path key={life} className="sg-far-line" data-life={life} d={d} />
        ))}
        {graph.nodes.map((n) => {
          const step = steps.get(n.id);
          const tone = toneOf(n, step);
          const sign = n.mark ? "" : step ? shapeUrl(shapeOf(step.status, step.deciding !== undefined)) : n.errors ? shapeUrl("failed") : kindUrl(n.kind);
          return (
            <g key={n.id} data-id={n.id} data-tone={tone} data-selected={chosen.has(n.id) || undefined} data-refused={refusals?.has(n.id) || undefined}>
              <rect x={n.x} y={n.y} width={n.w} height={n.h} rx="8" />
              <g className="sg-far-sign" style={{ "--x": `${n.x + n.w / 2}px`, "--y": `${n.y + n.h / 2}px` } as CSSProperties}>
                {sign ? <use href={sign} x="-8" y="-8" width="16" height="16" /> : <text>{markGlyph(n.mark ?? "")}</text>}
              </g>
            </g>
          );
        })}
      </svg>
    </ViewportPortal>
  );
});
