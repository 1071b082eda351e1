// The inspector on a narrow screen: a sheet from below in three heights, by its grip, by its buttons or by the arrows.
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from "react";
import { Sign } from "../graph/icons";

/** The heights of a sheet as shares of what is there, the smallest first. */
export const HEIGHTS = [0.24, 0.55, 0.92] as const;
/** How fast a finger lets go for the sheet to go on in its direction, in CSS pixels a millisecond. */
const FLICK = 0.5;

interface Props {
  sheet: RefObject<HTMLElement | null>;
  onClose(): void;
  /** Told once the sheet has another height. */
  onRest(): void;
}

/** How long the sheet takes to another height, in milliseconds: --m-base and a frame. */
const TAKES_MS = 220;

/** The height nearest to a share, or the next one in the direction in which the sheet was thrown. */
export function snap(share: number, speed: number): number {
  const near = HEIGHTS.reduce((best, h, i) => (Math.abs(h - share) < Math.abs(HEIGHTS[best]! - share) ? i : best), 0);
  if (Math.abs(speed) < FLICK) return near;
  const way = speed > 0 ? HEIGHTS.findIndex((h) => h > share) : HEIGHTS.findLastIndex((h) => h < share);
  return way < 0 ? near : way;
}

/** The bar on top of the sheet. It sets the sheet's --sheet, the share of the height that it takes. */
export function SheetBar({ sheet, onClose, onRest }: Props) {
  const [at, setAt] = useState(1);
  const rest = useRef(onRest);
  rest.current = onRest;
  const drag = useRef<{ y: number; high: number; last: number; when: number; speed: number } | null>(null);

  useEffect(() => {
    const el = sheet.current;
    if (!el) return;
    el.style.setProperty("--sheet", `${HEIGHTS[at]! * 100}%`);
    el.dataset["height"] = ["low", "half", "full"][at];
    const timer = setTimeout(() => rest.current(), TAKES_MS);
    return () => clearTimeout(timer);
  }, [at, sheet]);

  function room(): number {
    return sheet.current?.offsetParent?.clientHeight ?? innerHeight;
  }
  function down(e: PointerEvent<HTMLElement>) {
    if (e.target instanceof Element && e.target.closest("button")) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    drag.current = { y: e.clientY, high: sheet.current?.offsetHeight ?? 0, last: e.clientY, when: e.timeStamp, speed: 0 };
    if (sheet.current) sheet.current.dataset["dragged"] = "";
  }
  function move(e: PointerEvent<HTMLElement>) {
    const d = drag.current;
    if (!d) return;
    const took = e.timeStamp - d.when;
    if (took > 0) [d.speed, d.last, d.when] = [(d.last - e.clientY) / took, e.clientY, e.timeStamp];
    const high = Math.max(56, Math.min(room() * HEIGHTS[2], d.high + d.y - e.clientY));
    sheet.current?.style.setProperty("--sheet", `${Math.round(high)}px`);
  }
  function up() {
    const d = drag.current;
    if (!d || !sheet.current) return;
    drag.current = null;
    delete sheet.current.dataset["dragged"];
    const next = snap(sheet.current.offsetHeight / room(), d.speed);
    sheet.current.style.setProperty("--sheet", `${HEIGHTS[next]! * 100}%`);
    setAt(next);
  }
  const step = (by: number) => setAt(Math.max(0, Math.min(HEIGHTS.length - 1, at + by)));
  function key(e: KeyboardEvent) {
    if (e.key === "ArrowUp") step(1);
    else if (e.key === "ArrowDown") step(-1);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  return (
    <div className="sg-sheet-bar sg-narrow" onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} data-testid="sheet-bar">
      <button type="button" className="sg-touch" disabled={at === 0} onClick={() => step(-1)} aria-label="Smaller" data-testid="sheet-smaller">
        <Sign name="chevron-down" />
      </button>
      <button type="button" className="sg-touch" disabled={at === HEIGHTS.length - 1} onClick={() => step(1)} aria-label="Larger" data-testid="sheet-larger">
        <Sign name="chevron-down" />
      </button>
      <div
        className="sg-grip"
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the inspector"
        aria-valuemin={Math.round(HEIGHTS[0] * 100)}
        aria-valuemax={Math.round(HEIGHTS[2] * 100)}
        aria-valuenow={Math.round(HEIGHTS[at]! * 100)}
        tabIndex={0}
        onKeyDown={key}
      />
      <button type="button" className="sg-touch sg-shut" onClick={onClose} aria-label="Close" data-testid="sheet-close">
        <Sign name="x" />
      </button>
    </div>
  );
}
