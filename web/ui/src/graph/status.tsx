// The shapes of web/static/status.svg: every status told apart without its colour. The colour comes from data-status in the style sheet.
import { STATUS_TITLES } from "../words.gen";

const SHAPES = new Set([
  "pending", "queued", "running", "retrying", "waiting", "ask", "paused", "uncertain", "succeeded", "failed", "skipped", "cancelled", "compensating", "compensated",
  "compensation_failed",
]);

/** The address of a shape. */
export function shapeUrl(name: string): string {
  return `${document.body.dataset["shapes"] ?? "/static/status.svg"}#${name}`;
}

/** The shape of a status. person: the step waits for somebody's decision rather than for time. */
export function shapeOf(status: string, person = false): string {
  return person && status === "waiting" ? "ask" : SHAPES.has(status) ? status : "pending";
}

/** person: the step waits for somebody's decision rather than for time. */
export function StatusGlyph({ status, person = false, size = 16, label }: { status: string; person?: boolean; size?: number; label?: string }) {
  const shown = shapeOf(status, person);
  const words = label ?? (STATUS_TITLES[person ? "ask" : status] ?? status);
  return (
    <svg className="sg-status" data-status={shown} width={size} height={size} role="img" aria-label={words}>
      <use href={shapeUrl(shown)} />
    </svg>
  );
}

/** The segno: the mark to which the player goes back. */
export function Segno() {
  return (
    <svg className="sg-segno" width="18" height="18" role="img" aria-label="Retry goes on here">
      <use href={shapeUrl("segno")} />
    </svg>
  );
}
