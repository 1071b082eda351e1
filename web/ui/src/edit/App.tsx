// The canvas page: palette, graph, YAML, inspector, problems. It arranges them and holds what they share: the selection, the wire being drawn, the picker.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Selection, Wire } from "../graph/context";
import { SegnoGraph, type GraphHandle } from "../graph/SegnoGraph";
import { Sign } from "../graph/icons";
import { edgesOf, refusals } from "../model/graph";
import type { Edge, Issue } from "../types.gen";
import { DeleteDialog, RenameDialog } from "./asks";
import type { Offer } from "./choices";
import { StepContext, useEditor, useSnapshot } from "./context";
import { ConflictDialog } from "./Conflict";
import { PublishDialog } from "./dialogs";
import { Inspector } from "./Inspector";
import { Palette } from "./Palette";
import { Picker } from "./Picker";
import { Problems } from "./Problems";
import { RecordedPanel } from "./RecordedPanel";
import { Prose } from "./Prose";
import { SheetBar } from "./Sheet";
import { Toolbar } from "./Toolbar";
import { coveredBy } from "../sheet/sheet";
import { useKeys } from "./useKeys";
import { trail } from "./trail";
import { useClipboard } from "./useClipboard";
import { useFocusKept } from "./useFocusKept";
import { useSelection } from "./useSelection";
import { YamlPanel, type YamlHandle } from "./YamlPanel";

interface Point {
  x: number;
  y: number;
}

interface Picking {
  at: Point;
  title: string;
  only?: "call" | "flow" | undefined;
  after?: string | undefined;
  pick(offer: Offer): void;
}

/** The control of a field, or of the nearest that holds it: a problem of a whole list is at the list. */
function fieldOf(root: HTMLElement, path: string): HTMLElement | null {
  const keys = path.match(/\[\d+\]|\.?[^.[\]]+/g) ?? [];
  for (let n = keys.length; n > 0; n--) {
    const at = keys.slice(0, n).join("");
    const name = CSS.escape(at);
    const found = root.querySelector<HTMLElement>(`[data-testid="field-${name}"], [data-testid="choice-${name}"], [data-testid="add-${name}"]`);
    if (found) return found.matches("ul, fieldset") ? found.querySelector<HTMLElement>("button, select, input") : found;
  }
  return null;
}

/** How long a notice stays, in milliseconds; a refusal stays until it is dismissed or replaced. */
const NOTICE_MS = 4000;

export function App() {
  const { session, actions, functions } = useEditor();
  const snap = useSnapshot();
  const { draft, notice } = snap;
  const { graph } = draft;
  const [selection, select] = useSelection();
  const [wire, setWire] = useState<Wire | null>(null);
  const [picking, setPicking] = useState<Picking | null>(null);
  const [yaml, setYaml] = useState(() => sessionStorage.getItem("segno.yaml") === "open");
  const [problems, setProblems] = useState(false);
  const [problem, setProblem] = useState(-1);
  const [publishing, setPublishing] = useState(false);
  const [asking, setAsking] = useState<{ kind: "rename" | "delete"; step: string } | null>(null);
  const [sheet, setSheet] = useState(false); // narrow screens: the palette as a sheet
  const graphRef = useRef<GraphHandle>(null);
  const yamlRef = useRef<YamlHandle>(null);
  const inspector = useRef<HTMLElement>(null);
  const frozen = draft.broken;

  useEffect(() => {
    session.onSelect = (step) => {
      select(step ? { kind: "step", id: step } : null);
      // By the next frame somebody may have gone on into the inspector: the focus is not taken back from there.
      if (step) requestAnimationFrame(() => inspector.current?.contains(document.activeElement) || graphRef.current?.settle(step));
    };
  }, [session, select]);
  useEffect(() => sessionStorage.setItem("segno.yaml", yaml ? "open" : "shut"), [yaml]);
  useEffect(() => {
    if (!notice || notice.tone === "fail") return;
    const timer = setTimeout(() => session.dismiss(notice.id), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice, session]);

  useClipboard(selection, frozen || snap.theirs !== null, select);
  const node = selection?.kind === "step" ? graph.nodes.find((n) => n.id === selection.id) : undefined;
  const line = node?.line;
  useEffect(() => {
    if (line) yamlRef.current?.reveal(line);
  }, [line]);

  const connect = useCallback(
    (from: string, port: string, to: string) => {
      setWire(null);
      const why = refusals(session.get().draft.graph, from, port).get(to);
      if (why) session.say(`Not connected: ${why}.`, "fail");
      else actions.connect(from, port, to);
    },
    [session, actions],
  );
  useFocusKept(graph, selection, (id) => graphRef.current?.settle(id));
  const shutPicker = useCallback(() => setPicking(null), []);

  function choose(title: string, at: Point, pick: (offer: Offer) => void, more: { only?: "call" | "flow"; after?: string | undefined } = {}) {
    setPicking({
      at, title, ...more,
      pick: (o) => {
        setPicking(null);
        pick(o);
      },
    });
  }
  /** A call from the palette has no function yet, and a flow step no flow: one is picked first. */
  function withCallee(offer: Offer, at: Point, pick: (offer: Offer) => void) {
    setSheet(false);
    if (offer.kind === "call" && !offer.function && functions.length) choose("Call which function?", at, pick, { only: "call", after: node?.id });
    else if (offer.kind === "flow" && !offer.flow) choose("Run which flow?", at, pick, { only: "flow" });
    else pick(offer);
  }
  function onDrop(offer: Offer, at: Point) {
    const under = document.elementFromPoint(at.x, at.y);
    if (!under?.closest(".sg-graph")) return;
    const insert = under.closest<HTMLElement>(".sg-insert")?.dataset["testid"]?.replace(/^insert-/, "") ?? under.closest<SVGElement>(".sg-edge")?.dataset["testid"]?.replace(/^edge-/, "");
    const onNode = under.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    const edge: Edge | undefined = insert ? actions.edge(insert) : undefined;
    withCallee(offer, at, (o) => {
      if (edge) actions.insert(o, edge);
      else actions.add(o, { after: onNode ?? null });
    });
  }
  function addAfter(step: string | undefined) {
    if (step) graphRef.current?.showStep(step); // whoever goes on from a step wants to see it
    const box = step && document.querySelector(`[data-testid="node-${CSS.escape(step)}"]`)?.getBoundingClientRect();
    const at = box && box.bottom < innerHeight ? { x: box.left + box.width / 2, y: box.bottom } : { x: innerWidth / 2, y: innerHeight / 3 };
    choose(step ? `Add after ${step}` : "Add a step", at, (o) => actions.add(o, { after: step ?? null }), { after: step });
  }
  /** What to do about the steps around it is asked only where there are some on both sides. */
  function remove(step: string) {
    const { before, behind } = edgesOf(graph, step);
    if (before.length && behind.length) setAsking({ kind: "delete", step });
    else actions.remove(step);
  }
  function open(step: string): boolean {
    const flow = graph.nodes.find((n) => n.id === step)?.flow;
    if (!flow) return false;
    void session.settled().then(() => location.assign(`/flows/${encodeURIComponent(flow)}/edit?from=${encodeURIComponent(trail(draft.flow, step))}`));
    return true;
  }
  function go(issue: Issue, index: number) {
    setPublishing(false);
    setProblem(index);
    if (issue.step && graph.nodes.some((n) => n.id === issue.step)) {
      select({ kind: "step", id: issue.step });
      graphRef.current?.focusStep(issue.step);
    } else setYaml(true);
    requestAnimationFrame(() => {
      yamlRef.current?.focus(issue.line, issue.column);
      const field = issue.field && inspector.current && fieldOf(inspector.current, issue.field);
      if (field) {
        field.closest("details")?.setAttribute("open", "");
        field.focus();
      }
    });
  }

  /** How much of the graph the sheet covers on a narrow screen. */
  const covered = useCallback(() => coveredBy(inspector.current, document.querySelector(".sg-graph")), []);

  useKeys({
    graph, selection, frozen, busy: publishing || picking !== null || asking !== null || snap.theirs !== null, wire,
    select, setWire, addAfter, connect, remove, open,
    rename: (step) => setAsking({ kind: "rename", step }),
    focusStep: (id) => graphRef.current?.focusStep(id),
    focusRecorded: () => inspector.current?.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]')?.focus(),
    focusInspector: () => inspector.current?.querySelector<HTMLElement>("textarea, select, input")?.focus(),
    nextProblem: (by) => {
      const n = draft.issues.length;
      if (!n) return;
      setProblems(true);
      const next = (problem + by + n) % n;
      go(draft.issues[next]!, next);
    },
    toggleYaml: () => setYaml((y) => !y),
    fit: () => graphRef.current?.fit(),
    full: () => graphRef.current?.full(),
    find: () => graphRef.current?.find(),
  });

  useEffect(() => {
    document.body.dataset["canvas"] = "ready"; // the keys are heard from here on
  }, []);

  const gestures = useMemo(
    () =>
      frozen
        ? null
        : {
            connect,
            dropOnEmpty: (from: Wire, at: Point) => choose(`Add after ${from.from}.${from.port}`, at, (o) => actions.add(o, { wire: from }), { after: from.from }),
            insertOn: (id: string, at: Point) => {
              const edge = actions.edge(id);
              if (edge) choose(`Insert between ${edge.from} and ${edge.to}`, at, (o) => actions.insert(o, edge), { after: edge.from });
            },
          },
    [frozen, connect, actions],
  );

  return (
    <div className="sg-app" data-yaml={yaml || undefined} data-sheet={sheet || undefined} data-inspecting={selection !== null || undefined}>
      <Toolbar yaml={yaml} onYaml={() => setYaml(!yaml)} onPublish={() => setPublishing(true)} onPalette={() => setSheet(!sheet)} />
      <Palette
        disabled={frozen}
        onAdd={(o, anchor) => withCallee(o, { x: anchor.right + 140, y: anchor.top - 8 }, (p) => actions.add(p, { after: node?.id ?? null }))}
        onDrop={onDrop}
        selection={selection}
        onSelect={(id) => {
          setSheet(false);
          select({ kind: "step", id });
          graphRef.current?.focusStep(id);
        }}
      />
      <main className="sg-main">
        <SegnoGraph ref={graphRef} mode="edit" graph={graph} selection={selection} onSelect={(s: Selection) => select(s)} wire={wire} onWire={frozen ? undefined : setWire} gestures={gestures} dimmed={frozen} covered={covered} />
        {frozen ? (
          <p className="sg-banner" data-tone="fail" role="alert" data-testid="broken">
            The YAML cannot be read: <Prose text={draft.issues[0]?.message ?? "see the problems below"} />. The graph shows the last text that could be.
          </p>
        ) : wire ? (
          <p className="sg-banner" data-tone="accent" role="status" data-testid="wiring">
            Connecting <b className="sg-mono">{wire.from}.{wire.port}</b>: choose the step that needs it, by a click or by the arrows and <kbd>Enter</kbd>. <kbd>C</kbd> takes the next port, <kbd>Esc</kbd> cancels.
          </p>
        ) : null}
        {graph.nodes.length === 0 && !frozen ? (
          <div className="sg-empty">
            <p>No steps yet: a flow begins with its first.</p>
            <button type="button" className="sg-button sg-primary" onClick={() => addAfter(undefined)} data-testid="add-first">
              Add a step <kbd>A</kbd>
            </button>
          </div>
        ) : null}
        {notice ? (
          <p className="sg-notice" data-tone={notice.tone} role={notice.tone === "fail" ? "alert" : "status"} data-testid="notice">
            <span>
              <Prose text={notice.text} />
            </span>
            <button type="button" className="sg-mini" aria-label="Dismiss" onClick={() => session.dismiss(notice.id)}>
              <Sign name="x" />
            </button>
          </p>
        ) : null}
        <Problems open={problems} onToggle={() => setProblems(!problems)} current={problem} onGo={go} />
      </main>
      {yaml ? <YamlPanel ref={yamlRef} startAt={draft.issues[problem]?.line ?? line ?? 0} /> : null}
      <aside className="sg-inspector" ref={inspector} aria-label="Inspector">
        <SheetBar sheet={inspector} onClose={() => select(null)} onRest={() => node && covered() > 0 && graphRef.current?.showStep(node.id)} />
        <Inspector selection={selection} onSelect={(s) => select(s)} onWire={setWire} onDelete={remove} />
        {node || !selection ? (
          <StepContext value={node?.id ?? ""}>
            <RecordedPanel />
          </StepContext>
        ) : null}
      </aside>
      {picking ? <Picker at={picking.at} title={picking.title} only={picking.only} after={picking.after} onPick={picking.pick} onClose={shutPicker} /> : null}
      {publishing ? <PublishDialog onClose={() => setPublishing(false)} onIssue={(i) => go(i, draft.issues.indexOf(i))} /> : null}
      {asking?.kind === "rename" ? <RenameDialog step={asking.step} onClose={() => setAsking(null)} /> : null}
      {asking?.kind === "delete" ? <DeleteDialog step={asking.step} onClose={() => setAsking(null)} /> : null}
      {snap.theirs ? <ConflictDialog /> : null}
    </div>
  );
}
