// The one picker for what comes next: on an edge's +, where a port was dropped, after a step. Focused at once, searched by letters.
import { useEffect, useMemo, useRef, useState } from "react";
import { KindIcon } from "../graph/icons";
import { given } from "../model/fit";
import { upstream } from "../model/graph";
import { isObject } from "../model/schema";
import { flowOffers, KINDS, ranked, search, type Offer } from "./choices";
import { useEditor, useSnapshot } from "./context";

interface Props {
  at: { x: number; y: number };
  title: string;
  only?: "call" | "flow" | undefined;
  after?: string | undefined; // the step that the new one follows: what it and those before it give makes functions fit
  onPick(offer: Offer): void;
  onClose(): void;
}

const WIDTH = 280;
const HEIGHT = 340;

export function Picker({ at, title, only, after, onPick, onClose }: Props) {
  const { functions, flows } = useEditor();
  const { draft } = useSnapshot();
  const [query, setQuery] = useState("");
  const [cursor, setCursor] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const back = useRef<Element | null>(null);
  const offers = useMemo(() => {
    // "Call" without a function and "Flow" without a flow lead nowhere from here: the functions and flows themselves are listed.
    const kinds = KINDS.filter((k) => !(k.kind === "call" && functions.length) && k.kind !== "flow");
    const spec = isObject(draft.spec) ? draft.spec : {};
    const before = after ? [after, ...upstream(draft.graph, [after])] : [];
    const fitting = ranked(functions, given(spec["input"], draft.graph, before, functions));
    // Without a query what fits comes before the kinds: it is the likeliest next step.
    const all = [...fitting.filter((o) => o.fits), ...kinds, ...fitting.filter((o) => !o.fits), ...flowOffers(flows)];
    return search(only ? all.filter((o) => o.kind === only && (o.function || o.flow)) : all, query);
  }, [functions, flows, only, query, after, draft]);

  useEffect(() => {
    back.current = document.activeElement;
    const outside = (e: globalThis.PointerEvent) => {
      if (!root.current?.contains(e.target as globalThis.Node)) onClose();
    };
    addEventListener("pointerdown", outside, true);
    return () => {
      removeEventListener("pointerdown", outside, true);
      if (back.current instanceof HTMLElement && document.activeElement === document.body) back.current.focus({ preventScroll: true });
    };
  }, [onClose]);

  const left = Math.max(8, Math.min(at.x - WIDTH / 2, innerWidth - WIDTH - 8));
  const top = Math.max(8, Math.min(at.y + 8, innerHeight - HEIGHT - 8));
  return (
    <div className="sg-picker" ref={root} style={{ left, top, width: WIDTH, maxHeight: HEIGHT }} role="dialog" aria-label={title} data-testid="picker">
      <input
        autoFocus
        placeholder={title}
        aria-label={title}
        data-testid="picker-search"
        role="combobox"
        aria-expanded="true"
        aria-controls="sg-picker-list"
        aria-activedescendant={offers[cursor] ? `sg-pick-${offers[cursor].id}` : undefined}
        value={query}
        onChange={(e) => {
          setQuery(e.target.value);
          setCursor(0);
        }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") setCursor((c) => Math.min(c + 1, offers.length - 1));
          else if (e.key === "ArrowUp") setCursor((c) => Math.max(c - 1, 0));
          else if (e.key === "Enter" && offers[cursor]) onPick(offers[cursor]);
          else if (e.key === "Escape") onClose();
          else return;
          e.preventDefault();
          e.stopPropagation();
        }}
      />
      <ul id="sg-picker-list" role="listbox" aria-label={title}>
        {offers.map((o, i) => (
          <li
            key={o.id}
            id={`sg-pick-${o.id}`}
            role="option"
            aria-selected={i === cursor}
            data-testid={`pick-${o.id}`}
            ref={(el) => {
              if (i === cursor) el?.scrollIntoView({ block: "nearest" });
            }}
            onPointerMove={() => setCursor(i)}
            onClick={() => onPick(o)}
          >
            <KindIcon kind={o.kind} />
            <span className={o.function || o.flow ? "sg-mono sg-clip" : ""}>{o.name}</span>
            <span className="sg-dim sg-clip">{o.about}</span>
            {o.fits ? <span className="sg-fits" title="Everything that its input requires is there">fits</span> : null}
          </li>
        ))}
      </ul>
      {offers.length === 0 ? <p className="sg-none">Nothing matches “{query}”.</p> : null}
    </div>
  );
}
