// The dialogs of the canvas: their frame, and publishing.
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { ApiError, publish } from "../api";
import { StatusGlyph } from "../graph/status";
import { Sign } from "../graph/icons";
import type { Issue } from "../types.gen";
import { useEditor, useSnapshot } from "./context";
import { Preview } from "./Preview";
import { Prose } from "./Prose";

/** A dialog that takes the focus, to what is marked for it, and gives it back when it goes. */
export function Modal({ title, onClose, children, testid }: { title: string; onClose(): void; children: ReactNode; testid: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const el = dialog.current;
    el?.showModal();
    el?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => el?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="sg-dialog"
      aria-label={title}
      data-testid={testid}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

/** The foot of a dialog's form: what it does, and the way out. */
export function Foot({ testid, disabled, onClose, children }: { testid: string; disabled: boolean; onClose(): void; children: ReactNode }) {
  return (
    <div className="sg-actions">
      <button type="submit" className="sg-button sg-primary" data-testid={testid} disabled={disabled}>
        {children}
      </button>
      <button type="button" className="sg-button" onClick={onClose}>
        Cancel
      </button>
    </div>
  );
}

export function PublishDialog({ onClose, onIssue }: { onClose(): void; onIssue(issue: Issue): void }) {
  const { session } = useEditor();
  const { draft, save } = useSnapshot();
  const [message, setMessage] = useState("");
  const [done, setDone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState("");
  const [refused, setRefused] = useState<Issue[] | null>(null);
  const errors = (refused ?? draft.issues).filter((i) => i.severity === "error");
  const warnings = draft.issues.filter((i) => i.severity !== "error");
  const blocked = errors.length > 0 || draft.broken;

  useEffect(() => setRefused(null), [draft.issues]);

  async function go() {
    setBusy(true);
    setWhy("");
    try {
      await session.settled();
      const { draft } = session.get();
      const version = await publish(draft.flow, draft.etag, message.trim());
      session.published(version);
      setDone(version);
    } catch (err) {
      if (err instanceof ApiError && err.details.issues) setRefused(err.details.issues);
      setWhy(err instanceof ApiError && err.status === 412 ? "Somebody else saved this draft meanwhile. Nothing was published." : err instanceof Error ? err.message : String(err));
    } finally {
      setBusy(false);
    }
  }

  if (done) {
    return (
      <Modal title={`Version ${done} published`} onClose={onClose} testid="published">
        <p className="sg-about">New runs use it from now on.</p>
        <div className="sg-actions">
          <a className="sg-button sg-primary" href={`/flows/${draft.flow}/start`} data-testid="published-start">
            <Sign name="play" /> Start run
          </a>
          <a className="sg-button" href={`/flows/${draft.flow}/versions`} data-testid="published-versions">
            Versions
          </a>
          <span className="sg-grow" />
          <button type="button" className="sg-button" onClick={onClose}>
            Close
          </button>
        </div>
      </Modal>
    );
  }
  return (
    <Modal title={`Publish version ${draft.published + 1} of ${draft.flow}`} onClose={onClose} testid="publish-dialog">
      {blocked ? (
        <>
          <p>{errors.length === 1 ? "One error keeps this draft from being published." : `${errors.length} errors keep this draft from being published.`}</p>
          <ol className="sg-checks">
            {errors.map((i, n) => (
              <li key={n}>
                <button type="button" onClick={() => onIssue(i)}>
                  <StatusGlyph status="failed" size={14} label="Error" />
                  <span>
                    {i.step ? <span className="sg-mono">{i.step} </span> : null}
                    <Prose text={i.message} /> {i.hint ? <span className="sg-hint"><Prose text={i.hint} /></span> : null}
                    <span className="sg-dim"> line {i.line}</span>
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p className="sg-checked">
          <StatusGlyph status="succeeded" size={14} label="In order" /> {warnings.length ? `Checked, with ${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}.` : "Checked: no problems."}
        </p>
      )}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (message.trim() && !blocked && !busy) void go();
        }}
      >
        <label className="sg-label" htmlFor="sg-publish-message">
          What changes <span className="sg-required">*</span>
        </label>
        <input id="sg-publish-message" autoFocus required autoComplete="off" data-testid="publish-message" placeholder="Ship after the second stock check" value={message} onChange={(e) => setMessage(e.target.value)} />
        <Preview />
        <p className="sg-about">
          {draft.published ? `Runs that have started stay on the version they started with. New runs use version ${draft.published + 1} instead of ${draft.published}.` : "This is the flow’s first version. Runs can start from it at once."}
          {!draft.changed && draft.published ? ` The draft is the same as version ${draft.published}.` : ""}
        </p>
        {why ? (
          <p className="sg-issue" data-tone="fail" role="alert">
            {why}
          </p>
        ) : null}
        <Foot testid="publish-confirm" disabled={!message.trim() || blocked || busy || save === "conflict"} onClose={onClose}>
          {busy ? "Publishing…" : `Publish version ${draft.published + 1}`}
        </Foot>
      </form>
    </Modal>
  );
}
