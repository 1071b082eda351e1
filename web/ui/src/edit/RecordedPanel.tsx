// What the chosen run recorded before the selected step, at the inspector's foot. A click on a value writes its path into the field that was last used.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Sign } from "../graph/icons";
import { StatusGlyph } from "../graph/status";
import { reading, upstream } from "../model/graph";
import { ago } from "../model/live";
import { below, readTree, rowOf, type Row, type Tree } from "../model/values";
import type { RecordedValue } from "../types.gen";
import { useEditor, useSnapshot, useStep } from "./context";
import { Prose } from "./Prose";
import { useChosen, useForEach } from "./Worth";
import { STATUS_TITLES } from "../words.gen";

/** Bytes of a value that the tree lists; a longer one is for the run's page. */
const LISTED = 64 << 10;
/** How many entries of one list or object are shown at first, and how many more each time. */
const SHOWN = 50;

interface Shown extends Row {
  depth: number;
  open: boolean | undefined; // undefined: nothing to open
  more?: string; // of the row that shows more: the path whose entries they are
  why?: string;
}

export function RecordedPanel() {
  const chosen = useChosen();
  const { values } = useEditor();
  const { draft } = useSnapshot();
  const step = useStep();
  const forEach = useForEach();
  const [open, setOpen] = useState(() => sessionStorage.getItem("segno.recorded") !== "shut" && innerWidth > 900);
  useEffect(() => sessionStorage.setItem("segno.recorded", open ? "open" : "shut"), [open]);
  const { run, runs, state, why, item, items, target } = chosen;
  if (state === "unread" || state === "reading") return <section className="sg-recorded" aria-label="Recorded values" />;
  if (state === "away") return <Foot text="The runs can't be read: the server is away." />;
  if (!runs.length) {
    return (
      <section className="sg-recorded" aria-label="Recorded values">
        <p className="sg-recorded-none">
          No run yet, so no values to see. <a href={`/flows/${draft.flow}/start`}>Start one</a>
        </p>
      </section>
    );
  }
  return (
    <section className="sg-recorded" aria-label="Recorded values" data-testid="recorded" data-open={open || undefined}>
      <header>
        <button type="button" className="sg-mini" aria-expanded={open} aria-label="Recorded values" title="Recorded values (F4)" data-testid="recorded-toggle" onClick={() => setOpen(!open)}>
          <Sign name={open ? "chevron-down" : "chevron-right"} />
        </button>
        <label htmlFor="recorded-run">Values of</label>
        {run ? <StatusGlyph status={run.status} size={14} /> : null}
        <select id="recorded-run" data-testid="recorded-run" value={run?.id ?? ""} onChange={(e) => values.choose(e.target.value)}>
          {runs.map((r) => (
            <option key={r.id} value={r.id}>
              {STATUS_TITLES[r.status] ?? r.status}, {ago(Date.now() - Date.parse(r.created_at))} · v{r.version} · {r.id.slice(-6)}
            </option>
          ))}
          <option value="">no run</option>
        </select>
        {run ? (
          <a href={`/runs/${run.id}${step ? `?step=${encodeURIComponent(step)}` : ""}`} title="Open this run" aria-label="Open this run" className="sg-mini">
            <Sign name="external-link" />
          </a>
        ) : null}
      </header>
      {why ? <p className="sg-recorded-none">{why}</p> : null}
      {open && run ? (
        <>
          {forEach !== null && items > 0 ? (
            <p className="sg-recorded-item">
              <label htmlFor="recorded-item">Item</label>
              <input id="recorded-item" data-testid="recorded-item" type="number" min={0} max={items - 1} value={item} onChange={(e) => values.look(Math.min(items - 1, Number(e.target.value)))} />
              <span>of {items}, from 0</span>
            </p>
          ) : null}
          <Values key={`${run.id} ${step} ${item}`} />
          <p className="sg-recorded-aim" role="status">
            {target ? (
              <>
                <kbd>Enter</kbd> or a click writes the path into <span className="sg-mono">{target.field}</span>
              </>
            ) : (
              "A click writes the path into the field that you were in last."
            )}
          </p>
        </>
      ) : null}
    </section>
  );
}

function Foot({ text }: { text: string }) {
  return (
    <section className="sg-recorded" aria-label="Recorded values">
      <p className="sg-recorded-none">{text}</p>
    </section>
  );
}

/** Where values come from: the input, the item, and the steps before this one, the nearest last. */
function useRoots(): { key: string; path: string; near: boolean }[] {
  const { draft } = useSnapshot();
  const step = useStep();
  const forEach = useForEach();
  return useMemo(() => {
    const { graph } = draft;
    const ids = step ? upstream(graph, [step]) : new Set(graph.nodes.map((n) => n.id));
    const near = new Set(graph.edges.filter((e) => e.to === step).map((e) => e.from));
    return [
      { key: "input", path: "input", near: true },
      ...(forEach !== null ? [{ key: "item", path: "item", near: true }, { key: "index", path: "index", near: true }] : []),
      ...reading(graph.nodes)
        .filter((n) => ids.has(n.id) && n.kind !== "fail")
        .map((n) => ({ key: n.id, path: `steps.${n.id}.output`, near: near.has(n.id) })),
    ];
  }, [draft.graph, step, forEach]);
}

function Values() {
  const { values, session } = useEditor();
  const step = useStep();
  const forEach = useForEach();
  const roots = useRoots();
  const [read, setRead] = useState(new Map<string, { value: RecordedValue; tree: Tree | undefined }>());
  const [opened, setOpened] = useState(() => new Map(roots.filter((r) => r.near).map((r) => [r.path, SHOWN])));
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);

  const wanted = roots.filter((r) => opened.has(r.path) && !read.has(r.path)).map((r) => r.path).join("\n");
  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    for (const path of wanted.split("\n")) {
      void values.ask({ step, forEach, field: "with", expression: path, most: LISTED }).then((value) => {
        if (!gone && value) setRead((r) => new Map(r).set(path, { value, tree: value.text && !value.cut ? readTree(value.text) : undefined }));
      });
    }
    return () => {
      gone = true;
    };
  }, [wanted, values, step, forEach]);

  const rows = useMemo(() => {
    const out: Shown[] = [];
    const walk = (key: string, path: string, tree: Tree, depth: number) => {
      const row = rowOf(key, path, tree);
      const shown = opened.get(path);
      out.push({ ...row, depth, open: row.kind === "leaf" || row.text.startsWith("0 ") ? undefined : shown !== undefined });
      if (row.kind === "leaf" || shown === undefined) return;
      const entries = below(path, tree);
      for (const [k, p, v] of entries.slice(0, shown)) walk(k, p, v, depth + 1);
      if (entries.length > shown) out.push({ key: `${entries.length - shown} more`, path: `${path} more`, text: "", kind: "leaf", tone: "other", depth: depth + 1, open: undefined, more: path });
    };
    for (const root of roots) {
      const got = read.get(root.path);
      if (got?.tree !== undefined) walk(root.key, root.path, got.tree, 0);
      else {
        const { value } = got ?? {};
        const text = value?.bytes && (value.cut || value.why) ? `${Math.ceil((value.bytes ?? 0) / 1000)} kB, too much to list here` : "";
        out.push({ key: root.key, path: root.path, text, kind: "leaf", tone: "other", depth: 0, open: value ? undefined : opened.has(root.path), ...(value?.why && !value.bytes ? { why: value.why } : {}) });
      }
    }
    return out;
  }, [roots, read, opened]);

  const here = Math.min(at, rows.length - 1);
  function toggle(path: string, to: boolean) {
    setOpened((o) => {
      const next = new Map(o);
      if (to) next.set(path, SHOWN);
      else next.delete(path);
      return next;
    });
  }
  function insert(row: Shown) {
    if (row.more) return setOpened((o) => new Map(o).set(row.more!, (o.get(row.more!) ?? 0) + SHOWN));
    if (row.why) return;
    const { target } = values.get();
    if (target) target.insert(row.path);
    else session.say("Go into a field first: the path is written where its cursor is.");
  }
  function act(row: Shown) {
    if (row.open !== undefined) toggle(row.path, !row.open);
    else insert(row);
  }
  function move(to: number) {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    list.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[next]?.focus();
  }
  function keys(e: KeyboardEvent) {
    const row = rows[here];
    if (!row || e.ctrlKey || e.metaKey || e.altKey) return;
    switch (e.key) {
      case "ArrowDown":
        move(here + 1);
        break;
      case "ArrowUp":
        move(here - 1);
        break;
      case "Home":
        move(0);
        break;
      case "End":
        move(rows.length - 1);
        break;
      case "ArrowRight":
        if (row.open === false) toggle(row.path, true);
        else if (row.open) move(here + 1);
        break;
      case "ArrowLeft":
        if (row.open) toggle(row.path, false);
        else {
          let up = here - 1;
          while (up > 0 && rows[up]!.depth >= row.depth) up--;
          move(up);
        }
        break;
      case "Enter":
        insert(row);
        break;
      case " ":
        act(row);
        break;
      default:
        return;
    }
    e.preventDefault();
    e.stopPropagation();
  }

  return (
    <ul ref={list} role="tree" aria-label="Recorded values" className="sg-values" data-testid="recorded-values" onKeyDown={keys}>
      {rows.map((row, i) => (
        <li
          key={row.path}
          role="treeitem"
          aria-level={row.depth + 1}
          aria-expanded={row.open}
          aria-disabled={row.why ? true : undefined}
          tabIndex={i === here ? 0 : -1}
          data-path={row.path}
          data-depth={Math.min(row.depth, 8)}
          title={row.why ?? row.path}
          onFocus={() => setAt(i)}
          onPointerDown={(e) => e.preventDefault() /* the cursor stays in the field */}
          onClick={() => act(row)}
        >
          <span className="sg-twist">{row.open === undefined ? null : <Sign name={row.open ? "chevron-down" : "chevron-right"} />}</span>
          <span className="sg-mono sg-key">{row.key}</span>
          {row.why ? (
            <span className="sg-dim sg-clip">
              <Prose text={row.why.startsWith(`\`${row.key}\` `) ? row.why.slice(row.key.length + 3) : row.why} />
            </span>
          ) : row.kind === "leaf" ? (
            <code className="sg-clip" data-tone={row.tone}>{row.text}</code>
          ) : (
            <>
              <span className="sg-dim sg-clip sg-grow">{row.text}</span>
              <span
                className="sg-whole"
                title={`Write ${row.path}`}
                aria-hidden="true"
                onClick={(e) => {
                  e.stopPropagation();
                  insert(row);
                }}
              >
                <Sign name="plus" />
              </span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
