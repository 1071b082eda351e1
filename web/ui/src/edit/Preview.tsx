// What publishing would do, in the dialog that asks for it: both versions on one small graph, the changes in words, what stays as it is, the tests.
import { useEffect, useState } from "react";
import { getPublication } from "../api";
import { StatusGlyph } from "../graph/status";
import { markGlyph } from "../model/diff";
import { behindWords, effects, testWords } from "../model/publication";
import type { Publication } from "../types.gen";
import { useEditor, useSnapshot } from "./context";
import { MARKS } from "../words.gen";

/** Changes that are listed; the diff page has all. */
const LISTED = 6;
const SHAPES = { ok: "succeeded", fail: "failed", idle: "pending" } as const;

export function Preview() {
  const { session } = useEditor();
  const { draft } = useSnapshot();
  const [known, setKnown] = useState<Publication | null>(null);
  const [why, setWhy] = useState("");

  useEffect(() => {
    let gone = false;
    void session
      .settled()
      .then(() => getPublication(draft.flow))
      .then(
        (p) => gone || setKnown(p),
        (err: unknown) => gone || setWhy(err instanceof Error ? err.message : String(err)),
      );
    return () => {
      gone = true;
    };
  }, [session, draft.flow, draft.etag]);

  if (why) return <p className="sg-about">What publishing changes could not be read: {why}</p>;
  if (!known) return <p className="sg-about" role="status">Comparing…</p>;
  const tests = testWords(known);
  return (
    <section className="sg-preview" aria-label="What publishing does" data-testid="publish-preview">
      {known.graph ? (
        // The server's own drawing, escaped there.
        <div className="sg-preview-graph" tabIndex={0} role="region" aria-label={`Version ${known.from ?? 0} and the draft on one graph`} dangerouslySetInnerHTML={{ __html: known.graph }} />
      ) : null}
      {known.from ? (
        <div>
          <strong>{known.changes.length ? known.summary : "No change in meaning."}</strong>
          <ul>
            {known.changes.slice(0, LISTED).map((c) => (
              <li key={c.id}>
                <b data-mark={c.sign} aria-hidden="true">{markGlyph(c.sign)}</b>
                <span className="visually-hidden">{MARKS[c.sign]}: </span>
                {c.text}
                {c.below?.length ? <span className="sg-dim"> {c.below.join("; ")}</span> : null}
              </li>
            ))}
          </ul>
          <a href={`/flows/${known.flow}/diff?from=${known.from}&to=draft`} target="_blank" rel="noopener" data-testid="publish-diff">
            {known.changes.length > LISTED ? `All ${known.changes.length} changes` : "Compare in full"}
          </a>
        </div>
      ) : null}
      <ul data-testid="publish-effects">
        {effects(known).map((e) => (
          <li key={e}>{e}</li>
        ))}
      </ul>
      <p data-testid="publish-tests">
        <StatusGlyph status={SHAPES[tests.tone]} size={14} label="Tests" /> {tests.text}{" "}
        <a href={`/flows/${known.flow}/tests`} target="_blank" rel="noopener">
          Tests
        </a>
      </p>
      {known.behind.map((b) => (
        <p key={b.step} className="sg-behind" data-testid={`publish-behind-${b.step}`}>
          <span>{behindWords(b)}</span>
          {b.now ? (
            <button type="button" className="sg-button" onClick={() => session.renameInTests(b.step, b.now ?? "")} data-testid={`follow-${b.step}`}>
              Rename it there
            </button>
          ) : null}
        </p>
      ))}
    </section>
  );
}
