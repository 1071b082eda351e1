// The run page's entry: the page is complete without it; this keeps it true while the run goes on.
import { createRoot } from "react-dom/client";
import type { GraphHandle } from "./graph/SegnoGraph";
import { announceRun } from "./polite";
import { applyGathered, caughtUp, Lag, Meanwhile, withBelow } from "./model/gather";
import { showAttempt } from "./run/attempts";
import { Fragments, unheard } from "./run/fragments";
import { Frames } from "./run/frames";
import { showItem, watchItemKeys } from "./run/items";
import { showLines, watchLines } from "./run/lines";
import { Log } from "./run/log";
import { patchRow, tickRows } from "./run/rows";
import { covered, RunGraph, type RunStore } from "./run/RunGraph";
import { SelectionInAddress } from "./run/selection";
import { LiveSocket, type Connection } from "./run/socket";
import { showValues, watchValues } from "./run/values";
import { Sheet } from "./sheet/sheet";
import type { Gathered, Graph, Run } from "./types.gen";

/** A page that is further behind than this says so, in milliseconds. */
const BEHIND_MS = 1500;
/** A line that is silent for longer than this, although the server promised to say something, is given up for another one, in milliseconds. */
const DEAD_MS = 10_000;
/** How often a page asks for what no message tells of, while there is such, in milliseconds. */
const UNHEARD_MS = 2000;
/** Shorter gaps are not worth a sentence. */
const AWAY_MIN_MS = 1500;
const ENDED = new Set(["succeeded", "failed", "cancelled", "compensated", "compensation_failed"]);

const host = document.getElementById("run-graph");
const text = embedded();
if (host && text) start(host, text);

/** What the page has as data: the run without its values, and the graph of its version. tall says that the graph stands beside the steps. */
interface Embedded {
  run: Run;
  graph: Graph;
  tall: boolean;
}

function embedded(): string {
  return document.getElementById("run")?.textContent ?? "";
}

/** Lists that are empty come as null. */
function read(text: string): Embedded {
  const { run, graph, tall } = JSON.parse(text) as Embedded;
  return {
    run: { ...run, steps: run.steps ?? [], actions: run.actions ?? [] },
    graph: { ...graph, nodes: (graph.nodes ?? []).map((n) => ({ ...n, ports: n.ports ?? [] })), edges: graph.edges ?? [] },
    tall,
  };
}

/** Tells the style sheet how much stands above the graph, so that all of it is in sight under a verdict that grew. */
function watchHeight(): void {
  const body = document.querySelector<HTMLElement>(".run-body");
  const header = document.getElementById("run-header");
  if (!body || !header) return;
  const measure = () => body.style.setProperty("--above", `${Math.round(body.getBoundingClientRect().top + scrollY)}px`);
  measure();
  new ResizeObserver(measure).observe(header);
}

/** What a button promised has come true: its word goes, from the address as well. */
function settleFlash(): void {
  document.querySelector(".flash:not(.flash-error)")?.remove();
  const url = new URL(location.href);
  if (!url.searchParams.has("flash")) return;
  url.searchParams.delete("flash");
  history.replaceState(history.state, "", url);
}

function start(host: HTMLElement, text: string): void {
  const selection = new SelectionInAddress();
  const { run, graph } = read(text);
  let state = { run, graph, selected: selection.step };
  let { version } = run; // of the run, by its last message
  let meanwhile: Meanwhile | null = null; // while that is another one than the page's
  const listeners = new Set<() => void>();
  const set = (patch: Partial<typeof state>) => {
    state = { ...state, ...patch };
    for (const fn of listeners) fn();
  };
  const store: RunStore = {
    get: () => state,
    subscribe: (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
  };
  const log = new Log(state.run.id);
  // Who comes by a link to a step sees the verdict first, and what the step is; who chooses one, or came for a value or a line, its values.
  let sheet: Sheet | null = null;
  const asked = new URL(location.href);
  let linked = asked.searchParams.has("step") && !["view", "item", "attempt"].some((k) => asked.searchParams.has(k)) && !asked.hash;
  const drawn: { current: GraphHandle | null } = { current: null };
  /** The step that is inspected is seen above the sheet. */
  const seeStep = () => {
    if (state.selected && covered() > 0) drawn.current?.showStep(state.selected);
  };
  /** Takes in the version that the run went on with. A reload would lose what a person has typed, and where they are. */
  const goOn = () => {
    const now = embedded();
    if (now === text) return;
    text = now;
    const fresh = read(now);
    if (!meanwhile) return;
    const shown = state.run;
    set({ run: meanwhile.onto(fresh.run, shown), graph: fresh.graph });
    if (caughtUp(fresh.run, shown, version)) meanwhile = null;
    else fragments.want("data"); // it has gone on once more
    document.querySelector(".run-body")?.classList.toggle("run-tall", fresh.tall);
  };
  let inspected = "";
  const arrived = () => {
    const inspector = document.getElementById("run-inspector");
    if (inspector && !sheet) {
      sheet = new Sheet(inspector, { told: inspector.parentElement, at: linked ? 0 : 1, room: () => innerHeight, onClose: () => selection.select(null), onRest: seeStep });
      inspector.prepend(sheet.bar);
    }
    if (inspected !== inspector?.dataset["step"]) {
      inspected = inspector?.dataset["step"] ?? "";
      seeStep();
    }
    goOn();
    showItem();
    showAttempt();
    showValues();
    showLines();
    const rows = document.querySelectorAll<HTMLElement>("#run-steps [data-below]");
    const steps = withBelow(state.run.steps, new Map([...rows].map((r) => [r.dataset["step"] ?? "", r.dataset["below"] ?? ""])));
    if (steps !== state.run.steps) set({ run: { ...state.run, steps } });
  };
  const fragments = new Fragments(state.run.id, arrived);

  let planned = selection.plan;
  selection.onChange((step) => {
    if (linked) sheet?.set(1);
    linked = false;
    set({ selected: step });
    const another = selection.plan !== planned;
    planned = selection.plan;
    void fragments.select(...(another ? (["header"] as const) : [])); // the plans stand there
  });
  watchHeight();
  announceRun();
  watchItemKeys();
  watchLines();
  watchValues();
  arrived();
  document.body.dataset["seq"] = String(state.run.seq);
  document.body.dataset["live"] = "paused";

  createRoot(host).render(<RunGraph store={store} handle={drawn} onSelect={(s) => selection.select(s)} />);

  const frames = new Frames(log.most, (g: Gathered) => {
    if (g.seq > state.run.seq && g.run.version && g.run.version !== state.run.version) {
      version = g.run.version;
      meanwhile ??= new Meanwhile(); // it goes on with another version: other steps, another graph
      fragments.want("data");
    }
    meanwhile?.note(g);
    const run = applyGathered(state.run, g);
    if (run === state.run) return;
    set({ run });
    const changed = g.steps ?? [];
    for (const s of changed) patchRow(s);
    log.append(g.events ?? [], g.skipped ?? 0);
    fragments.want("header");
    const { selected } = state;
    if (selected ? changed.some((s) => s.id === selected) : ENDED.has(run.status)) fragments.want("inspector", "detail");
    fragments.rest();
    document.body.dataset["seq"] = String(run.seq);
    say();
    if (ENDED.has(run.status)) settleFlash();
  });

  // Why a step has not begun changes with steps that it knows nothing of, so a node asks the list of steps when somebody points at it.
  host.addEventListener("pointerover", (e) => {
    const node = e.target instanceof Element ? e.target.closest<HTMLElement>(".sg-node") : null;
    const id = node?.dataset["testid"]?.slice("node-".length);
    if (!node || !id) return;
    const why = node.dataset["status"] === "pending" ? document.querySelector<HTMLElement>(`#run-steps [data-step="${CSS.escape(id)}"] .c-status`)?.title : "";
    if (why) node.title = node.dataset["why"] = why;
    else if (node.dataset["why"] === node.title) node.removeAttribute("title"); // it has begun, and says nothing of its own
  });

  let connection: Connection = { state: "paused", since: Date.now() };
  const lag = new Lag();
  function say(): void {
    const el = document.getElementById("live-state");
    if (!el) return;
    let [kind, words] = ENDED.has(state.run.status) ? ["ended", "Ended"] : ["live", "Live"];
    const behind = Math.max(lag.behind(Date.now(), BEHIND_MS), frames.age);
    if (connection.state === "paused" && !ENDED.has(state.run.status)) {
      const s = Math.floor((Date.now() - connection.since) / 1000);
      [kind, words] = ["paused", s < 1 ? "Connecting…" : `Live paused, ${s} s behind`];
    } else if (connection.state === "live" && behind > BEHIND_MS) {
      [kind, words] = ["paused", `Live paused, ${Math.round(behind / 1000)} s behind`];
    }
    if (el.dataset["state"] !== kind) el.dataset["state"] = kind;
    if (el.textContent !== words) el.textContent = words ?? "";
  }

  const socket = new LiveSocket({
    url: (after) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/runs/${state.run.id}/live?gather=1&after=${after}`,
    seq: () => Math.max(state.run.seq, frames.seq),
    onHeard: (g) => lag.came(Date.parse(g.sent), Date.now(), g.beat_ms),
    onMessage: (g) => frames.add(g),
    onConnection: (c) => {
      connection = c;
      lag.reset();
      if (c.state === "live" && c.awayMs > AWAY_MIN_MS) {
        log.say(`Server was away ${Math.max(1, Math.round(c.awayMs / 1000))} s. Nothing was repeated.`, new Date());
        fragments.rest();
      }
      document.body.dataset["live"] = c.state === "live" ? "open" : "paused";
      say();
    },
  });
  setInterval(() => {
    const now = Date.now();
    const silent = lag.silent(now);
    if (silent > DEAD_MS) socket.abandon(now - silent);
    say();
    tickRows(state.run);
  }, 1000);
  // What becomes of the runs below, and of a call's turn, is no event of this one.
  setInterval(() => {
    if (document.visibilityState === "hidden" || connection.state !== "live") return;
    fragments.want(...unheard(document.getElementById("run-header")?.dataset, state.selected !== null));
  }, UNHEARD_MS);
}
