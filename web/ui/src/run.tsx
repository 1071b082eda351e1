// The run page's entry: the page is complete without it; this keeps it true while the run goes on.
import { createRoot } from "react-dom/client";
import { applyEvent } from "./model/live";
import { Fragments, showItem } from "./run/fragments";
import { announceRun } from "./polite";
import { appendLog, patchRow, tickRows, watchLog } from "./run/rows";
import { RunGraph, type RunStore } from "./run/RunGraph";
import { SelectionInAddress } from "./run/selection";
import { LiveSocket, type Connection } from "./run/socket";
import type { Event, Graph, Run } from "./types.gen";

/** How long "Server was away" stays before it says Live again, in milliseconds. */
const AWAY_SHOWN_MS = 10_000;
/** Shorter gaps are not worth a sentence. */
const AWAY_MIN_MS = 1500;
const ENDED = new Set(["succeeded", "failed", "cancelled", "compensated", "compensation_failed"]);

const host = document.getElementById("run-graph");
const text = document.getElementById("run")?.textContent;
if (host && text) start(host, JSON.parse(text) as { run: Run; graph: Graph });

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

function start(host: HTMLElement, embedded: { run: Run; graph: Graph }): void {
  const { graph } = embedded;
  const selection = new SelectionInAddress();
  let state = { run: { ...embedded.run, steps: embedded.run.steps ?? [], actions: embedded.run.actions ?? [] }, selected: selection.step };
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
  const fragments = new Fragments(state.run.id);

  selection.onChange((step) => {
    set({ selected: step });
    void fragments.select();
  });
  watchLog();
  watchHeight();
  announceRun();
  showItem();
  document.body.dataset["seq"] = String(state.run.seq);
  document.body.dataset["live"] = "paused";

  const tidy: Graph = { ...graph, nodes: (graph.nodes ?? []).map((n) => ({ ...n, ports: n.ports ?? [] })), edges: graph.edges ?? [] };
  createRoot(host).render(<RunGraph store={store} graph={tidy} onSelect={(s) => selection.select(s)} />);

  function onEvent(event: Event): void {
    const run = applyEvent(state.run, event);
    if (run === state.run) return;
    set({ run });
    for (const s of event.steps ?? []) patchRow(run.steps.find((r) => r.id === s.id) ?? s);
    appendLog(run.id, event);
    fragments.header();
    const { selected } = state;
    if (selected ? event.steps?.some((s) => s.id === selected) : ENDED.has(run.status)) fragments.inspector();
    fragments.page();
    document.body.dataset["seq"] = String(event.seq);
    if (connection.state === "live") say();
    if (ENDED.has(run.status)) settleFlash();
  }

  let connection: Connection = { state: "paused", since: Date.now() };
  let away = 0; // until when "Server was away" is shown
  function say(): void {
    const el = document.getElementById("live-state");
    if (!el) return;
    let [kind, words] = ENDED.has(state.run.status) ? ["ended", "Ended"] : ["live", "Live"];
    if (connection.state === "paused" && !ENDED.has(state.run.status)) {
      const s = Math.floor((Date.now() - connection.since) / 1000);
      [kind, words] = ["paused", s < 1 ? "Connecting…" : `Live paused, ${s} s behind`];
    } else if (connection.state === "live" && Date.now() < away) {
      [kind, words] = ["away", `Server was away ${Math.max(1, Math.round(connection.awayMs / 1000))} s. Nothing was repeated.`];
    }
    if (el.dataset["state"] !== kind) el.dataset["state"] = kind;
    if (el.textContent !== words) el.textContent = words ?? "";
  }

  new LiveSocket({
    url: (after) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/runs/${state.run.id}/live?after=${after}`,
    seq: () => state.run.seq,
    onEvent,
    onConnection: (c) => {
      connection = c;
      if (c.state === "live" && c.awayMs > AWAY_MIN_MS) {
        away = Date.now() + AWAY_SHOWN_MS;
        fragments.page();
      }
      document.body.dataset["live"] = c.state === "live" ? "open" : "paused";
      say();
    },
  });
  setInterval(() => {
    say();
    tickRows(state.run);
  }, 1000);
}
