// Copy, cut and paste of steps, as YAML text on the clipboard: it can be pasted into another flow, another browser, or a file.
import { useEffect, useRef } from "react";
import { selectionOf, stepsOf, type Selection } from "../graph/context";
import { mayHoldSteps, stepsText } from "../model/clip";
import type { Pasted } from "../types.gen";
import { useEditor } from "./context";

export function useClipboard(selection: Selection, frozen: boolean, select: (s: Selection) => void): void {
  const { session, actions } = useEditor();
  const latest = useRef({ selection, frozen, select });
  latest.current = { selection, frozen, select };
  useEffect(() => {
    session.onPaste = (done) => {
      latest.current.select(selectionOf(done.steps));
      session.say(told(done), done.dangling.length ? "fail" : "info");
    };
    const elsewhere = (e: Event) => (e.target instanceof Element && e.target.closest("input, textarea, select, [contenteditable=true], .cm-editor, dialog") !== null) || (getSelection()?.toString() ?? "") !== "";
    function copy(e: ClipboardEvent) {
      const ids = stepsOf(latest.current.selection);
      if (!ids.length || elsewhere(e) || !e.clipboardData) return;
      const { draft } = session.get();
      e.clipboardData.setData("text/plain", stepsText(draft.source, draft.graph.nodes, new Set(ids)));
      e.preventDefault();
      const cut = e.type === "cut" && !latest.current.frozen;
      if (cut) actions.removeAll(ids);
      session.say(`${cut ? "Cut" : "Copied"} ${ids.length === 1 ? ids[0] : `${ids.length} steps`} as YAML`);
    }
    function paste(e: ClipboardEvent) {
      if (latest.current.frozen || elsewhere(e)) return;
      const text = e.clipboardData?.getData("text/plain") ?? "";
      if (!text) return;
      e.preventDefault();
      if (mayHoldSteps(text)) actions.paste(text, stepsOf(latest.current.selection).at(-1));
      else session.say("What is on the clipboard holds no steps.", "fail");
    }
    addEventListener("copy", copy);
    addEventListener("cut", copy);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("copy", copy);
      removeEventListener("cut", copy);
      removeEventListener("paste", paste);
    };
  }, [session, actions]);
}

function told(done: Pasted): string {
  const parts = [`Pasted ${done.steps.join(", ")}.`];
  if (done.renamed.length) parts.push(`Taken names: ${done.renamed.map((r) => `${r.from} is now ${r.to}`).join(", ")}.`);
  if (done.dangling.length) parts.push(`Not in this flow: ${done.dangling.map((d) => `${d.step}, which ${d.in} names`).join("; ")}.`);
  return parts.join(" ");
}
