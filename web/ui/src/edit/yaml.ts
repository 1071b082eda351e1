// The YAML editor. Loaded only when it is first opened.
import { defaultKeymap, history, historyKeymap, indentWithTab, undoDepth, redoDepth } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, Transaction, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";
import type { Issue } from "../types.gen";

export interface YamlEditor {
  setText(text: string): void;
  setIssues(issues: Issue[]): void;
  reveal(line: number): void;
  focus(line?: number, column?: number): void;
  destroy(): void;
}

interface Options {
  parent: HTMLElement;
  text: string;
  nonce: string;
  onChange(text: string): void;
  onUndo(): void; // when the editor has nothing of its own left to undo
  onRedo(): void;
}

const colours = HighlightStyle.define([
  { tag: [t.propertyName, t.definition(t.propertyName)], class: "sg-y-key" },
  { tag: [t.string, t.special(t.string)], class: "sg-y-string" },
  { tag: [t.number, t.bool, t.null, t.atom, t.keyword], class: "sg-y-atom" },
  { tag: [t.comment, t.lineComment], class: "sg-y-comment" },
  { tag: [t.punctuation, t.separator, t.bracket, t.brace, t.meta], class: "sg-y-mark" },
]);

export function createYamlEditor(options: Options): YamlEditor {
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        options.nonce ? EditorView.cspNonce.of(options.nonce) : [],
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        bracketMatching(),
        highlightActiveLine(),
        yaml(),
        syntaxHighlighting(colours),
        EditorView.contentAttributes.of({ "aria-label": "YAML of the draft", tabindex: "0", spellcheck: "false" }),
        keymap.of([
          { key: "Mod-z", run: (v) => undoDepth(v.state) === 0 && (options.onUndo(), true) },
          { key: "Mod-Shift-z", run: (v) => redoDepth(v.state) === 0 && (options.onRedo(), true) },
          ...defaultKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((u) => {
          if (u.docChanged && !u.transactions.every((tr) => tr.annotation(Transaction.remote))) options.onChange(u.state.doc.toString());
        }),
      ],
    }),
  });

  return {
    setText(text) {
      const old = view.state.doc.toString();
      if (old === text) return;
      const change = difference(old, text);
      view.dispatch({ changes: change, annotations: [Transaction.remote.of(true), Transaction.addToHistory.of(false)] });
    },
    setIssues(issues) {
      view.dispatch(setDiagnostics(view.state, issues.map((i) => diagnostic(view.state.doc, i)).sort((a, b) => a.from - b.from)));
    },
    reveal(line) {
      view.dispatch({ effects: EditorView.scrollIntoView(lineAt(view.state.doc, line).from, { y: "center" }) });
    },
    focus(line, column = 1) {
      if (line) {
        const l = lineAt(view.state.doc, line);
        const at = l.from + columnOffset(l.text, column);
        view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      }
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

function lineAt(doc: Text, line: number) {
  return doc.line(Math.max(1, Math.min(line, doc.lines)));
}

/** Columns count code points from 1, as the server does; the editor counts UTF-16 units from 0. */
function columnOffset(line: string, column: number): number {
  return [...line].slice(0, Math.max(0, column - 1)).join("").length;
}

function diagnostic(doc: Text, issue: Issue): Diagnostic {
  const line = lineAt(doc, issue.line || 1);
  const from = line.from + columnOffset(line.text, issue.column || 1);
  const word = /^[^\s,\]}]+/.exec(line.text.slice(from - line.from))?.[0].length ?? 0;
  const to = issue.end_column ? line.from + columnOffset(line.text, issue.end_column) : from + word;
  return {
    from,
    to: Math.min(line.to, to),
    severity: issue.severity === "error" ? "error" : "warning",
    message: issue.hint ? `${issue.message}\n${issue.hint}` : issue.message,
  };
}

/** The one stretch in which two texts differ, so that cursors and folds elsewhere stay. */
function difference(a: string, b: string): { from: number; to: number; insert: string } {
  let start = 0;
  const most = Math.min(a.length, b.length);
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return { from: start, to: a.length - end, insert: b.slice(start, b.length - end) };
}
