// The one picker for what comes next: on an edge's +, where a port was dropped, after a step. Focused at once, searched by letters.
import { useEffect, useMemo, useRef, useState } from "react";
import { KindIcon } from "../graph/icons";
import { useEditor } from "./context";
import { flowOffers, functionOffers, KINDS, search, type Offer } from "./choices";

interface Props {
  at: { x: number; y: number };
  title: string;
  only?: "call" | "flow" | undefined;
  onPick(offer: Offer): void;
  onClose(): void;
}

const WIDTH = 280;
const HEIGHT = 340;

export function Picker({ at, title, only, onPick, onClose }: Props) {
  const { functions, flows } = useEditor();
  const [query, setQuery] = useState("");
  const [cursor, setCursor] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const back = useRef<Element | null>(null);
  const offers = useMemo(() => {
    // "Call" without a function and "Flow" without a flow lead nowhere from here: the functions and flows themselves are listed.
    const kinds = KINDS.filter((k) => !(k.kind === "call" && functions.length) && k.kind !== "flow");
    const all = [...kinds, ...functionOffers(functions), ...flowOffers(flows)];
    return search(only ? all.filter((o) => o.kind === only && (o.function || o.flow)) : all, query);
  }, [functions, flows, only, query]);

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
          </li>
        ))}
      </ul>
      {offers.length === 0 ? <p className="sg-none">Nothing matches “{query}”.</p> : null}
    </div>
  );
}
