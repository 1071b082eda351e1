// What a run's steps say about its graph. Pure: the status was concluded by the server, here it only becomes lines and shapes.
import type { Edge, Run, Step } from "../types.gen";
import { JUST_NOW, STATUS } from "../words.gen";

export type EdgeLife = "idle" | "live" | "dead";

const COMPLETED = new Set(["succeeded", "compensating", "compensated", "compensation_failed"]);

/** Whether an edge was taken, given the step that it leaves. */
export function edgeLife(edge: Edge, from: Step | undefined): EdgeLife {
  if (!from) return "idle";
  if (from.status === "skipped" || from.status === "cancelled") return "dead";
  if (from.status === "failed" || from.error?.handled) {
    if (from.error?.handled) return edge.port === "error" ? "live" : "dead";
    return "idle"; // an unhandled failure leaves its edges unsettled
  }
  if (!COMPLETED.has(from.status)) return "idle";
  const taken = from.port || "done";
  if (edge.port === taken) return "live";
  if (edge.port === "done" && taken === "approved") return "live";
  return "dead";
}

/** A duration in the words of the server's pages: 412 ms, 8.4 s, 42 s, 3 min 20 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 0) return "0 ms";
  if (ms < 1000) return `${Math.floor(ms)} ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10} s`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return parts(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return parts(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return parts(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function parts(a: number, unitA: string, b: number, unitB: string): string {
  return b ? `${a} ${unitA} ${b} ${unitB}` : `${a} ${unitA}`;
}

/** How long ago a moment was, or how far ahead it lies, as every page says it. */
export function ago(ms: number): string {
  return ms < -1000 ? `in ${coarse(-ms)}` : ms < 10_000 ? JUST_NOW : `${coarse(ms)} ago`;
}

function coarse(ms: number): string {
  const s = ms / 1000;
  return s < 60 ? `${Math.floor(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172_800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`;
}

/** A size in the words of the server's pages: 731 B, 64 KiB, 5.2 MiB. */
export function bytes(n: number): string {
  if (n < 1 << 10) return `${n} B`;
  return n < 1 << 20 ? `${Math.floor(n / 1024)} KiB` : `${(Math.floor((n * 10) / (1 << 20)) / 10).toFixed(1)} MiB`;
}

/** From here on an edge says by itself how much it carries. */
const LARGE = 64 << 10;

/** What flows along an edge, and whether that is much; null if nothing does, or not yet. What carries is the server's word: who reads whose output. */
export function carried(edge: Edge, reads: ReadonlySet<string>, from: Step | undefined): { bytes: number; large: boolean } | null {
  const n = from?.output_bytes ?? 0;
  if (!n || edge.port === "error" || !reads.has(`${edge.from}>${edge.to}`) || edgeLife(edge, from) !== "live") return null;
  return { bytes: n, large: n >= LARGE };
}

/** Which steps read the output of which, as carried wants it. */
export function readsOf(reads: Run["reads"]): ReadonlySet<string> {
  return new Set((reads ?? []).map((r) => `${r.from}>${r.to}`));
}

/** Which attempt comes next of how many; most is 0 if that is not known. */
export function retrying(attempt: number, most: number): string {
  return `${STATUS["retrying"]} ${attempt + 1}/${Math.max(most, attempt + 1)}`;
}

/** How long a step took, or has taken until now; empty before it starts. */
export function stepDuration(step: Step, now: number): string {
  if (!step.started_at) return "";
  const start = Date.parse(step.started_at);
  const end = step.ended_at ? Date.parse(step.ended_at) : now;
  return duration(end - start);
}
