// The canvas's keys. Dead in text fields and while a dialog is open.
import { useEffect, useRef } from "react";
import { selectionOf, stepsOf, type Selection, type Wire } from "../graph/context";
import { singleKeysOff } from "../graph/Zoom";
import { defaultPort, downstream, neighbour, nextPort, nextTarget, reading, type Direction } from "../model/graph";
import type { Graph } from "../types.gen";
import { useEditor } from "./context";

interface Keys {
  graph: Graph;
  selection: Selection;
  frozen: boolean;
  busy: boolean;
  wire: Wire | null;
  select(s: Selection, way?: "push" | "replace"): void;
  setWire(w: Wire | null): void;
  addAfter(step: string | undefined): void;
  connect(from: string, port: string, to: string): void;
  remove(step: string): void;
  rename(step: string): void;
  open(step: string): boolean; // what a step runs, if it runs a flow
  focusStep(id: string): void;
  focusInspector(): void;
  focusRecorded(): void;
  nextProblem(by: 1 | -1): void;
  toggleYaml(): void;
  fit(): void;
  full(): void;
  find(): void;
}

const ARROWS: Record<string, Direction> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

export function useKeys(keys: Keys): void {
  const { session, actions } = useEditor();
  const latest = useRef(keys);
  latest.current = keys;

  useEffect(() => {
    function onKey(e: KeyboardEvent) {
      const k = latest.current;
      if (k.busy || e.defaultPrevented) return;
      const target = e.target instanceof HTMLElement ? e.target : null;
      const typing = target?.closest("input, textarea, select, [contenteditable=true], .cm-editor") != null;
      if (e.key === "F8") {
        e.preventDefault();
        return k.nextProblem(e.shiftKey ? -1 : 1);
      }
      if (e.key === "F4" && !e.altKey) {
        e.preventDefault();
        return k.focusRecorded();
      }
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "f" && !e.shiftKey && !target?.closest(".cm-editor")) {
        e.preventDefault(); // the browser's own search sees only the steps that are in view
        return k.find();
      }
      if (e.key === "Escape") {
        if (typing) {
          target?.blur();
          if (k.selection?.kind === "step") k.focusStep(k.selection.id);
        } else if (k.wire) {
          k.setWire(null);
          k.focusStep(k.wire.from);
        } else k.select(null);
        return;
      }
      if (typing || e.altKey) return;
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z") {
        e.preventDefault();
        if (e.shiftKey) session.redo();
        else session.undo();
        return;
      }
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "a" && k.graph.nodes.length) {
        e.preventDefault();
        return k.select(selectionOf(reading(k.graph.nodes).map((n) => n.id)));
      }
      if (e.ctrlKey || e.metaKey) return;
      const onControl = target?.closest("button, a, summary") != null;
      if (e.key === "Enter" && onControl) return;
      if (e.key.length === 1 && e.key !== " " && singleKeysOff()) return;
      if (act(e, k, onControl)) e.preventDefault();
    }

    /** While an edge is drawn: the arrows go through the steps that may take it, Enter connects, C takes the next port. */
    function act2(e: KeyboardEvent, k: Keys, wire: Wire): boolean {
      const at = focused() ?? wire.from;
      const by = e.key === "ArrowDown" || e.key === "ArrowRight" ? 1 : e.key === "ArrowUp" || e.key === "ArrowLeft" ? -1 : 0;
      if (by) {
        const next = nextTarget(k.graph, wire, at, by);
        if (next) k.focusStep(next);
        return true;
      }
      if (e.key === "Enter") {
        if (at === wire.from) return true;
        k.connect(wire.from, wire.port, at);
        k.select({ kind: "step", id: at });
        k.focusStep(at);
        return true;
      }
      if (e.key.toLowerCase() === "c") {
        const from = k.graph.nodes.find((n) => n.id === wire.from);
        if (from) k.setWire({ from: from.id, port: nextPort(from, wire.port) });
        return true;
      }
      return false;
    }

    function act(e: KeyboardEvent, k: Keys, onControl: boolean): boolean {
      const selected = k.selection?.kind === "step" ? k.selection.id : undefined;
      // A step that Tab has led to is meant before the one that is selected.
      const at = focused() ?? selected;
      const step = k.graph.nodes.find((n) => n.id === at);
      const way = ARROWS[e.key];
      if (k.wire && act2(e, k, k.wire)) return true;
      if (way) {
        const from = step?.id ?? focused();
        const next = from ? neighbour(k.graph, from, way) : reading(k.graph.nodes)[0]?.id;
        if (!next) return from !== undefined;
        k.select({ kind: "step", id: next }, "replace");
        k.focusStep(next);
        return true;
      }
      switch (e.key) {
        case "Enter": {
          const id = step?.id;
          if (!id) return false;
          if (selected === id) {
            if (!k.open(id)) k.focusInspector();
          }
          else k.select({ kind: "step", id });
          return true;
        }
        case " ": {
          const id = focused();
          if (!id || onControl) return false;
          k.select({ kind: "step", id });
          return true;
        }
        case "F2":
          if (step && !k.frozen) k.rename(step.id);
          return step !== undefined;
        case "0":
          k.fit();
          return true;
        case "1":
          k.full();
          return true;
        case "e":
        case "E": {
          const ids = stepsOf(k.selection);
          if (!ids.length) return false;
          const all = downstream(k.graph, ids);
          k.select(selectionOf(reading(k.graph.nodes).filter((n) => all.has(n.id)).map((n) => n.id)));
          return true;
        }
        case "y":
          k.toggleYaml();
          return true;
      }
      if (k.frozen) return false;
      switch (e.key) {
        case "Delete":
        case "Backspace":
          if (k.selection?.kind === "steps") actions.removeAll(k.selection.ids);
          else if (step) k.remove(step.id);
          else if (k.selection?.kind === "edge") {
            const edge = actions.edge(k.selection.id);
            if (edge) actions.disconnect(edge);
            k.select(null);
          } else return false;
          return true;
        case "c":
        case "C":
          if (step && step.ports.some((p) => p.name !== "error")) k.setWire({ from: step.id, port: defaultPort(step) });
          return step !== undefined;
        case "Tab": // only from the selected step itself, and Esc gives the key back: the keyboard is never caught
          if (e.shiftKey || !selected || focused() !== selected || (onControl && !document.activeElement?.matches(".sg-away"))) return false;
          k.addAfter(selected);
          return true;
        case "a":
        case "A":
          k.addAfter(selected === undefined ? undefined : step?.id); // nothing selected: a loose one
          return true;
      }
      return false;
    }

    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [session, actions]);
}

/** The step that holds the keyboard's focus, by itself or, out of sight, by what leads to it. */
function focused(): string | undefined {
  return document.activeElement?.closest<HTMLElement>(".react-flow__node, .sg-away")?.dataset["id"];
}
