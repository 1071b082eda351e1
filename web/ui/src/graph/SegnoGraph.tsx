// The graph, in edit, live and diff mode. The only file that knows React Flow's own types beside the node and the edge: whatever replaces it, replaces it here.
import {
  ConnectionMode, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore, ViewportPortal, type FinalConnectionState, type NodeHandle, type Viewport,
} from "@xyflow/react";
import { forwardRef, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent as ReactMouseEvent, type ReactNode } from "react";
import { neighbour, refusals as findRefusals } from "../model/graph";
import { inlets as findInlets, portAt, routes as findRoutes } from "../model/route";
import type { Graph, Node, Step } from "../types.gen";
import { MARKS, STATUS } from "../words.gen";
import { GraphContext, selectionOf, stepsOf, type Gestures, type Mode, type Selection, type Shared, type Wire } from "./context";
import { Away } from "./Away";
import { FarLayer } from "./FarLayer";
import { Find } from "./Find";
import { FlowEdge, type FlowEdgeType } from "./FlowEdge";
import { MiniMap } from "./MiniMap";
import { StepNode, type StepFlowNode } from "./StepNode";
import { useBox } from "./useBox";
import { beyond, calm, FITS_FROM, LEAST_ZOOM, MOST_ZOOM, OPENS_AT, READS_AT, roomFor, ROOM, steady, whole, zoomAround, type Size } from "./view";
import { Level, singleKeysOff, Zoom } from "./Zoom";

const nodeTypes = { step: StepNode };
const edgeTypes = { flow: FlowEdge };
/** From this many steps on only those in view are mounted; an outline list names them all. */
const CULL_FROM = 120;
/** The most of a pane that counts as covered. */
const MOST_COVERED = 0.6;
/** How many frames a step that comes into view may take to be there. */
const FRAMES = 10;
const NO_STEPS: Map<string, Step> = new Map();
const NOWHERE: ReadonlySet<string> = new Set();
const FREE: Map<string, string> = new Map();

export interface GraphHandle {
  /** Moves the keyboard's focus to a step, and the view if the step is out of sight. */
  focusStep(id: string): void;
  /** Moves the focus to a step that a change has brought or left. One that was put in moves nothing: if it is out of sight, what leads to it gets the focus. */
  settle(id: string): void;
  /** Brings a step into view; the focus stays. */
  showStep(id: string): void;
  fit(): void;
  /** Shows steps in their full size. */
  full(): void;
  /** Opens the search. */
  find(): void;
}

export interface SegnoGraphProps {
  mode: Mode;
  graph: Graph;
  selection: Selection;
  onSelect(selection: Selection): void;
  steps?: Map<string, Step>;
  resumesAt?: ReadonlySet<string>;
  reads?: ReadonlySet<string>;
  wire?: Wire | null;
  onWire?(wire: Wire | null): void;
  gestures?: Gestures | null; // edit mode; null while nothing may be changed
  dimmed?: boolean;
  /** How much of the pane's lower part something else covers, in CSS pixels. */
  covered?(): number;
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
  const { mode, selection, onSelect, steps = NO_STEPS, resumesAt = NOWHERE, reads = NOWHERE, wire = null, onWire, gestures = null } = props;
  const graph = useMemo(() => withPorts(props.graph), [props.graph]);
  const routes = useMemo(() => findRoutes(graph), [graph]);
  const inlets = useMemo(() => findInlets(graph), [graph]);
  const refusals = useMemo(() => (wire ? findRefusals(graph, wire.from, wire.port) : FREE), [graph, wire]);
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const [dragging, setDragging] = useState<Wire | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const drawing = wire ?? dragging;
  const dragRefusals = useMemo(() => (dragging ? findRefusals(graph, dragging.from, dragging.port) : FREE), [graph, dragging]);

  const shared: Shared = useMemo(
    () => ({
      mode, selection, routes, inlets, steps, resumesAt, reads, wire: drawing, refusals: wire ? refusals : dragRefusals,
      onWire: (w) => onWire?.(w), gestures,
    }),
    [mode, selection, routes, inlets, steps, resumesAt, reads, drawing, wire, refusals, dragRefusals, onWire, gestures],
  );
  const chosen = useMemo(() => stepsOf(selection), [selection]);
  const selectedStep = selection?.kind === "step" ? selection.id : null;
  const large = graph.nodes.length >= CULL_FROM;
  const far = useStore((s) => s.transform[2] < FITS_FROM) && large;
  const alone = far ? (selectedStep ?? "") : null; // from afar only the step that holds the focus is mounted
  const all = useMemo(() => graph.nodes.map((n) => toFlowNode(n, steps.get(n.id))), [graph, steps]);
  const nodes = useMemo(() => {
    const only = alone === null ? all : all.filter((n) => n.id === alone);
    // React Flow leaves out what is not in view, unless it is being dragged: so the step that holds the focus keeps it.
    return large && selectedStep !== null ? only.map((n) => (n.id === selectedStep ? { ...n, dragging: true } : n)) : only;
  }, [all, alone, large, selectedStep]);
  const edges = useMemo<FlowEdgeType[]>(
    () => (far ? [] : graph.edges.map((e) => ({ id: e.id, type: "flow", source: e.from, sourceHandle: e.port, target: e.to, targetHandle: "in", data: { edge: e }, focusable: false }))),
    [graph, far],
  );
  const [paneWidth, paneHeight] = [useStore((s) => s.width), useStore((s) => s.height)];
  const mapped = useMemo(() => paneWidth > 0 && graph.nodes.length > 0 && roomFor(graph, { clientWidth: paneWidth, clientHeight: paneHeight }) < FITS_FROM, [graph, paneWidth, paneHeight]);
  const [finding, setFinding] = useState(false);
  const [shown, setShown] = useState<string | null>(null); // what the search has come to
  const [first, setFirst] = useState<Viewport | null>(null); // where the view is when the graph is first drawn

  useImperativeHandle(props.handle, () => ({
    focusStep: (id) => reveal(id, true),
    settle: (id) => (placed.current === id ? take(id) : reveal(id, true)),
    showStep: (id) => reveal(id, false),
    fit,
    full: () => void flow.zoomTo(1, { duration: calm() ? 0 : 200 }),
    find: () => setFinding(true),
  }));

  /** Shows all steps. */
  function fit() {
    moved.current = false;
    if (box.current && graph.nodes.length) void flow.setViewport(whole(graph, box.current, selectedStep), { duration: calm() ? 0 : 200, interpolate: "linear" });
  }

  /** Brings a step that was looked for into view, large enough to be read. */
  function goTo(id: string) {
    const node = graph.nodes.find((n) => n.id === id);
    const pane = box.current;
    if (!node || !pane) return;
    onSelect({ kind: "step", id });
    const { zoom } = flow.getViewport();
    if (zoom >= FITS_FROM) return reveal(id, false);
    moved.current = true;
    const at = { x: pane.clientWidth / 2 - (node.x + node.w / 2) * READS_AT, y: pane.clientHeight / 2 - (node.y + node.h / 2) * READS_AT, zoom: READS_AT };
    void flow.setViewport(at);
  }

  /** Brings a step into view without moving more than it must, and focuses it if asked. */
  function reveal(id: string, focus: boolean) {
    const node = graph.nodes.find((n) => n.id === id);
    const sight = box.current?.getBoundingClientRect();
    if (!node || !sight) return;
    const covered = covers();
    const pane = { left: sight.left, top: sight.top, right: sight.right, bottom: sight.bottom - covered };
    const a = flow.flowToScreenPosition({ x: node.x, y: node.y });
    const b = flow.flowToScreenPosition({ x: node.x + node.w, y: node.y + node.h });
    const margin = 32;
    const past = (low: number, high: number, from: number, to: number) => (low < from + margin ? from + margin - low : high > to - margin ? to - margin - high : 0);
    const [dx, dy] = [past(a.x, b.x, pane.left, pane.right), past(a.y, b.y, pane.top, pane.bottom)];
    if (dx !== 0 || dy !== 0) {
      // Moved in a straight line: a way that rises on its middle, once it is interrupted there, leaves another zoom behind.
      // A long way is not travelled: all that stands beside it would be mounted on the way.
      const duration = calm() || Math.abs(dx) > 2 * sight.width || Math.abs(dy) > 2 * sight.height ? 0 : 200;
      // All of a small flow stays in sight; in a large one the view moves no more than it must.
      if (!moved.current && !covered && roomFor(graph, box.current) >= FITS_FROM) void flow.setViewport(whole(graph, box.current!), { duration, interpolate: "linear" });
      else {
        const { x, y, zoom } = flow.getViewport();
        void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration, interpolate: "linear" });
      }
    }
    if (focus) take(id);
  }

  /** Gives a step the keyboard's focus, or what leads to it. */
  function take(id: string, frames = FRAMES) {
    const name = `[data-id="${CSS.escape(id)}"]`;
    const there = box.current?.querySelector<HTMLElement>(`.sg-away${name}`) ?? box.current?.querySelector<HTMLElement>(`.react-flow__node${name}`);
    if (there) there.focus({ preventScroll: true });
    else if (frames > 0) requestAnimationFrame(() => take(id, frames - 1)); // it was out of sight and is mounted as the view comes to it
  }

  /** Brings a step that was put in out of sight into the middle, where the next one has room too. */
  function bring(id: string) {
    const node = graph.nodes.find((n) => n.id === id);
    const pane = free();
    if (!node || !pane) return;
    const { zoom } = flow.getViewport();
    moved.current = true;
    letGo(id);
    void flow.setViewport({ x: pane.clientWidth / 2 - (node.x + node.w / 2) * zoom, y: pane.clientHeight / 2 - (node.y + node.h / 2) * zoom, zoom }, { duration: calm() ? 0 : 200, interpolate: "linear" });
  }

  /** Takes back what leads to a step that was put in out of sight; if it had the focus, a step gets it. */
  function letGo(to: string | null) {
    const had = document.activeElement?.matches(".sg-away");
    setAway(null);
    if (had && to !== null) box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(to)}"]`)?.focus({ preventScroll: true });
  }

  /** The part of the pane that nothing covers. */
  function free(): Size | null {
    return box.current && { clientWidth: box.current.clientWidth, clientHeight: box.current.clientHeight - covers() };
  }

  /** What is covered of the pane; a part of it always counts as free. */
  function covers(): number {
    return Math.min(props.covered?.() ?? 0, (box.current?.clientHeight ?? 0) * MOST_COVERED);
  }

  /** The first view: all of a small flow; of a large one the step that matters most, or the beginning. */
  function opening(pane: HTMLElement): Viewport {
    if (!graph.nodes.length) return { x: 0, y: 0, zoom: 1 };
    const free = pane.clientHeight - covers();
    if (roomFor(graph, pane) >= FITS_FROM) {
      const view = whole(graph, pane);
      const at = free < pane.clientHeight ? graph.nodes.find((n) => n.id === selectedStep) : undefined;
      return at ? { ...view, y: Math.min(view.y, free - ROOM.x - (at.y + at.h) * view.zoom) } : view;
    }
    const top = graph.nodes.reduce((a, b) => (b.y < a.y ? b : a));
    const at = graph.nodes.find((n) => n.id === selectedStep) ?? graph.nodes.find((n) => MATTERS.has(steps.get(n.id)?.status ?? "") || n.mark) ?? top;
    const y = at === top ? ROOM.top : free / 2 - (at.h / 2) * OPENS_AT;
    return { x: pane.clientWidth / 2 - (at.x + at.w / 2) * OPENS_AT, y: y - at.y * OPENS_AT, zoom: OPENS_AT };
  }
  // The graph is drawn once the size of its pane is known: at once in its place, so that nothing is mounted that is not seen.
  useLayoutEffect(() => {
    if (box.current) setFirst(opening(box.current));
  }, []);

  const known = selectedStep !== null && graph.nodes.some((n) => n.id === selectedStep);
  /**
   * Shows a step that was put in, while the one that was worked on stays where it is: if need be everything is drawn smaller around that. Where it would
   * become too small nothing moves, and the way to the new step stands at the edge.
   */
  function place(id: string, around: string) {
    const pane = free();
    const [next, fixed] = [graph.nodes.find((n) => n.id === id), graph.nodes.find((n) => n.id === around)];
    if (!pane || !next || !fixed) return;
    placed.current = id;
    const view = flow.getViewport();
    if (!beyond(next, view, pane)) return;
    moved.current = true;
    const to = zoomAround(fixed, next, view, pane);
    if (to) void flow.setViewport(to);
    else setAway({ node: next, from: around });
  }

  // A new layout keeps the step that somebody works on where it was on the screen, or else the one in the middle; a small flow in which nothing is
  // selected then stays wholly in sight, unless they have moved the view themselves.
  const before = useRef(graph);
  const workedOn = useRef<string[]>([]); // the steps that were selected last, the newest first; none once nothing is
  const inserted = useRef<ReadonlySet<string>>(NOWHERE); // what the last change of the graph has put in
  const held = useRef<string | null>(null); // the step that this change has left where it was
  const placed = useRef<string | null>(null); // the selected step, if it was put in and nothing has moved for it
  const [away, setAway] = useState<{ node: Node; from: string } | null>(null); // the same, out of sight
  const moved = useRef(false);
  /** Without a view: the pane has another size. */
  const keepInSight = useRef((_view: { at: { x: number; y: number }; zoom: number } | null) => {});
  useLayoutEffect(() => {
    const old = before.current;
    before.current = graph;
    if (old === graph) return;
    const there = new Set(old.nodes.map((n) => n.id));
    // A step that was renamed is a new name, but not a step more.
    inserted.current = graph.nodes.length > old.nodes.length ? new Set(graph.nodes.filter((n) => !there.has(n.id)).map((n) => n.id)) : NOWHERE;
    const view = flow.getViewport();
    const worked = selectedStep !== null && there.has(selectedStep) ? [selectedStep, ...workedOn.current] : workedOn.current;
    const stays = steady(old, graph, worked, view, free());
    held.current = worked.length ? (stays?.id ?? null) : null;
    const at = stays ? { x: view.x - stays.by.x * view.zoom, y: view.y - stays.by.y * view.zoom } : view;
    if (at.x !== view.x || at.y !== view.y) void flow.setViewport({ ...view, ...at });
    if (!held.current) keepInSight.current({ at, zoom: view.zoom });
  }, [flow, graph, selectedStep]);

  // Before the next frame: a pane that gets another size by the same change asks whether a step was put in.
  useLayoutEffect(() => {
    letGo(away?.from ?? null);
    placed.current = null;
    if (selectedStep && known) {
      const around = inserted.current.has(selectedStep) ? held.current : null;
      if (around) place(selectedStep, around);
      else if (first) reveal(selectedStep, false); // the first view shows it
      workedOn.current = [selectedStep, ...workedOn.current.filter((id) => id !== selectedStep)].slice(0, 3);
    } else if (!selectedStep) workedOn.current = [];
    inserted.current = NOWHERE;
    // The view follows the selection, not every change of the graph.
  }, [selectedStep, known]);

  keepInSight.current = (view) => {
    const pane = box.current;
    if (moved.current || !pane || roomFor(graph, pane) < FITS_FROM) return;
    if (!view) return void flow.setViewport(whole(graph, pane));
    const { at, zoom } = view;
    const out = graph.nodes.some((n) => {
      const [left, top] = [n.x * zoom + at.x, n.y * zoom + at.y];
      return left < 0 || top < 0 || left + n.w * zoom > pane.clientWidth || top + n.h * zoom > pane.clientHeight;
    });
    if (out) void flow.setViewport(whole(graph, pane));
  };
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() =>
      requestAnimationFrame(() => {
        if (placed.current === null) keepInSight.current(null); // a new step's problems make the pane smaller, and move nothing
      }),
    );
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [flow]);

  const clicked = useRef(onStepNow);
  clicked.current = onStepNow;
  const onStep = useCallback((event: ReactMouseEvent, id: string) => clicked.current(event, id), []);
  function onStepNow(event: ReactMouseEvent, id: string) {
    if (wire && gestures) {
      gestures.connect(wire.from, wire.port, id);
      onWire?.(null);
    } else if (mode === "edit" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      onSelect(selectionOf(chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen, id]));
    } else onSelect({ kind: "step", id });
  }

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

  /** The graph's own keys, while the focus is in it; the canvas hears its keys wherever the focus is. */
  function onKeyDown(e: KeyboardEvent<HTMLElement>) {
    if (mode === "edit" || e.altKey || !(e.target instanceof HTMLElement) || e.target.closest("input, button")) return;
    const command = e.ctrlKey || e.metaKey;
    const at = e.target.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    const way = ARROWS[e.key];
    if (command && e.key.toLowerCase() === "f") setFinding(true);
    else if (command) return;
    else if (e.key === "0" && !singleKeysOff()) fit();
    else if (e.key === "1" && !singleKeysOff()) void flow.zoomTo(1, { duration: calm() ? 0 : 200, interpolate: "linear" });
    else if (at && (e.key === "Enter" || e.key === " ")) onSelect({ kind: "step", id: at });
    else if (at && way) {
      const next = neighbour(graph, at, way);
      if (next) reveal(next, true);
    } else return;
    e.preventDefault();
  }

  const found = shown === null ? undefined : graph.nodes.find((n) => n.id === shown);
  return (
    <GraphContext.Provider value={shared}>
      <div ref={box} className="sg-graph" data-mode={mode} data-dimmed={props.dimmed || undefined} data-wiring={drawing !== null || undefined} data-testid="graph" onMouseDownCapture={selecting.onMouseDownCapture} onKeyDown={onKeyDown}>
        {selecting.drawn}
        {first ? <ReactFlow<StepFlowNode, FlowEdgeType>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodeClick={(event, node) => onStep(event, node.id)}
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
          minZoom={LEAST_ZOOM}
          maxZoom={MOST_ZOOM}
          onlyRenderVisibleElements={large}
          defaultViewport={first}
          attributionPosition="bottom-left"
        >
          <Level box={box} />
          {far ? <FarLayer graph={graph} routes={routes} steps={steps} selected={chosen} refusals={drawing ? shared.refusals : null} onStep={onStep} onHover={setHovered} /> : null}
          {found ? (
            <ViewportPortal>
              <div className="sg-found" data-testid="found" style={{ transform: `translate(${found.x}px, ${found.y}px)`, width: found.w, height: found.h }} />
            </ViewportPortal>
          ) : null}
          <div className="sg-corner">
            {mapped ? <MiniMap graph={graph} steps={steps} selected={chosen} onMoved={() => (moved.current = true)} /> : null}
            <Zoom onFit={fit} onFind={() => setFinding(true)} />
          </div>
          {why ? (
            <p className="sg-why" role="status" data-testid="refusal">
              {why}
            </p>
          ) : null}
          {props.children}
        </ReactFlow> : null}
        {away ? <Away node={graph.nodes.find((n) => n.id === away.node.id) ?? away.node} covered={covers} onShow={bring} onSeen={letGo} /> : null}
        {finding ? (
          <Find
            nodes={graph.nodes}
            steps={steps}
            onShow={(id) => {
              setShown(id);
              if (id) reveal(id, false);
            }}
            onGo={goTo}
            onClose={(went) => {
              setFinding(false);
              if (went) reveal(went, true);
            }}
          />
        ) : null}
      </div>
    </GraphContext.Provider>
  );
}

/** The statuses of steps that somebody who opens a run looks for. */
const MATTERS: ReadonlySet<string> = new Set(["failed", "uncertain", "retrying", "waiting", "running", "compensation_failed", "compensating"]);
const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" } as Record<string, "up" | "down" | "left" | "right">;

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
