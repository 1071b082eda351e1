// The left column: what can be added, by drag or by click, and the outline of the steps. The outline names every step, mounted on the graph or not.
import { useMemo, useRef, useState, type PointerEvent } from "react";
import { KindIcon, Sign } from "../graph/icons";
import { StatusGlyph } from "../graph/status";
import type { Selection } from "../graph/context";
import { reading } from "../model/graph";
import { useEditor, useSnapshot } from "./context";
import { flowOffers, functionOffers, KINDS, search, type Offer } from "./choices";

/** How far the pointer moves before a press becomes a drag, in CSS pixels. */
const DRAG_FROM = 4;

interface Props {
  disabled: boolean;
  onAdd(offer: Offer, anchor: DOMRect): void;
  onDrop(offer: Offer, at: { x: number; y: number }): void;
  selection: Selection;
  onSelect(step: string): void;
}

export function Palette({ disabled, onAdd, onDrop, selection, onSelect }: Props) {
  const { functions, flows } = useEditor();
  const { draft } = useSnapshot();
  const [query, setQuery] = useState("");
  const [outline, setOutline] = useState(false); // a thousand rows that nobody sees would still be laid out
  const found = useMemo(() => search(functionOffers(functions), query), [functions, query]);
  const foundFlows = useMemo(() => search(flowOffers(flows), query), [flows, query]);
  const steps = useMemo(() => reading(draft.graph.nodes), [draft.graph.nodes]);
  const entry = (o: Offer) => <Item key={o.id} offer={o} disabled={disabled} onAdd={onAdd} onDrop={onDrop} />;
  return (
    <nav className="sg-palette" aria-label="Add a step">
      <h2 className="sg-cap">Steps</h2>
      <ul className="sg-kinds">{KINDS.filter((k) => k.kind !== "flow" || flows.length).map(entry)}</ul>
      <div className="sg-functions">
        <h2 className="sg-cap">Functions</h2>
        <label className="sg-search">
          <Sign name="search" />
          <input type="search" placeholder="Filter" aria-label="Filter functions and flows" data-testid="palette-filter" value={query} onChange={(e) => setQuery(e.target.value)} />
        </label>
        <ul>{found.map(entry)}</ul>
        {found.length === 0 ? <p className="sg-none">{functions.length ? "No function matches." : "No functions are registered."}</p> : null}
        {foundFlows.length ? (
          <>
            <h2 className="sg-cap">Flows</h2>
            <ul>{foundFlows.map(entry)}</ul>
          </>
        ) : null}
      </div>
      <details className="sg-outline" onToggle={(e) => setOutline(e.currentTarget.open)}>
        <summary className="sg-cap">
          Outline <span className="sg-dim">{steps.length}</span>
        </summary>
        <ol data-testid="outline">
          {(outline ? steps : []).map((n) => (
            <li key={n.id}>
              <button type="button" aria-current={selection?.kind === "step" && selection.id === n.id ? "true" : undefined} onClick={() => onSelect(n.id)}>
                <KindIcon kind={n.kind} />
                <span className="sg-clip">{n.title || n.id}</span>
                {n.errors ? <StatusGlyph status="failed" size={12} label="Error" /> : null}
              </button>
            </li>
          ))}
        </ol>
      </details>
    </nav>
  );
}

function Item({ offer, disabled, onAdd, onDrop }: { offer: Offer; disabled: boolean } & Pick<Props, "onAdd" | "onDrop">) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const dragged = useRef(false);
  const [ghost, setGhost] = useState<{ x: number; y: number } | null>(null);

  function down(e: PointerEvent<HTMLButtonElement>) {
    dragged.current = false;
    if (disabled || e.button !== 0 || e.pointerType === "touch") return; // a finger scrolls the list, and adds by tapping
    start.current = { x: e.clientX, y: e.clientY };
    e.currentTarget.setPointerCapture(e.pointerId);
  }
  function move(e: PointerEvent<HTMLButtonElement>) {
    if (!start.current) return;
    if (!dragged.current && Math.hypot(e.clientX - start.current.x, e.clientY - start.current.y) < DRAG_FROM) return;
    dragged.current = true;
    setGhost({ x: e.clientX, y: e.clientY });
  }
  function up(e: PointerEvent<HTMLButtonElement>) {
    if (!start.current) return;
    start.current = null;
    setGhost(null);
    if (dragged.current) onDrop(offer, { x: e.clientX, y: e.clientY });
  }
  function cancel() {
    start.current = null;
    setGhost(null);
  }

  return (
    <li>
      <button
        type="button"
        className="sg-offer"
        data-testid={`palette-${offer.id}`}
        disabled={disabled}
        title={offer.about ? `${offer.name}: ${offer.about}` : offer.name}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={cancel}
        onClick={(e) => {
          if (dragged.current) dragged.current = false;
          else onAdd(offer, e.currentTarget.getBoundingClientRect());
        }}
      >
        <KindIcon kind={offer.kind} />
        <span className={offer.function || offer.flow ? "sg-mono sg-clip" : "sg-clip"}>{offer.name}</span>
      </button>
      {ghost ? (
        <div className="sg-ghost" style={{ left: ghost.x, top: ghost.y }}>
          <KindIcon kind={offer.kind} /> {offer.name}
        </div>
      ) : null}
    </li>
  );
}
