// What came over the socket and is not shown yet, joined into one message. Pure: the newest state of a step is the one that counts.
import type { Event, Gathered, Run, Step } from "../types.gen";

/** One message for two that follow on each other, with at most that many events. */
export function join(a: Gathered, b: Gathered, most: number): Gathered {
  const steps = new Map<string, Step>((a.steps ?? []).map((s) => [s.id, s]));
  for (const s of b.steps ?? []) steps.set(s.id, s);
  // Events before a gap are no part of a log that begins after it.
  const all: Event[] = b.skipped ? b.events ?? [] : [...(a.events ?? []), ...(b.events ?? [])];
  const events = all.slice(Math.max(0, all.length - most));
  return { after: a.after, seq: b.seq, sent: b.sent, events, skipped: b.seq - a.after - events.length, run: b.run, steps: [...steps.values()] };
}

/** The run after a message. A message that the run already holds changes nothing. */
export function applyGathered(run: Run, g: Gathered): Run {
  if (g.seq <= run.seq) return run;
  const changed = new Map((g.steps ?? []).map((s) => [s.id, s]));
  return {
    ...run,
    seq: g.seq,
    status: g.run.status,
    ended_at: g.run.ended_at,
    error: g.run.error,
    actions: g.run.actions ?? [],
    steps: run.steps.map((s) => {
      const next = changed.get(s.id);
      if (!next) return s;
      return s.below && next.status === "running" ? { ...next, below: s.below } : next; // of runs below a message does not tell
    }),
  };
}

/** The steps with what the runs below them show, by step; the same ones if that is what they have. */
export function withBelow(steps: Step[], below: ReadonlyMap<string, string>): Step[] {
  if (steps.every((s) => (s.below ?? "") === (below.get(s.id) ?? ""))) return steps;
  return steps.map((s) => ({ ...s, below: below.get(s.id) }));
}

/**
 * How far the page is behind the server. The clocks need not agree: the quickest message since the connection began stands for no delay at all, so what
 * is more than that is the page's, or the line's.
 */
export class Lag {
  private least = Infinity;

  /** A new connection has a line of its own. */
  reset(): void {
    this.least = Infinity;
  }

  /** How late a message came, in milliseconds. Both times in milliseconds, each by its own clock. */
  came(sent: number, now: number): number {
    this.least = Math.min(this.least, now - sent);
    return now - sent - this.least;
  }
}
