// The canvas's own bar: what is edited, whether it is saved, undo by name, and the ways on.
import { useEffect, useRef, useState } from "react";
import { Sign } from "../graph/icons";
import { polite } from "../polite";
import { useEditor, useSnapshot } from "./context";
import type { SaveState } from "./session";
import { crumbHref, crumbs } from "./trail";

const SAVE_WORDS: Record<SaveState, string> = { saved: "Saved", saving: "Saving…", offline: "Offline, kept here", conflict: "Conflict" };

interface Props {
  yaml: boolean;
  onYaml(): void;
  onPublish(): void;
  onPalette(): void;
}

/** Announces that saving fails, and that it works again: that every change is saved goes without saying. */
function useSaveSaid(save: SaveState): void {
  const trouble = useRef(false);
  useEffect(() => {
    const bad = save === "offline" || save === "conflict";
    if (bad || (save === "saved" && trouble.current)) polite().tell(() => SAVE_WORDS[save]);
    if (bad || save === "saved") trouble.current = bad;
  }, [save]);
}

export function Toolbar({ yaml, onYaml, onPublish, onPalette }: Props) {
  const { draft, save } = useSnapshot();
  useSaveSaid(save);
  return (
    <section className="sg-toolbar" aria-label="Draft">
      <button type="button" className="sg-button sg-narrow" onClick={onPalette} data-testid="palette-open">
        <Sign name="plus" /> Add
      </button>
      <Crumbs />
      <h1 className="sg-flow">
        <a href={`/flows/${draft.flow}`} title={draft.flow}>
          {draft.title || draft.flow}
        </a>
      </h1>
      <span className="sg-dim sg-wide">{draft.published ? (draft.changed ? `draft, differs from version ${draft.published}` : `version ${draft.published}`) : "draft, never published"}</span>
      <span className="sg-save" data-testid="save-state" data-state={save}>
        {SAVE_WORDS[save]}
      </span>
      <span className="sg-grow" />
      <Undo />
      <button type="button" className="sg-button" aria-pressed={yaml} onClick={onYaml} data-testid="yaml-toggle" aria-label="YAML" title="YAML beside the graph (Y)">
        <Sign name="code" /> <span className="sg-wide">YAML</span>
      </button>
      <a className="sg-button" href={`/flows/${draft.flow}/tests`} data-testid="tests" title="Tests against this draft" aria-label="Tests">
        <Sign name="list-tree" /> <span className="sg-wide">Tests</span>
      </a>
      <a className="sg-button" href={`/flows/${draft.flow}/start`} data-testid="start-run" title="Start run" aria-label="Start run">
        <Sign name="play" /> <span className="sg-wide">Start run</span>
      </a>
      <button type="button" className="sg-button sg-primary" onClick={onPublish} data-testid="publish-open">
        Publish
      </button>
    </section>
  );
}

/** The flows on the way here, if this one was opened from a step of another. */
function Crumbs() {
  const way = crumbs(location.search);
  if (!way.length) return null;
  return (
    <nav className="sg-crumbs" aria-label="The way here" data-testid="crumbs">
      {way.map((c, i) => (
        <a key={i} href={crumbHref(way, i)} title={`Step ${c.step} of ${c.flow}`}>
          {c.flow}
        </a>
      ))}
    </nav>
  );
}

function Undo() {
  const { session } = useEditor();
  const { undo, redo } = useSnapshot();
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (e: globalThis.Event) => {
      if (e instanceof KeyboardEvent ? e.key === "Escape" : !root.current?.contains(e.target as globalThis.Node)) setOpen(false);
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, [open]);
  const last = undo.at(-1);
  const next = redo.at(-1);
  return (
    <div className="sg-undo" ref={root}>
      <button type="button" className="sg-button sg-square" disabled={!last} onClick={() => session.undo()} aria-label={last ? `Undo: ${last.label}` : "Undo"} title={last ? `Undo: ${last.label}` : "Nothing to undo"} data-testid="undo">
        <Sign name="undo-2" />
      </button>
      <button type="button" className="sg-button sg-square" disabled={!next} onClick={() => session.redo()} aria-label={next ? `Redo: ${next.label}` : "Redo"} title={next ? `Redo: ${next.label}` : "Nothing to redo"} data-testid="redo">
        <Sign name="redo-2" />
      </button>
      <button type="button" className="sg-button sg-square sg-wide" disabled={!last && !next} aria-expanded={open} onClick={() => setOpen(!open)} aria-label="History of this draft" title="History" data-testid="history">
        <Sign name="history" />
      </button>
      {open ? (
        <ol className="sg-history" data-testid="history-list">
          {[...redo].map((e, i) => (
            <li key={`r${i}`} className="sg-dim">
              {e.label}
            </li>
          ))}
          {[...undo].reverse().map((e, i) => (
            <li key={`u${i}`} aria-current={i === 0 ? "true" : undefined}>
              {e.label}
            </li>
          ))}
        </ol>
      ) : null}
    </div>
  );
}
