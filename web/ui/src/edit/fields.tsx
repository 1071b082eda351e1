// The form's own inputs. Each holds what is being typed until it is committed: by Enter, by leaving the field, or half a second after the last key.
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { fromText, toText, type FieldKind } from "../model/schema";
import { asExpression, expressionOf } from "../model/template";
import type { Issue, Json } from "../types.gen";
import { CelInput } from "./Cel";
import { useEditor, useSnapshot } from "./context";
import { Hint, MendButton, Prose } from "./Prose";
import type { Target } from "./recorded";
import { Worth } from "./Worth";

/** A field is saved this long after the last key. */
const REST_MS = 500;
/** The same for an expression, so that what is wrong with it is told within 300 ms. */
const REST_EXPRESSION_MS = 150;

export interface FieldProps {
  path: string; // of the test and of the issues
  label: ReactNode;
  value: Json | undefined;
  onCommit(value: Json | undefined, typed: boolean): void;
  kind?: FieldKind;
  options?: Json[];
  required?: boolean;
  about?: string | undefined;
  placeholder?: string | undefined;
  issues?: Issue[];
  /** Saved only by Enter or by leaving the field: a name half typed would rename everything that refers to it. */
  patient?: boolean;
  /** "either": a button toggles between a literal and an expression. "always": the field is CEL, written with or without its ${{ }}. */
  expression?: "never" | "either" | "always";
  /** A text in which `${{ }}` may stand. */
  template?: boolean;
  memory?: string; // what the toggle remembers the other value by
  mono?: boolean;
  /** A text of several lines: Enter begins a new one, Ctrl+Enter saves. */
  rows?: number;
  action?: ReactNode;
  onText?(text: string): { ok: true; value: Json | undefined } | { ok: false; why: string };
}

/** The other value of each toggled field, so that toggling twice loses nothing. */
const memories = new Map<string, { literal?: string; expression?: string }>();

/** The problems of a field and of what is within it. */
export function within(issues: Issue[], path: string): Issue[] {
  return issues.filter((i) => i.field === path || i.field?.startsWith(`${path}.`) || i.field?.startsWith(`${path}[`));
}

/** A field's name, and beside it what else can be done with it. */
export function Label({ id, label, required = false, children }: { id: string; label: ReactNode; required?: boolean; children?: ReactNode }) {
  return (
    <div className="sg-label">
      <label htmlFor={id}>
        {label}
        {required ? (
          <span className="sg-required" title="required">
            *
          </span>
        ) : null}
      </label>
      <span className="sg-grow" />
      {children}
    </div>
  );
}

export function Field(props: FieldProps) {
  const { path, label, value, required = false, about, issues = [], kind = "string", expression = "never", memory, action } = props;
  const id = useId();
  const written = expressionOf(value);
  const [mode, setMode] = useState<"literal" | "expression">(expression === "always" || (expression === "either" && written !== null) ? "expression" : "literal");
  const asWritten = written !== null;
  useEffect(() => {
    if (expression === "either" && value !== undefined) setMode(asWritten ? "expression" : "literal");
  }, [expression, asWritten, value === undefined]);
  const own = within(issues, path);

  function toggle() {
    const kept = memories.get(memory ?? path) ?? {};
    if (mode === "expression") {
      kept.expression = written ?? kept.expression ?? "";
      memories.set(memory ?? path, kept);
      setMode("literal");
      const parsed = kept.literal ? fromText(kind, kept.literal, props.options) : literalOf(kept.expression, kind);
      if (parsed?.ok && parsed.value !== undefined) props.onCommit(parsed.value, false);
    } else {
      kept.literal = toText(kind, value);
      memories.set(memory ?? path, kept);
      setMode("expression");
      const next = kept.expression ?? (value === undefined ? "" : JSON.stringify(value));
      if (next) props.onCommit(asExpression(next), false);
    }
  }

  /** A recorded value's path in place of the literal, which the toggle remembers. */
  function byPath(source: string) {
    memories.set(memory ?? path, { ...memories.get(memory ?? path), literal: toText(kind, value) });
    setMode("expression");
    props.onCommit(asExpression(source), false);
  }

  return (
    <div className="sg-field" data-invalid={own.some((i) => i.severity === "error") || undefined}>
      <Label id={id} label={label} required={required}>
        {action}
        {expression === "either" ? (
          <button
            type="button"
            className="sg-toggle"
            data-testid={`toggle-${path}`}
            aria-pressed={mode === "expression"}
            onClick={toggle}
            title={mode === "expression" ? "An expression. Click to write a value" : "A value. Click to write an expression"}
          >
            {"{}"}
          </button>
        ) : null}
      </Label>
      <Input key={mode} {...props} id={id} mode={mode} wrong={own.some((i) => i.severity === "error")} onPath={expression === "either" ? byPath : undefined} />
      {about ? <p className="sg-about">{about}</p> : null}
      <Issues issues={own} />
    </div>
  );
}

/** A literal that says the same as this CEL source, if it is one. */
function literalOf(source: string, kind: FieldKind): ReturnType<typeof fromText> | null {
  try {
    const value = JSON.parse(source) as Json;
    return fromText(kind, toText(kind, value));
  } catch {
    return null;
  }
}

export function Issues({ issues }: { issues: Issue[] }) {
  return issues.map((i, n) => (
    <p key={n} className="sg-issue" data-tone={i.severity === "error" ? "fail" : "retry"}>
      <Prose text={i.message} />
      <Hint issue={i} />
      <MendButton issue={i} />
    </p>
  ));
}

function Input(props: FieldProps & { id: string; mode: "literal" | "expression"; wrong: boolean; onPath?: ((source: string) => void) | undefined }) {
  const { id, path, value, kind = "string", mode, options = [], placeholder, required = false, patient = false, template = false, onPath } = props;
  const { values } = useEditor();
  const box = useRef<HTMLTextAreaElement>(null);
  const shown = mode === "expression" ? (expressionOf(value) ?? (props.expression === "always" ? toText("string", value) : "")) : toText(kind, value);
  const [text, setText] = useState(shown);
  const [why, setWhy] = useState("");
  const dirty = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ text, props, shown });
  latest.current = { text, props, shown };

  // What the server says replaces the text, unless somebody is typing here; so does a draft that came from elsewhere without what was typed.
  const { draft, save } = useSnapshot();
  const settled = save === "saved" ? draft.etag : null;
  useEffect(() => {
    if (!dirty.current) {
      setText(shown);
      setWhy("");
    }
  }, [shown]);
  useEffect(() => {
    if (settled && !dirty.current) setText(latest.current.shown);
  }, [settled]);
  // A field that goes away (another step was selected) saves what was typed in it.
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      if (dirty.current) commit(false);
    },
    [],
  );

  function commit(typed: boolean) {
    clearTimeout(timer.current);
    const { text, props, shown } = latest.current;
    if (!typed) dirty.current = false;
    if (text === shown) return setWhy("");
    const parsed = parse(text, props);
    if (!parsed.ok) return setWhy(parsed.why);
    setWhy("");
    props.onCommit(parsed.value, typed);
  }
  function parse(text: string, p: typeof props) {
    if (p.onText) return p.onText(text);
    if (p.mode === "expression") return { ok: true as const, value: text.trim() === "" ? undefined : asExpression(expressionOf(text) ?? text) };
    return fromText(p.kind ?? "string", text, p.options);
  }
  function change(next: string) {
    dirty.current = true;
    setText(next);
    latest.current.text = next;
    clearTimeout(timer.current);
    if (!patient) timer.current = setTimeout(() => commit(true), mode === "expression" ? REST_EXPRESSION_MS : REST_MS);
  }
  // Where a recorded value's path goes: into a text between its words, else in place of the literal.
  const target = useRef<Target>({
    field: path,
    insert(source) {
      const { text, props } = latest.current;
      const el = box.current;
      if (el && (text !== "" || props.template)) {
        const at = el.selectionStart;
        el.focus();
        change(text.slice(0, at) + asExpression(source) + text.slice(el.selectionEnd));
      } else props.onPath?.(source);
    },
  });
  useEffect(() => () => values.miss(target.current), [values]);
  const aims = kind === "string" ? template || onPath !== undefined : onPath !== undefined;
  const aim = () => aims && values.aim(target.current);
  const lines = (kind === "json" || props.rows !== undefined) && mode === "literal";
  function keys(e: KeyboardEvent) {
    if (e.key === "Enter" && !e.shiftKey && !(lines && !e.ctrlKey && !e.metaKey)) {
      e.preventDefault();
      commit(false);
    } else if (e.key === "Escape" && dirty.current) {
      e.stopPropagation();
      clearTimeout(timer.current);
      dirty.current = false;
      setText(shown);
      setWhy("");
    }
  }

  const common = { id, "data-testid": `field-${path}`, required, "aria-invalid": why !== "" || undefined, "aria-describedby": why ? `${id}-why` : undefined };
  let control: ReactNode;
  if (mode === "literal" && (kind === "enum" || kind === "boolean")) {
    const all = (kind === "boolean" ? [true, false] : options).map((o) => toText("enum", o));
    if (shown && !all.includes(shown)) all.unshift(shown);
    control = (
      <select
        {...common}
        value={shown}
        onFocus={aim}
        onChange={(e) => {
          const parsed = parse(e.target.value, props);
          if (parsed.ok) props.onCommit(parsed.value, false);
        }}
      >
        {required && shown ? null : <option value="">{placeholder ? `default: ${placeholder}` : "–"}</option>}
        {all.map((o) => (
          <option key={o} value={o}>
            {o}
          </option>
        ))}
      </select>
    );
  } else if (mode === "expression") {
    control = <CelInput common={common} field={path} text={text} onText={change} onLeave={() => commit(false)} onKey={keys} wrong={props.wrong} />;
  } else {
    const mono = kind === "json" || props.mono;
    control = (
      <textarea
        {...common}
        ref={kind === "string" ? box : undefined}
        onFocus={aim}
        className={mono ? "sg-mono" : undefined}
        rows={lines ? Math.min(16, Math.max(props.rows ?? 2, text.split("\n").length)) : 1}
        inputMode={kind === "number" || kind === "integer" ? "decimal" : undefined}
        spellCheck={false}
        autoComplete="off"
        placeholder={placeholder}
        value={text}
        onChange={(e) => change(e.target.value)}
        onBlur={() => commit(false)}
        onKeyDown={keys}
      />
    );
  }
  return (
    <>
      {control}
      {mode === "literal" && kind === "string" && (template || onPath) && text.includes("${{") ? <Worth field={path} text={text} quiet={props.wrong} /> : null}
      {why ? (
        <p className="sg-issue" data-tone="fail" id={`${id}-why`}>
          {why}
        </p>
      ) : null}
    </>
  );
}
