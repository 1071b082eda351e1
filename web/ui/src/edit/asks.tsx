// The two questions that a gesture asks before it is done: what a rename changes, and whether what stood around a deleted step is joined.
import { useEffect, useState } from "react";
import { getReferences } from "../api";
import { edgesOf } from "../model/graph";
import type { Reference } from "../types.gen";
import { useEditor, useSnapshot } from "./context";
import { Foot, Modal } from "./dialogs";

const NAME = /^[a-z][a-z0-9_]*$/;

/** Why a step can't have this name, or "" if it can. */
function refusal(name: string, taken: (name: string) => boolean): string {
  if (!NAME.test(name)) return "Small letters, digits and _, beginning with a letter.";
  return taken(name) ? `There is a step “${name}” already.` : "";
}

const GROUPS: [Reference["in"], string][] = [
  ["needs", "Needs"],
  ["expression", "Expressions"],
  ["compensation", "Compensation"],
  ["test", "Tests"],
];

export function RenameDialog({ step, onClose }: { step: string; onClose(): void }) {
  const { session, actions } = useEditor();
  const { draft, save } = useSnapshot();
  const [name, setName] = useState(step);
  const [found, setFound] = useState<Reference[] | null>(null);
  const [why, setWhy] = useState("");
  const settled = save === "saved";
  useEffect(() => {
    if (!settled) return; // the server lists the places of what is saved
    let gone = false;
    getReferences(draft.flow, step).then(
      (refs) => gone || setFound(refs),
      (err: unknown) => gone || setWhy(err instanceof Error ? err.message : String(err)),
    );
    return () => {
      gone = true;
    };
  }, [draft.flow, step, settled]);
  const refused = name === step ? "" : refusal(name, (n) => draft.graph.nodes.some((x) => x.id === n));
  const shown = refused || name === step ? null : name;
  return (
    <Modal title={`Rename ${step}`} onClose={onClose} testid="rename-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (refused || draft.broken) return;
          onClose();
          if (name !== step) void session.settled().then(() => actions.rename(step, name));
        }}
      >
        <label className="sg-label" htmlFor="sg-rename">
          New name
        </label>
        <input
          id="sg-rename"
          className="sg-mono"
          data-testid="rename-name"
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          value={name}
          aria-invalid={refused !== "" || undefined}
          aria-describedby="sg-rename-why"
          onFocus={(e) => e.currentTarget.select()}
          onChange={(e) => setName(e.target.value.trim())}
        />
        <p id="sg-rename-why" className="sg-issue" data-tone="fail" hidden={!refused}>
          {refused}
        </p>
        <div className="sg-refs" role="region" aria-label="What is written anew" tabIndex={0} data-testid="rename-references" aria-busy={found === null && !why}>
          {why ? <p className="sg-about">The places that name it could not be listed: {why}</p> : null}
          {found?.length === 0 ? <p className="sg-about">Nothing else names it.</p> : null}
          {found
            ? GROUPS.map(([key, title]) => {
                const own = found.filter((r) => r.in === key);
                return own.length ? (
                  <section key={key}>
                    <h3 className="sg-cap">
                      {title} <span className="sg-dim">{own.length}</span>
                    </h3>
                    <ul>
                      {own.map((r, i) => (
                        <li key={i}>
                          <span className="sg-dim sg-mono">{r.file ? `${r.file}:${r.line}` : `${r.step ?? "output"}:${r.line}`}</span>
                          <code className="sg-clip" title={r.text}>
                            <Renamed text={r.text} from={step} to={shown} />
                          </code>
                        </li>
                      ))}
                    </ul>
                  </section>
                ) : null;
              })
            : null}
        </div>
        <Foot testid="rename-confirm" disabled={refused !== "" || name === step} onClose={onClose}>
          Rename{found?.length ? ` with ${found.length} ${found.length === 1 ? "place" : "places"}` : ""}
        </Foot>
      </form>
    </Modal>
  );
}

/** A line with each place of the old name struck out for the new one, as far as whole words show it. */
function Renamed({ text, from, to }: { text: string; from: string; to: string | null }) {
  // A place that is far to the right would be cut off: the line begins a little before it.
  const at = text.search(new RegExp(`(?<![A-Za-z0-9_])${from}(?![A-Za-z0-9_])`));
  const line = at > 22 ? `…${text.slice(at - 14)}` : text;
  const parts = line.split(new RegExp(`(?<![A-Za-z0-9_])${from}(?![A-Za-z0-9_])`));
  return parts.map((p, i) => (
    <span key={i}>
      {i > 0 ? to ? (<><del>{from}</del><ins>{to}</ins></>) : <b>{from}</b> : null}
      {p}
    </span>
  ));
}

export function DeleteDialog({ step, onClose }: { step: string; onClose(): void }) {
  const { actions } = useEditor();
  const { draft } = useSnapshot();
  const { before, behind } = edgesOf(draft.graph, step);
  const names = (ids: string[]) => [...new Set(ids)].join(", ");
  const above = names(before.map((e) => (e.port === "done" ? e.from : `${e.from}.${e.port}`)));
  const below = names(behind.map((e) => e.to));
  function go(bridge: boolean) {
    onClose();
    actions.remove(step, bridge);
  }
  return (
    <Modal title={`Delete ${step}?`} onClose={onClose} testid="delete-dialog">
      <p>
        <span className="sg-mono">{below}</span> {new Set(behind.map((e) => e.to)).size === 1 ? "needs" : "need"} <span className="sg-mono">{step}</span>, which needs <span className="sg-mono">{above}</span>.
      </p>
      <div className="sg-actions">
        <button type="button" className="sg-button sg-primary" data-testid="delete-bridge" data-autofocus onClick={() => go(true)}>
          Delete, and join them
        </button>
        <button type="button" className="sg-button" data-testid="delete-gap" onClick={() => go(false)}>
          Delete, leave a gap
        </button>
        <button type="button" className="sg-button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Modal>
  );
}
