// The YAML editor. Loaded only when it is first opened.
import { acceptCompletion, autocompletion, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, undoDepth, redoDepth } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, Transaction, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, type Tooltip } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";
import type { Assist, AssistItem, Issue, Place } from "../types.gen";
import { caretIn } from "../model/assist";
import { difference } from "../model/text";

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
  label?: string; // what the text is
  wrap?: boolean; // long lines are broken
  readOnly?: boolean;
  onUndo?(): void; // when the editor has nothing of its own left to undo
  onRedo?(): void;
  /** What may stand at a place of the text, and what stands there; rejects when stop is aborted, or the server is away. */
  assist?(text: string, at: Place, stop: AbortSignal): Promise<Assist>;
  /** What one click mends; null if nothing. */
  mend?(issue: Issue): { label: string; apply(): void } | null;
}

type Asks = NonNullable<Options["assist"]>;

const colours = HighlightStyle.define([
  { tag: [t.propertyName, t.definition(t.propertyName)], class: "sg-y-key" },
  { tag: [t.string, t.special(t.string)], class: "sg-y-string" },
  { tag: [t.number, t.bool, t.null, t.atom, t.keyword], class: "sg-y-atom" },
  { tag: [t.comment, t.lineComment], class: "sg-y-comment" },
  { tag: [t.punctuation, t.separator, t.bracket, t.brace, t.meta], class: "sg-y-mark" },
]);

/** What was typed last that asks for help by itself: a word, a path, or the beginning of a value. */
const ASKS = /(?:[\w.$-]|: |\[|[,{] |\{\{ |^ *- |^ +)$/;

export function createYamlEditor(options: Options): YamlEditor {
  const { assist } = options;
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
        EditorView.contentAttributes.of({ "aria-label": options.label ?? "YAML of the draft", tabindex: "0", spellcheck: "false" }),
        options.wrap ? EditorView.lineWrapping : [],
        options.readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [],
        assist
          ? [
              autocompletion({ override: [(c) => complete(c, assist)], icons: false, defaultKeymap: false, maxRenderedOptions: 200 }),
              hoverTooltip((v, at, side) => hover(v, at, side, assist), { hideOnChange: true }),
            ]
          : [],
        keymap.of([
          ...completionKeymap,
          { key: "Tab", run: acceptCompletion },
          { key: "Mod-z", run: (v) => undoDepth(v.state) === 0 && (options.onUndo?.(), true) },
          { key: "Mod-Shift-z", run: (v) => redoDepth(v.state) === 0 && (options.onRedo?.(), true) },
          ...lintKeymap,
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
      view.dispatch(setDiagnostics(view.state, issues.map((i) => diagnostic(view.state.doc, i, options)).sort((a, b) => a.from - b.from)));
    },
    reveal(line) {
      view.dispatch({ effects: EditorView.scrollIntoView(lineAt(view.state.doc, line).from, { y: "center" }) });
    },
    focus(line, column = 1) {
      if (line) {
        const at = offset(view.state.doc, { line, column });
        view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      }
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

/** Asks the server; what it says of a text that has changed since is dropped. */
async function complete(context: CompletionContext, assist: Asks): Promise<CompletionResult | null> {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  if (!context.explicit && !ASKS.test(line.text.slice(0, context.pos - line.from))) return null;
  const stop = new AbortController();
  context.addEventListener("abort", () => stop.abort(), { onDocChange: true });
  const answer = await assist(doc.toString(), place(doc, context.pos), stop.signal).catch(() => null);
  if (!answer?.items.length || context.aborted) return null;
  return { from: offset(doc, answer.from), to: offset(doc, answer.to), options: answer.items.map(option), filter: false };
}

function option(item: AssistItem): Completion {
  return {
    label: item.label,
    ...(item.type ? { detail: item.type } : {}),
    ...(item.detail ? { info: item.detail } : {}),
    type: item.kind,
    apply(view, _, from, to) {
      view.dispatch({ changes: { from, to, insert: item.insert }, selection: { anchor: from + caretIn(item) }, userEvent: "input.complete", scrollIntoView: true });
    },
  };
}

async function hover(view: EditorView, at: number, side: -1 | 1, assist: Asks): Promise<Tooltip | null> {
  const { doc } = view.state;
  const line = doc.lineAt(at);
  if (!/\S/.test(line.text.slice(Math.max(0, at - line.from + Math.min(side, 0)), at - line.from + 1))) return null;
  const stop = new AbortController();
  const answer = await assist(doc.toString(), place(doc, at), stop.signal).catch(() => null);
  if (!answer?.hover || view.state.doc !== doc) return null;
  const { from, to, label, type, detail } = answer.hover;
  return {
    pos: offset(doc, from),
    end: offset(doc, to),
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "sg-y-hover";
      dom.dataset["testid"] = "yaml-hover";
      const head = dom.appendChild(document.createElement("p"));
      head.append(Object.assign(document.createElement("b"), { textContent: label }), type ? ` ${type}` : "");
      if (detail) dom.appendChild(document.createElement("p")).textContent = detail;
      return { dom };
    },
  };
}

function lineAt(doc: Text, line: number) {
  return doc.line(Math.max(1, Math.min(line, doc.lines)));
}

/** Columns count code points from 1, as the server does; the editor counts UTF-16 units from 0. */
function offset(doc: Text, at: Place): number {
  const line = lineAt(doc, at.line);
  return line.from + [...line.text].slice(0, Math.max(0, at.column - 1)).join("").length;
}

function place(doc: Text, at: number): Place {
  const line = doc.lineAt(at);
  return { line: line.number, column: [...line.text.slice(0, at - line.from)].length + 1 };
}

function diagnostic(doc: Text, issue: Issue, options: Options): Diagnostic {
  const line = lineAt(doc, issue.line || 1);
  const from = offset(doc, { line: issue.line || 1, column: issue.column || 1 });
  const word = /^[^\s,\]}]+/.exec(line.text.slice(from - line.from))?.[0].length ?? 0;
  const mend = options.mend?.(issue);
  return {
    from,
    to: Math.min(line.to, from + word),
    severity: issue.severity === "error" ? "error" : "warning",
    message: issue.hint ? `${issue.message}\n${issue.hint}` : issue.message,
    ...(mend ? { actions: [{ name: mend.label, apply: () => mend.apply() }] } : {}),
  };
}
