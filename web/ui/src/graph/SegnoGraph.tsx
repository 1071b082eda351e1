// The graph, in edit, live and diff mode. The only file that knows React Flow's own types beside the node and the edge: whatever replaces it, replaces it here.
import {
  ConnectionMode, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type FinalConnectionState, type NodeHandle,
} from "@xyflow/react";
import { forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { refusals as findRefusals } from "../model/graph";
import { portAt, routes as findRoutes } from "../model/route";
import type { Graph, Node, Step } from "../types.gen";
import { MARKS, STATUS } from "../words.gen";
import { GraphContext, selectionOf, stepsOf, type Gestures, type Mode, type Selection, type Shared, type Wire } from "./context";
import { FlowEdge, type FlowEdgeType } from "./FlowEdge";
import { Sign } from "./icons";
import { StepNode, type StepFlowNode } from "./StepNode";
import { useBox } from "./useBox";

const nodeTypes = { step: StepNode };
const edgeTypes = { flow: FlowEdge };
/** From this many steps on only those in view are mounted; an outline list names them all. */
const CULL_FROM = 120;
const NO_STEPS: Map<string, Step> = new Map();
const NOWHERE: ReadonlySet<string> = new Set();
const FREE: Map<string, string> = new Map();

export interface GraphHandle {
  /** Moves the keyboard's focus to a step, and the view if the step is out of sight. */
  focusStep(id: string): void;
  /** Brings a step into view; the focus stays. */
  showStep(id: string): void;
  fit(): void;
}

export interface SegnoGraphProps {
  mode: Mode;
  graph: Graph;
  selection: Selection;
  onSelect(selection: Selection): void;
  steps?: Map<string, Step>;
  resumesAt?: ReadonlySet<string>;
  wire?: Wire | null;
  onWire?(wire: Wire | null): void;
  gestures?: Gestures | null; // edit mode; null while nothing may be changed
  dimmed?: boolean;
  children?: ReactNode;
}

export const SegnoGraph = forwardRef<GraphHandle, SegnoGraphProps>(function SegnoGraph(props, ref) {
  return (
    <ReactFlowProvider>
      <Inner {...props} handle={ref} />
    </ReactFlowProvider>
  );
});

function Inner(props: SegnoGraphProps & { handle: React.ForwardedRef<GraphHandle> }) {
  const { mode, selection, onSelect, steps = NO_STEPS, resumesAt = NOWHERE, wire = null, onWire, gestures = null } = props;
  const graph = useMemo(() => withPorts(props.graph), [props.graph]);
  const routes = useMemo(() => findRoutes(graph), [graph]);
  const refusals = useMemo(() => (wire ? findRefusals(graph, wire.from, wire.port) : FREE), [graph, wire]);
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const [dragging, setDragging] = useState<Wire | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const drawing = wire ?? dragging;
  const dragRefusals = useMemo(() => (dragging ? findRefusals(graph, dragging.from, dragging.port) : FREE), [graph, dragging]);

  const shared: Shared = useMemo(
    () => ({
      mode, selection, routes, steps, resumesAt, wire: drawing, refusals: wire ? refusals : dragRefusals,
      onWire: (w) => onWire?.(w), gestures,
    }),
    [mode, selection, routes, steps, resumesAt, drawing, wire, refusals, dragRefusals, onWire, gestures],
  );
  const nodes = useMemo(() => graph.nodes.map((n) => toFlowNode(n, steps.get(n.id))), [graph, steps]);
  const edges = useMemo<FlowEdgeType[]>(
    () => graph.edges.map((e) => ({ id: e.id, type: "flow", source: e.from, sourceHandle: e.port, target: e.to, targetHandle: "in", data: { edge: e }, focusable: false })),
    [graph],
  );

  useImperativeHandle(props.handle, () => ({
    focusStep: (id) => reveal(id, true),
    showStep: (id) => reveal(id, false),
    fit: () => {
      moved.current = false;
      void flow.fitView(FIT);
    },
  }));

  /** Brings a step into view without moving more than it must, and focuses it if asked. */
  function reveal(id: string, focus: boolean) {
    const node = graph.nodes.find((n) => n.id === id);
    const whole = box.current?.getBoundingClientRect();
    if (!node || !whole) return;
    // On a narrow screen the inspector's sheet covers the lower half.
    const covered = mode === "edit" && matchMedia("(max-width: 900px)").matches;
    const pane = { left: whole.left, top: whole.top, right: whole.right, bottom: covered ? whole.top + whole.height * 0.42 : whole.bottom };
    const a = flow.flowToScreenPosition({ x: node.x, y: node.y });
    const b = flow.flowToScreenPosition({ x: node.x + node.w, y: node.y + node.h });
    const margin = 32;
    const past = (low: number, high: number, from: number, to: number) => (low < from + margin ? from + margin - low : high > to - margin ? to - margin - high : 0);
    const [dx, dy] = [past(a.x, b.x, pane.left, pane.right), past(a.y, b.y, pane.top, pane.bottom)];
    if (dx !== 0 || dy !== 0) {
      const duration = calm() ? 0 : 200;
      // All of a small flow stays in sight; in a large one the view moves no more than it must.
      if (!moved.current && !covered && roomFor(graph, box.current) >= FITS_FROM) void flow.fitView({ ...FIT, duration });
      else {
        const { x, y, zoom } = flow.getViewport();
        void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration });
      }
    }
    if (!focus) return;
    const wrapper = () => box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    const there = wrapper();
    if (there) there.focus({ preventScroll: true });
    else requestAnimationFrame(() => wrapper()?.focus({ preventScroll: true })); // it was out of sight and is mounted with the next frame
  }

  /** The first view: all of a small flow; of a large one the step that matters most, or the beginning. */
  function open() {
    const pane = box.current;
    if (!pane || !graph.nodes.length) return;
    if (roomFor(graph, pane) >= FITS_FROM) return void flow.fitView(FIT);
    const first = graph.nodes.reduce((a, b) => (b.y < a.y ? b : a));
    const at = graph.nodes.find((n) => n.id === selectedStep) ?? graph.nodes.find((n) => MATTERS.has(steps.get(n.id)?.status ?? "") || n.mark) ?? first;
    const top = at === first ? ROOM.top : pane.clientHeight / 2 - (at.h / 2) * OPENS_AT;
    void flow.setViewport({ x: pane.clientWidth / 2 - (at.x + at.w / 2) * OPENS_AT, y: top - at.y * OPENS_AT, zoom: OPENS_AT });
  }

  const selectedStep = selection?.kind === "step" ? selection.id : null;
  const known = selectedStep !== null && graph.nodes.some((n) => n.id === selectedStep);
  useEffect(() => {
    if (selectedStep && known) reveal(selectedStep, false);
    // The view follows the selection, not every change of the graph.
  }, [selectedStep, known]);

  // A new layout keeps the step that somebody works on where it was on the screen; unless they have moved the view themselves, a small flow then stays
  // wholly in sight.
  const before = useRef(graph);
  const moved = useRef(false);
  /** Without a view: the pane has another size. */
  const keepInSight = useRef((_view: { at: { x: number; y: number }; zoom: number } | null) => {});
  useLayoutEffect(() => {
    const old = before.current;
    before.current = graph;
    if (old === graph) return;
    const anchor = (selectedStep !== null && anchorIn(old, graph, selectedStep)) || anchorIn(old, graph, old.nodes[0]?.id);
    const { x, y, zoom } = flow.getViewport();
    let at = { x, y };
    if (anchor && (anchor.x !== 0 || anchor.y !== 0)) {
      at = { x: x - anchor.x * zoom, y: y - anchor.y * zoom };
      void flow.setViewport({ ...at, zoom });
    }
    keepInSight.current({ at, zoom });
  }, [flow, graph, selectedStep]);

  keepInSight.current = (view) => {
    const pane = box.current;
    if (moved.current || !pane || roomFor(graph, pane) < FITS_FROM) return;
    if (!view) return void flow.fitView(FIT);
    const { at, zoom } = view;
    const out = graph.nodes.some((n) => {
      const [left, top] = [n.x * zoom + at.x, n.y * zoom + at.y];
      return left < 0 || top < 0 || left + n.w * zoom > pane.clientWidth || top + n.h * zoom > pane.clientHeight;
    });
    if (out) void flow.fitView(FIT);
  };
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() => requestAnimationFrame(() => keepInSight.current(null)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [flow]);

  const selecting = useBox(graph, mode === "edit" ? (ids) => onSelect(selectionOf(ids)) : null);
  const why = drawing && hovered ? shared.refusals.get(hovered) : undefined;

  function onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState) {
    setDragging(null);
    if (!gestures || !state.fromHandle?.id) return;
    const from = { from: state.fromHandle.nodeId, port: state.fromHandle.id };
    const at = "changedTouches" in event ? event.changedTouches[0] : event;
    if (!at) return;
    const under = document.elementFromPoint(at.clientX, at.clientY);
    const target = under?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    if (target) gestures.connect(from.from, from.port, target);
    else if (under?.closest(".react-flow__pane, .react-flow__edges")) gestures.dropOnEmpty(from, { x: at.clientX, y: at.clientY });
  }

  return (
    <GraphContext.Provider value={shared}>
      <div ref={box} className="sg-graph" data-mode={mode} data-dimmed={props.dimmed || undefined} data-wiring={drawing !== null || undefined} data-testid="graph" onMouseDownCapture={selecting.onMouseDownCapture}>
        {selecting.drawn}
        <ReactFlow<StepFlowNode, FlowEdgeType>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodeClick={(event, node) => {
            if (wire && gestures) {
              gestures.connect(wire.from, wire.port, node.id);
              onWire?.(null);
            } else if (mode === "edit" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
              const ids = stepsOf(selection);
              onSelect(selectionOf(ids.includes(node.id) ? ids.filter((id) => id !== node.id) : [...ids, node.id]));
            } else onSelect({ kind: "step", id: node.id });
          }}
          onMove={(event) => {
            if (event) moved.current = true;
          }}
          onEdgeClick={(_, edge) => (mode === "live" ? undefined : onSelect({ kind: "edge", id: edge.id }))}
          onPaneClick={() => {
            if (selecting.boxed()) return;
            if (wire) onWire?.(null);
            else onSelect(null);
          }}
          onConnectStart={(_, p) => {
            onWire?.(null);
            if (p.nodeId && p.handleId) setDragging({ from: p.nodeId, port: p.handleId });
          }}
          onConnectEnd={onConnectEnd}
          isValidConnection={(c) => !dragRefusals.has(c.target)}
          onNodeMouseEnter={(_, node) => setHovered(node.id)}
          onNodeMouseLeave={() => setHovered(null)}
          connectionMode={ConnectionMode.Strict}
          connectionDragThreshold={4}
          connectOnClick={false}
          nodesDraggable={false}
          nodesConnectable={gestures !== null}
          elementsSelectable={false}
          nodesFocusable
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          panOnScroll
          zoomOnDoubleClick={false}
          minZoom={0.1}
          maxZoom={2}
          onlyRenderVisibleElements={graph.nodes.length >= CULL_FROM}
          onInit={() => requestAnimationFrame(() => requestAnimationFrame(open))} // after the fit of its own
          fitView
          fitViewOptions={FIT}
          attributionPosition="bottom-left"
        >
          <Level box={box} />
          <Zoom onFit={() => (moved.current = false)} />
          {why ? (
            <p className="sg-why" role="status" data-testid="refusal">
              {why}
            </p>
          ) : null}
          {props.children}
        </ReactFlow>
      </div>
    </GraphContext.Provider>
  );
}

/** A flow that can be read as a whole from this zoom on is shown as a whole. */
const FITS_FROM = 0.35;
/** The zoom at which a flow opens that can't be. */
const OPENS_AT = 0.5;
/** The statuses of steps that somebody who opens a run looks for. */
const MATTERS: ReadonlySet<string> = new Set(["failed", "uncertain", "retrying", "waiting", "running", "compensation_failed", "compensating"]);
/** Room around all steps, in CSS pixels; the zoom buttons stand at the bottom. */
const ROOM = { x: 32, top: 24, bottom: 56 };
const FIT = { padding: { x: `${ROOM.x}px`, top: `${ROOM.top}px`, bottom: `${ROOM.bottom}px` }, maxZoom: 1, minZoom: 0.35 } as const;

/** The zoom at which all of a graph fits. */
function roomFor(graph: Graph, pane: HTMLElement | null): number {
  if (!pane || !graph.nodes.length) return 0;
  const left = Math.min(...graph.nodes.map((n) => n.x));
  const top = Math.min(...graph.nodes.map((n) => n.y));
  const width = Math.max(...graph.nodes.map((n) => n.x + n.w)) - left;
  const height = Math.max(...graph.nodes.map((n) => n.y + n.h)) - top;
  return Math.min((pane.clientWidth - 2 * ROOM.x) / width, (pane.clientHeight - ROOM.top - ROOM.bottom) / height);
}

/** How far a step that both layouts know has moved. */
function anchorIn(old: Graph, next: Graph, id: string | undefined): { x: number; y: number } | null {
  const a = old.nodes.find((n) => n.id === id);
  const b = next.nodes.find((n) => n.id === id);
  return a && b ? { x: b.x - a.x, y: b.y - a.y } : null;
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Tells the style sheet how much of a node can be read at this zoom. */
function Level({ box }: { box: React.RefObject<HTMLDivElement | null> }) {
  const zoom = useStore((s) => s.transform[2]);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    el.dataset["level"] = zoom >= 0.75 ? "full" : zoom >= 0.35 ? "middle" : "far";
    el.style.setProperty("--unzoom", String(1 / zoom));
  }, [box, zoom]);
  return null;
}

function Zoom({ onFit }: { onFit(): void }) {
  const flow = useReactFlow();
  const percent = useStore((s) => Math.round(s.transform[2] * 100));
  const duration = calm() ? 0 : 200;
  return (
    <div className="sg-zoom" role="group" aria-label="Zoom">
      <button type="button" onClick={() => void flow.zoomOut({ duration })} aria-label="Zoom out" title="Zoom out">
        <Sign name="minus" />
      </button>
      <button type="button" className="sg-zoom-percent" onClick={() => void flow.zoomTo(1, { duration })} title="Full size (0)">
        {percent}%
      </button>
      <button type="button" onClick={() => void flow.zoomIn({ duration })} aria-label="Zoom in" title="Zoom in">
        <Sign name="plus" />
      </button>
      <button type="button" onClick={() => {
          onFit();
          void flow.fitView({ ...FIT, duration });
        }} aria-label="Fit all steps" title="Fit all steps (1)">
        <Sign name="maximize" />
      </button>
    </div>
  );
}

/**
 * The ports that are shown: an edge from a branch that is gone keeps its port, so that it is seen and can be removed; the plain `done` of a switch or an
 * approval, which says the same as all its branches together, shows only where it is used.
 */
function withPorts(graph: Graph): Graph {
  const used = new Map<string, Set<string>>();
  for (const e of graph.edges) used.set(e.from, (used.get(e.from) ?? new Set()).add(e.port));
  const nodes = graph.nodes.map((n) => {
    const own = used.get(n.id) ?? new Set<string>();
    const branching = n.kind === "switch" || n.kind === "approval";
    const ports = n.ports.filter((p) => !branching || p.name !== "done" || own.has("done"));
    const missing = [...own].filter((name) => !n.ports.some((p) => p.name === name));
    if (ports.length === n.ports.length && missing.length === 0) return n;
    return { ...n, ports: [...ports, ...missing.map((name) => ({ name, wired: true }))] };
  });
  return { ...graph, nodes };
}

function toFlowNode(node: Node, step: Step | undefined): StepFlowNode {
  const handles: NodeHandle[] = [{ id: "in", type: "target", position: Position.Top, x: node.w / 2 - 12, y: 0, width: 24, height: 24 }];
  for (const p of node.ports) {
    const at = portAt(node, p.name);
    const error = p.name === "error";
    handles.push({ id: p.name, type: "source", position: error ? Position.Right : Position.Bottom, x: at.x - node.x - (error ? 24 : 12), y: at.y - node.y - (error ? 12 : 24), width: 24, height: 24 });
  }
  const status = step ? `, ${STATUS[step.status] ?? step.status}` : node.mark ? `, ${MARKS[node.mark] ?? ""}` : "";
  return {
    id: node.id,
    type: "step",
    position: { x: node.x, y: node.y },
    width: node.w,
    height: node.h,
    measured: { width: node.w, height: node.h },
    handles,
    data: { node },
    ariaLabel: `${node.title || node.id}, ${node.kind}${status}`,
  };
}
