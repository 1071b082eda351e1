// The buttons of the view, and how much of a step can be read at the zoom that they set.
import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, type RefObject } from "react";
import { Sign } from "./icons";
import { calm, FITS_FROM, READS_AT } from "./view";

/** Tells the style sheet how much of a node can be read at this zoom. */
export function Level({ box }: { box: RefObject<HTMLDivElement | null> }) {
  const zoom = useStore((s) => s.transform[2]);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    el.dataset["level"] = zoom >= READS_AT ? "full" : zoom >= FITS_FROM ? "middle" : "far";
    el.style.setProperty("--unzoom", String(1 / zoom));
  }, [box, zoom]);
  return null;
}

export function Zoom({ onFit, onFind }: { onFit(): void; onFind(): void }) {
  const flow = useReactFlow();
  const percent = useStore((s) => Math.round(s.transform[2] * 100));
  const duration = calm() ? 0 : 200;
  return (
    <div className="sg-zoom" role="group" aria-label="View">
      <button type="button" onClick={onFind} aria-label="Find a step" title="Find a step (Ctrl+F)" data-testid="find-open">
        <Sign name="search" />
      </button>
      <button type="button" onClick={() => void flow.zoomOut({ duration })} aria-label="Zoom out" title="Zoom out">
        <Sign name="minus" />
      </button>
      <button type="button" className="sg-zoom-percent" onClick={() => void flow.zoomTo(1, { duration })} title="Full size (1)">
        {percent}%
      </button>
      <button type="button" onClick={() => void flow.zoomIn({ duration })} aria-label="Zoom in" title="Zoom in">
        <Sign name="plus" />
      </button>
      <button type="button" onClick={onFit} aria-label="Fit all steps" title="Fit all steps (0)">
        <Sign name="maximize" />
      </button>
    </div>
  );
}

/** The keys dialog of app.js can switch single keys off. */
export function singleKeysOff(): boolean {
  try {
    return localStorage.getItem("segno-keys") === "off";
  } catch {
    return false;
  }
}
