// An expression's text field: a plain textarea with a list of what may stand at the cursor, and below it the type that is wanted and the one that is there.
// A textarea rather than a second CodeMirror: it costs the page no 100 kB, a form has dozens of them, and phones and screen readers know it.
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type TextareaHTMLAttributes } from "react";
import { completeExpression } from "../api";
import { take, typedIn } from "../model/assist";
import { insertPath } from "../model/values";
import type { Assist } from "../types.gen";
import { useEditor, useStep } from "./context";
import type { Target } from "./recorded";
import { Worth } from "./Worth";

/** How long typing rests before the server is asked. */
const ASK_MS = 60;

interface Props {
  common: TextareaHTMLAttributes<HTMLTextAreaElement>;
  field: string;
  text: string;
  onText(text: string): void;
  onLeave(): void;
  wrong: boolean; // something is said to be wrong with it already
  onKey(e: KeyboardEvent): void;
}

export function CelInput({ common, field, text, onText, onLeave, onKey, wrong }: Props) {
  const { session, values } = useEditor();
  const step = useStep();
  const list = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const asking = useRef<AbortController>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const caret = useRef<number | null>(null); // where it goes once the text that was taken is shown
  const [answer, setAnswer] = useState<(Assist & { of: string }) | null>(null);
  const [open, setOpen] = useState(false);
  const [cursor, setCursor] = useState(0);
  const menu = useRef<HTMLUListElement>(null);

  useEffect(
    () => () => {
      clearTimeout(timer.current);
      asking.current?.abort();
    },
    [],
  );
  // Where a recorded value's path is written: at the cursor, also while the focus is on the value.
  const latest = useRef({ text, onText });
  latest.current = { text, onText };
  const target = useRef<Target>({
    field,
    insert(path) {
      const el = area.current;
      if (!el) return;
      const next = insertPath(latest.current.text, el.selectionStart, el.selectionEnd, path);
      caret.current = next.caret;
      el.focus();
      latest.current.onText(next.text);
      ask(next.text, false);
    },
  });
  useEffect(() => () => values.miss(target.current), [values]);
  useLayoutEffect(() => {
    if (caret.current === null || !area.current) return;
    area.current.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [text]);

  useEffect(() => {
    if (open) menu.current?.scrollIntoView({ block: "nearest" });
  }, [open]);

  /** Asks what may stand at the cursor; an answer that comes after the next question is dropped. */
  function ask(now: string, show: boolean, after = ASK_MS) {
    clearTimeout(timer.current);
    asking.current?.abort();
    timer.current = setTimeout(async () => {
      const el = area.current;
      if (!el) return;
      const stop = (asking.current = new AbortController());
      const at = [...now.slice(0, el.selectionStart)].length;
      const got = await completeExpression({ source: session.get().draft.source, step, field, expression: now, cursor: at }, stop.signal).catch(() => null);
      if (stop.signal.aborted || !got) return;
      setAnswer({ ...got, of: now });
      setCursor(0);
      setOpen(show && got.items.length > 0 && document.activeElement === el);
    }, after);
  }
  function pick(index: number) {
    const item = answer?.items[index];
    const next = item && answer ? take(text, answer.of, answer, item) : null;
    if (!item || !next) return shut();
    caret.current = next.caret;
    setOpen(false);
    onText(next.text);
    ask(next.text, item.kind === "field" && item.type === "object");
  }
  function shut() {
    clearTimeout(timer.current);
    asking.current?.abort();
    setOpen(false);
  }
  const items = answer?.items ?? [];
  function keys(e: KeyboardEvent<HTMLTextAreaElement>) {
    if (e.key === " " && e.ctrlKey) {
      e.preventDefault();
      return ask(text, true, 0);
    }
    if (!open) return onKey(e);
    const page = 8;
    switch (e.key) {
      case "ArrowDown":
        setCursor((c) => (c + 1) % items.length);
        break;
      case "ArrowUp":
        setCursor((c) => (c - 1 + items.length) % items.length);
        break;
      case "PageDown":
        setCursor((c) => Math.min(c + page, items.length - 1));
        break;
      case "PageUp":
        setCursor((c) => Math.max(c - page, 0));
        break;
      case "Enter":
      case "Tab":
        if (e.shiftKey) return shut();
        pick(cursor);
        break;
      case "Escape":
        shut();
        break;
      case "ArrowLeft":
      case "ArrowRight":
      case "Home":
      case "End":
        return shut();
      default:
        return onKey(e);
    }
    e.preventDefault();
    e.stopPropagation();
  }

  const typed = answer && answer.of === text ? [...(text.split("\n")[answer.from.line - 1] ?? "")].slice(answer.from.column - 1, answer.to.column - 1).join("") : "";
  const known = answer && answer.of === text ? answer : null;
  return (
    <>
      <div className="sg-cel">
        <span aria-hidden="true">{"${{"}</span>
        <textarea
          {...common}
          ref={area}
          className="sg-mono"
          rows={1}
          spellCheck={false}
          autoComplete="off"
          placeholder="an expression"
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={open ? list : undefined}
          aria-activedescendant={open ? `${list}-${cursor}` : undefined}
          value={text}
          onChange={(e) => {
            onText(e.target.value);
            ask(e.target.value, /[\w.?]$/.test(e.target.value.slice(0, e.target.selectionStart)));
          }}
          onFocus={() => {
            values.aim(target.current);
            ask(text, false);
          }}
          onBlur={() => {
            shut();
            onLeave();
          }}
          onKeyDown={keys}
        />
        <span aria-hidden="true">{"}}"}</span>
      </div>
      {open ? (
        <div className="sg-assist">
          <ul id={list} ref={menu} role="listbox" aria-label="What may stand here" data-testid="assist">
            {items.map((item, i) => {
              const [before, hit, after] = typedIn(item.label, typed);
              return (
                <li
                  key={`${item.kind}-${item.label}-${item.type ?? ""}`}
                  id={`${list}-${i}`}
                  role="option"
                  aria-selected={i === cursor}
                  ref={(el) => {
                    if (i === cursor) el?.scrollIntoView({ block: "nearest" });
                  }}
                  onPointerDown={(e) => e.preventDefault()}
                  onClick={() => pick(i)}
                >
                  <span className="sg-mono sg-clip">
                    {before}
                    <b>{hit}</b>
                    {after}
                  </span>
                  <span className="sg-dim sg-clip">{item.type}</span>
                  {i === cursor && item.detail ? <span className="sg-assist-detail">{item.detail}</span> : null}
                </li>
              );
            })}
          </ul>
        </div>
      ) : null}
      <p className="visually-hidden" role="status">
        {open ? `${items.length === 1 ? "1 suggestion" : `${items.length} suggestions`}` : ""}
      </p>
      {/* It stays when the field is left: a line that goes away would move the button below it from under the pointer. */}
      {known?.type || known?.wanted ? (
        <p className="sg-types" data-testid={`types-${field}`}>
          {known.wanted ? (
            <>
              wanted <b>{known.wanted}</b>
            </>
          ) : null}
          {known.wanted && known.type ? " · " : null}
          {known.type ? (
            <>
              this is <b>{known.type}</b>
            </>
          ) : null}
        </p>
      ) : null}
      <Worth field={field} expression={text} quiet={wrong} />
    </>
  );
}
