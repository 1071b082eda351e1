// Somebody else saved this draft: what they changed, what is unsaved here, and the two joined. Nothing is overwritten that was not chosen.
import { useEffect, useState } from "react";
import { difference } from "../model/text";
import type { Merge, MergeChange } from "../types.gen";
import { useEditor, useSnapshot } from "./context";
import { Modal } from "./dialogs";

export function ConflictDialog() {
  const { session } = useEditor();
  const { theirs, draft } = useSnapshot();
  const [merge, setMerge] = useState<Merge | null>(null);
  const [choose, setChoose] = useState<Record<string, string>>({});
  const [why, setWhy] = useState("");
  useEffect(() => {
    let gone = false;
    session.merged(choose).then(
      (m) => {
        if (gone) return;
        setMerge(m);
        setWhy("");
      },
      (err: unknown) => gone || setWhy(err instanceof Error ? err.message : String(err)),
    );
    return () => {
      gone = true;
    };
  }, [session, theirs, choose]);
  if (!theirs) return null;
  const whole = merge?.mine ?? session.unsavedText();
  const changes = merge?.changes ?? [];
  const mine = changes.filter((c) => c.side === "mine");
  const others = changes.filter((c) => c.side === "theirs");
  const both = changes.filter((c) => c.side === "both");
  const open = both.filter((c) => !(c.path in choose));
  return (
    <Modal title="Somebody else saved this draft" onClose={() => {}} testid="conflict">
      {/* The focus goes here: the buttons below drop somebody's work. */}
      <p tabIndex={-1} data-autofocus>
        While you worked on <span className="sg-mono">{draft.flow}</span>, another editor saved a change. Yours is kept here and is not saved yet.
      </p>
      {why ? (
        <p className="sg-issue" data-tone="fail" role="alert">
          The two can’t be joined: {why}. Take yours or theirs.
        </p>
      ) : null}
      <div className="sg-merge" aria-busy={merge === null && !why}>
        {both.length ? (
          <section data-testid="conflict-both">
            <h3 className="sg-cap">Both changed: choose for each</h3>
            {both.map((c) => (
              <fieldset key={c.path}>
                <legend className="sg-mono">{c.path}</legend>
                {(["mine", "theirs"] as const).map((side) => (
                  <label key={side}>
                    <input type="radio" name={c.path} checked={choose[c.path] === side} data-testid={`choose-${side}-${c.path}`} onChange={() => setChoose({ ...choose, [c.path]: side })} />
                    <span>{side === "mine" ? "Yours" : "Theirs"}</span>
                    <code className="sg-clip">{c[side] || "removed"}</code>
                  </label>
                ))}
              </fieldset>
            ))}
          </section>
        ) : null}
        <Changed title="You changed" testid="conflict-yours" changes={mine} side="mine" />
        <Changed title="They changed" testid="conflict-others" changes={others} side="theirs" />
      </div>
      <div className="sg-actions">
        <button
          type="button"
          className="sg-button sg-primary"
          data-testid="conflict-merge"
          disabled={!merge || why !== "" || open.length > 0}
          title={open.length ? `Choose for ${open.map((c) => c.path).join(", ")} first` : undefined}
          onClick={() => merge && session.resolve("Join with another editor’s changes", merge.source)}
        >
          Keep both
        </button>
        <button type="button" className="sg-button" data-testid="conflict-theirs" onClick={() => session.takeTheirs()}>
          Theirs, drop mine
        </button>
        <button type="button" className="sg-button sg-danger" data-testid="conflict-mine" disabled={whole === null} onClick={() => whole !== null && session.resolve("Replace another editor’s changes", whole)}>
          Mine, drop theirs
        </button>
      </div>
    </Modal>
  );
}

/** A value from a little before the place where another differs. */
function near(value: string, other: string): string {
  const from = difference(value, other).from - 12;
  return from > 12 ? `…${value.slice(from)}` : value;
}

function Changed({ title, testid, changes, side }: { title: string; testid: string; changes: MergeChange[]; side: "mine" | "theirs" }) {
  if (!changes.length) return null;
  return (
    <section data-testid={testid}>
      <h3 className="sg-cap">{title}</h3>
      <ul>
        {changes.map((c) => (
          <li key={c.path}>
            <span className="sg-mono">{c.path}</span>{" "}
            <span>
              {c.base ? (
                <code className="sg-clip" title={c.base}>
                  <del>{near(c.base, c[side])}</del>
                </code>
              ) : null}{" "}
              <code className="sg-clip" title={c[side] || undefined}>{c[side] ? <ins>{near(c[side], c.base)}</ins> : "removed"}</code>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
