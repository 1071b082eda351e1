// The rows of the list of steps, patched the moment an event arrives. The words are those of the server's templates; a moment later the
// server's own HTML confirms them.
import { duration, retrying, stepDuration } from "../model/live";
import type { Run, Step } from "../types.gen";
import { STATUS } from "../words.gen";

const TONES: Record<string, string> = {
  pending: "idle", queued: "wait", running: "run", retrying: "retry", waiting: "wait", ask: "ask", paused: "wait", uncertain: "ask", succeeded: "ok", failed: "fail",
  skipped: "idle", cancelled: "idle", compensating: "undo", compensated: "undo", compensation_failed: "fail",
};

function shown(step: Step): string {
  return step.status === "waiting" && step.kind === "approval" ? "ask" : step.status;
}

function words(step: Step): string {
  const status = shown(step);
  if (status === "retrying") return retrying(step.attempt, step.max_attempts ?? 0);
  if (status === "succeeded" && step.port && (step.kind === "switch" || step.kind === "approval")) return step.port;
  if (status === "ask") return STATUS["ask"]!;
  return STATUS[step.compensation?.status ?? status] ?? status;
}

function attempts(step: Step): string {
  if (step.items) return `${step.items.succeeded}/${step.items.total}`;
  if (!step.attempt) return "";
  if (step.loop?.max) return `↻ ${step.loop.iteration}/${step.loop.max}`;
  return (step.max_attempts ?? 0) > 1 ? `${step.attempt}/${step.max_attempts}` : String(step.attempt);
}

/** Shows a step's new state in its row. */
export function patchRow(step: Step): void {
  const row = document.querySelector<HTMLElement>(`#run-steps [data-step="${CSS.escape(step.id)}"]`);
  if (!row) return;
  row.dataset["status"] = step.status;
  const status = shown(step);
  const tone = `tone-${TONES[status] ?? "idle"}`;
  for (const el of row.querySelectorAll(".shape, .status")) {
    for (const c of [...el.classList]) if (c.startsWith("tone-") || c.startsWith("shape-")) el.classList.remove(c);
    el.classList.add(tone);
    if (el.classList.contains("shape")) el.classList.add(`shape-${status}`);
  }
  const use = row.querySelector(".shape use");
  use?.setAttribute("href", `${document.body.dataset["shapes"] ?? ""}#${status}`);
  text(row, ".status-text", words(step));
  text(row, ".attempts", attempts(step));
  text(row, ".duration", step.status === "pending" || step.status === "skipped" ? "" : stepDuration(step, Date.now()));
}

/** Lets the durations of steps under way count on. */
export function tickRows(run: Run): void {
  for (const s of run.steps) {
    if (s.started_at && !s.ended_at && s.status !== "pending") {
      const row = document.querySelector(`#run-steps [data-step="${CSS.escape(s.id)}"]`);
      if (row) text(row, ".duration", duration(Date.now() - Date.parse(s.started_at)));
    }
  }
}

function text(row: Element, selector: string, value: string): void {
  const el = row.querySelector(selector);
  if (el && el.textContent !== value) el.textContent = value;
}
