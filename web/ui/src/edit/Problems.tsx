// The strip below the graph: every problem of the draft, one row each. The badge, this list and the check say the same.
import { useRef, type RefObject } from "react";
import { Sign } from "../graph/icons";
import { StatusGlyph } from "../graph/status";
import type { Issue } from "../types.gen";
import { useSnapshot } from "./context";
import { Hint, MendButton, Prose } from "./Prose";

interface Props {
  open: boolean;
  onToggle(): void;
  current: number;
  onGo(issue: Issue, index: number): void;
}

export function Problems({ open, onToggle, current, onGo }: Props) {
  const { draft } = useSnapshot();
  const list: RefObject<HTMLOListElement | null> = useRef(null);
  const errors = draft.issues.filter((i) => i.severity === "error").length;
  const warnings = draft.issues.length - errors;
  return (
    <section className="sg-problems" aria-label="Problems" data-open={open || undefined}>
      <button type="button" className="sg-problems-bar" aria-expanded={open} onClick={onToggle} data-testid="problems-toggle">
        {errors ? <StatusGlyph status="failed" size={14} label="Error" /> : warnings ? <Sign name="triangle-alert" /> : <StatusGlyph status="succeeded" size={14} label="In order" />}
        <span>
          {draft.issues.length === 0 ? "No problems" : "Problems"}
        </span>
        <span className="sg-pill" data-testid="problems-count" data-tone={errors ? "fail" : warnings ? "retry" : undefined} hidden={draft.issues.length === 0 || undefined}>
          {draft.issues.length}
        </span>
        <span className="sg-grow" />
        {draft.issues.length ? <kbd>F8</kbd> : null}
      </button>
      {open && draft.issues.length ? (
        <ol ref={list}>
          {draft.issues.map((i, n) => (
            <li key={n}>
              <button type="button" aria-current={n === current ? "true" : undefined} onClick={() => onGo(i, n)}>
                {i.severity === "error" ? <StatusGlyph status="failed" size={14} label="Error" /> : <Sign name="triangle-alert" />}
                <span className="sg-mono sg-dim">
                  {i.line}:{i.column}
                </span>
                <span className="sg-mono">{i.step ?? ""}</span>
                <span className="sg-problem-text">
                  <Prose text={i.message} />
                  <Hint issue={i} />
                </span>
              </button>
              <MendButton issue={i} />
            </li>
          ))}
        </ol>
      ) : null}
    </section>
  );
}
