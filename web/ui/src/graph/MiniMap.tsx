// The whole graph in a corner, for flows that do not fit: tinted blocks, and the part that is seen. A click, a drag or the arrows move the view.
import { useReactFlow, useStore } from "@xyflow/react";
import { useMemo, type KeyboardEvent, type PointerEvent } from "react";
import type { Graph, Step } from "../types.gen";
import { toneOf } from "./tone";
import { bounds, calm } from "./view";

interface Props {
  graph: Graph;
  steps: Map<string, Step>;
  selected: readonly string[];
  onMoved(): void;
}

/** The largest map, in CSS pixels, and how much of its pane it may take in each direction. */
const MOST = { wide: 184, high: 136, share: 0.36 };
/** How much more a direction may be stretched than the other, so that a long chain is more than a hair. */
const STRETCH = 6;
/** The smallest block, in CSS pixels. */
const BLOCK = 1.5;
const PAD = 6;

export function MiniMap({ graph, steps, selected, onMoved }: Props) {
  const flow = useReactFlow();
  const [x, y, zoom] = useStore((s) => s.transform);
  const width = useStore((s) => s.width);
  const height = useStore((s) => s.height);
  const b = useMemo(() => bounds(graph), [graph]);
  const [w, h] = [b.right - b.left, b.bottom - b.top];
  const [wide, high] = [Math.min(MOST.wide, width * MOST.share), Math.min(MOST.high, height * MOST.share)];
  const least = Math.min(wide / w, high / h);
  const [sx, sy] = [Math.min(wide / w, least * STRETCH), Math.min(high / h, least * STRETCH)];
  const at = (px: number, py: number) => [(px - b.left) * sx + PAD, (py - b.top) * sy + PAD] as const;

  // One path a tone: a thousand steps are a dozen elements.
  const blocks = useMemo(() => {
    const out = new Map<string, string>();
    for (const n of graph.nodes) {
      const tone = toneOf(n, steps.get(n.id));
      const [px, py] = at(n.x, n.y);
      const [bw, bh] = [Math.max(BLOCK, n.w * sx), Math.max(BLOCK, n.h * sy)];
      out.set(tone, `${out.get(tone) ?? ""}M${px.toFixed(1)} ${py.toFixed(1)}h${bw.toFixed(1)}v${bh.toFixed(1)}h-${bw.toFixed(1)}z`);
    }
    return [...out];
  }, [graph, steps, b, sx, sy]);
  const chosen = useMemo(() => {
    const ids = new Set(selected);
    return graph.nodes.filter((n) => ids.has(n.id)).map((n) => at(n.x + n.w / 2, n.y + n.h / 2));
  }, [graph, selected, b, sx, sy]);

  const [mapWide, mapHigh] = [w * sx + 2 * PAD, h * sy + 2 * PAD];
  const [vx, vy] = at(-x / zoom, -y / zoom);
  const view = { left: clamp(vx, 0, mapWide), top: clamp(vy, 0, mapHigh), right: clamp(vx + (width / zoom) * sx, 0, mapWide), bottom: clamp(vy + (height / zoom) * sy, 0, mapHigh) };

  function move(cx: number, cy: number, duration = 0) {
    onMoved();
    void flow.setViewport({ x: width / 2 - clamp(cx, b.left, b.right) * zoom, y: height / 2 - clamp(cy, b.top, b.bottom) * zoom, zoom }, { duration, interpolate: "linear" });
  }
  function onPointer(e: PointerEvent<HTMLElement>) {
    if (e.type === "pointerdown") e.currentTarget.setPointerCapture(e.pointerId);
    else if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
    const box = e.currentTarget.getBoundingClientRect();
    move((e.clientX - box.left - 1 - PAD) / sx + b.left, (e.clientY - box.top - 1 - PAD) / sy + b.top);
  }
  function onKey(e: KeyboardEvent) {
    const [dx, dy] = STEPS[e.key] ?? [0, 0];
    const [cx, cy] = [(width / 2 - x) / zoom, (height / 2 - y) / zoom];
    const duration = calm() ? 0 : 120;
    if (dx || dy) move(cx + (dx * width) / zoom / 2, cy + (dy * height) / zoom / 2, duration);
    else if (e.key === "Home") move(cx, b.top + height / zoom / 2, duration);
    else if (e.key === "End") move(cx, b.bottom - height / zoom / 2, duration);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  return (
    <div
      className="sg-map nodrag nopan"
      role="group"
      aria-label="Map of the flow: the arrows move what is seen"
      title="The whole flow: click or drag to move what is seen"
      tabIndex={0}
      data-testid="minimap"
      onPointerDown={onPointer}
      onPointerMove={onPointer}
      onKeyDown={onKey}
    >
      <svg width={mapWide} height={mapHigh} aria-hidden="true">
        {blocks.map(([tone, d]) => (
          <path key={tone} data-tone={tone} d={d} />
        ))}
        {chosen.slice(0, 200).map(([px, py], i) => (
          <circle key={i} className="sg-map-chosen" cx={px} cy={py} r={2.5} />
        ))}
        <rect className="sg-map-view" x={view.left + 0.5} y={view.top + 0.5} width={Math.max(4, view.right - view.left - 1)} height={Math.max(4, view.bottom - view.top - 1)} rx={2} />
      </svg>
    </div>
  );
}

const STEPS: Record<string, readonly [number, number]> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function clamp(v: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, v));
}
