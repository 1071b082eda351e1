// Looking for a step by name, title, function or kind. Each key shows the best match; Enter goes to it, and on to the next.
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { entries, find } from "../model/find";
import type { Node, Step } from "../types.gen";
import { KindIcon, Sign } from "./icons";
import { StatusGlyph } from "./status";
import { STATUS_TITLES } from "../words.gen";

interface Props {
  nodes: Node[];
  steps: Map<string, Step>;
  /** Shows a step without choosing it; null shows none. */
  onShow(id: string | null): void;
  onGo(id: string): void;
  /** went: the step that was gone to. */
  onClose(went: string | null): void;
}

/** How many matches are listed. */
const LISTED = 40;

/** How long typing rests before the view goes to what is found, in milliseconds. */
const REST = 120;

export function Find({ nodes, steps, onShow, onGo, onClose }: Props) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [went, setWent] = useState<string | null>(null);
  const back = useRef<Element | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const scrolled = useRef(false);
  const all = useMemo(() => entries(nodes, (n) => words(steps.get(n.id))), [nodes, steps]);
  const found = useMemo(() => find(all, query), [all, query]);
  const listed = useDeferredValue(found); // the field answers first, the list follows
  const current = found[at];

  // To travel at each key would hold up the next one: the view follows when the typing rests, and at once for who walks the list.
  useEffect(() => {
    const id = current?.id ?? null;
    if (at > 0) return onShow(id);
    const rests = setTimeout(() => onShow(id), REST);
    return () => clearTimeout(rests);
  }, [current?.id]);
  useEffect(() => {
    back.current = document.activeElement;
    return () => onShow(null);
  }, []);

  // What is found first is in sight already: the list is only asked to scroll by who goes down it, for to ask lays the whole page out.
  useEffect(() => {
    if (at > 0 || scrolled.current) list.current?.children[at]?.scrollIntoView({ block: "nearest" });
    scrolled.current = at > 0;
  }, [at, listed]);

  function close() {
    onClose(went);
    if (!went && back.current instanceof HTMLElement) back.current.focus({ preventScroll: true });
  }
  function go(i: number) {
    const node = found[i];
    if (!node) return;
    setAt(i);
    setWent(node.id);
    onGo(node.id);
  }
  const step = (by: number) => (found.length ? (at + by + found.length) % found.length : 0);

  return (
    <div className="sg-find nodrag nopan nowheel" role="search" data-testid="find">
      <div className="sg-find-head">
        <Sign name="search" />
        <input
          autoFocus
          type="text"
          placeholder="Find a step"
          aria-label="Find a step by name, title, function or kind"
          data-testid="find-query"
          role="combobox"
          aria-expanded={found.length > 0}
          aria-controls="sg-find-list"
          aria-activedescendant={current && at < LISTED ? `sg-found-${current.id}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(e) => {
            setQuery(e.target.value);
            setAt(0);
            setWent(null);
          }}
          onKeyDown={(e) => {
            const native = (e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "f"; // once more: the browser's own
            if (native || e.key === "Tab") return e.stopPropagation();
            if (e.key === "ArrowDown") setAt(step(1));
            else if (e.key === "ArrowUp") setAt(step(-1));
            else if (e.key === "Enter") go(current && went === current.id ? step(e.shiftKey ? -1 : 1) : at);
            else if (e.key === "Escape") close();
            else return e.stopPropagation();
            e.preventDefault();
            e.stopPropagation();
          }}
        />
        <span className="sg-find-count" role="status" data-testid="find-count">
          {query.trim() ? (found.length ? `${at + 1}/${found.length}` : "none") : ""}
        </span>
        <button type="button" className="sg-mini" aria-label="Close the search" title="Close (Esc)" onClick={close}>
          <Sign name="x" />
        </button>
      </div>
      <ul ref={list} id="sg-find-list" role="listbox" aria-label="Steps found" hidden={!listed.length}>
        {listed.slice(0, LISTED).map((n, i) => (
          <li
            key={n.id}
            id={`sg-found-${n.id}`}
            role="option"
            aria-selected={n === current}
            onClick={() => go(i)}
          >
            <KindIcon kind={n.kind} />
            <span className="sg-clip">{n.title || n.id}</span>
            <span className="sg-mono sg-clip">{n.title ? n.id : (n.function ?? n.flow ?? n.kind)}</span>
            <Status step={steps.get(n.id)} />
          </li>
        ))}
      </ul>
      {listed.length > LISTED ? <p className="sg-find-more">and {listed.length - LISTED} more</p> : null}
      {query.trim() && !found.length ? <p className="sg-find-more">No step has “{query.trim()}” in its name, title, function or kind.</p> : null}
    </div>
  );
}

function words(step: Step | undefined): string | undefined {
  return step ? (STATUS_TITLES[step.status] ?? step.status) : undefined;
}

function Status({ step }: { step: Step | undefined }) {
  return step ? <StatusGlyph status={step.status} person={step.deciding !== undefined} /> : null;
}
