// Words of the server, with their `backticks` as code, and the hint of an issue, which a click takes if it comes with an edit.
import type { Issue } from "../types.gen";
import { useEditor, useSnapshot } from "./context";
import { mendOf } from "./mend";

export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={i} className="sg-mono">{part}</code> : part));
}

export function Hint({ issue }: { issue: Issue }) {
  return issue.hint ? <span className="sg-hint"> <Prose text={issue.hint} /></span> : null;
}

/** The button that does what the hint says. */
export function MendButton({ issue }: { issue: Issue }) {
  const { session } = useEditor();
  const { draft, text } = useSnapshot();
  // The issue's place is one in the checked text: what has been typed since must be checked first.
  const mend = text === draft.source ? mendOf(issue, text) : null;
  if (!mend) return null;
  return (
    <button type="button" className="sg-mend" data-testid="mend" onClick={() => session.replace(mend.label, mend.text)}>
      {mend.label}
    </button>
  );
}
