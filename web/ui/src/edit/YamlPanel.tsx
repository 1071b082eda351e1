// The text beside the graph. The two show one draft: an edit here redraws the graph, a gesture there changes only the lines it must.
import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { complete } from "../api";
import { useEditor, useSnapshot } from "./context";
import { mendOf } from "./mend";
import type { YamlEditor } from "./yaml";

export interface YamlHandle {
  reveal(line: number): void;
  focus(line: number, column: number): void;
}

export const YamlPanel = forwardRef<YamlHandle, { startAt: number }>(function YamlPanel({ startAt }, ref) {
  const { session } = useEditor();
  const { text, draft, save } = useSnapshot();
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<YamlEditor | null>(null);
  const [failed, setFailed] = useState("");
  const wanted = useRef<{ line: number; column: number } | null>(null);

  useEffect(() => {
    let made: YamlEditor | null = null;
    let gone = false;
    import("./yaml").then(
      ({ createYamlEditor }) => {
        if (gone || !host.current) return;
        made = createYamlEditor({
          parent: host.current,
          text: session.get().text,
          nonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "",
          onChange: (t) => session.type(t),
          onUndo: () => session.undo(),
          onRedo: () => session.redo(),
          assist: complete,
          mend: (issue) => {
            const mend = mendOf(issue, session.get().text);
            if (!mend) return null;
            return { label: mend.label, apply: () => session.get().text === session.get().draft.source && session.replace(mend.label, mend.text) };
          },
        });
        setEditor(made);
        if (wanted.current) made.focus(wanted.current.line, wanted.current.column);
        else if (startAt) made.reveal(startAt);
      },
      (err: unknown) => setFailed(err instanceof Error ? err.message : String(err)),
    );
    return () => {
      gone = true;
      made?.destroy();
    };
    // startAt counts for the first sight only.
  }, [session]);

  useEffect(() => editor?.setText(text), [editor, text]);
  const settled = save === "saved";
  useEffect(() => {
    if (settled) editor?.setIssues(draft.issues);
  }, [editor, draft.issues, settled]);

  useImperativeHandle(ref, () => ({
    reveal: (line) => editor?.reveal(line),
    focus: (line, column) => {
      if (editor) editor.focus(line, column);
      else wanted.current = { line, column };
    },
  }));

  return (
    <section className="sg-yaml" aria-label="YAML" data-testid="yaml-panel">
      <div className="sg-yaml-host" ref={host} />
      {failed ? <p className="sg-none sg-pad">The editor could not be loaded ({failed}). Reload the page to try again; nothing is lost.</p> : null}
    </section>
  );
});
