// The canvas's keys. Dead in text fields and while a dialog is open.
import { useEffect, useRef } from "react";
import type { Selection, Wire } from "../graph/context";
import { defaultPort, neighbour, reading, type Direction } from "../model/graph";
import type { Graph } from "../types.gen";
import { useEditor } from "./context";

interface Keys {
  graph: Graph;
  selection: Selection;
  frozen: boolean;
  busy: boolean;
  wiring: boolean;
  select(s: Selection, way?: "push" | "replace"): void;
  setWire(w: Wire | null): void;
  addAfterSelected(): void;
  focusStep(id: string): void;
  focusInspector(): void;
  nextProblem(by: 1 | -1): void;
  toggleYaml(): void;
  fit(): void;
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
      if (e.key === "Escape") {
        if (typing) {
          target?.blur();
          if (k.selection?.kind === "step") k.focusStep(k.selection.id);
        } else if (k.wiring) k.setWire(null);
        else k.select(null);
        return;
      }
      if (typing || e.altKey) return;
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z") {
        e.preventDefault();
        if (e.shiftKey) session.redo();
        else session.undo();
        return;
      }
      if (e.ctrlKey || e.metaKey) return;
      const onControl = target?.closest("button, a, summary") != null;
      if (e.key === "Enter" && onControl) return;
      if (e.key.length === 1 && e.key !== " " && singleKeysOff()) return;
      if (act(e, k, onControl)) e.preventDefault();
    }

    function act(e: KeyboardEvent, k: Keys, onControl: boolean): boolean {
      const step = k.selection?.kind === "step" ? k.graph.nodes.find((n) => n.id === k.selection?.id) : undefined;
      const way = ARROWS[e.key];
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
          const id = step?.id ?? focused();
          if (!id) return false;
          if (step?.id === id) k.focusInspector();
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
          if (step) document.querySelector<HTMLElement>('[data-testid="field-name"]')?.focus();
          return step !== undefined;
        case "1":
          k.fit();
          return true;
        case "0":
          document.querySelector<HTMLElement>(".sg-zoom-percent")?.click();
          return true;
        case "y":
          k.toggleYaml();
          return true;
      }
      if (k.frozen) return false;
      switch (e.key) {
        case "Delete":
        case "Backspace":
          if (step) actions.remove(step.id);
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
        case "a":
        case "A":
          k.addAfterSelected();
          return true;
      }
      return false;
    }

    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [session, actions]);
}

/** The keys dialog of app.js can switch single keys off. */
function singleKeysOff(): boolean {
  try {
    return localStorage.getItem("segno-keys") === "off";
  } catch {
    return false;
  }
}

/** The step that holds the keyboard's focus. */
function focused(): string | undefined {
  return document.activeElement?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
}
