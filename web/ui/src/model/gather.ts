// What came over the socket and is not shown yet, joined into one message. Pure: the newest state of a step is the one that counts.
import type { Event, Gathered, Run, Step } from "../types.gen";

/** One message for two that follow on each other, with at most that many events. */
export function join(a: Gathered, b: Gathered, most: number): Gathered {
  const steps = new Map<string, Step>((a.steps ?? []).map((s) => [s.id, s]));
  for (const s of b.steps ?? []) steps.set(s.id, s);
  // Events before a gap are no part of a log that begins after it.
  const all: Event[] = b.skipped ? b.events ?? [] : [...(a.events ?? []), ...(b.events ?? [])];
  const events = all.slice(Math.max(0, all.length - most));
  return { after: a.after, seq: b.seq, sent: b.sent, beat_ms: b.beat_ms, events, skipped: b.seq - a.after - events.length, run: b.run, steps: [...steps.values()] };
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

/** What messages said of a run since it went on with another version, whose steps the page has not got yet. */
export class Meanwhile {
  private readonly steps = new Map<string, { seq: number; step: Step }>();

  note(g: Gathered): void {
    for (const step of g.steps ?? []) this.steps.set(step.id, { seq: g.seq, step });
  }

  /** The run as it is on that version: fresh is what the server answered, shown what the page has, which may have heard more since. */
  onto(fresh: Run, shown: Run): Run {
    if (fresh.seq >= shown.seq) return fresh;
    const steps = fresh.steps.map((s) => {
      const later = this.steps.get(s.id);
      return later && later.seq > fresh.seq ? later.step : s;
    });
    return { ...fresh, seq: shown.seq, status: shown.status, ended_at: shown.ended_at, error: shown.error, actions: shown.actions, steps };
  }
}

/** Whether nothing is missing with what the server answered: it is of the version that the last message named, or it is later than all messages, of a version that none has named yet. */
export function caughtUp(fresh: Run, shown: Run, named: number): boolean {
  return fresh.version === named || fresh.seq >= shown.seq;
}

/** The steps with what the runs below them show, by step; the same ones if that is what they have. */
export function withBelow(steps: Step[], below: ReadonlyMap<string, string>): Step[] {
  if (steps.every((s) => (s.below ?? "") === (below.get(s.id) ?? ""))) return steps;
  return steps.map((s) => ({ ...s, below: below.get(s.id) }));
}

/**
 * How far the page is behind the server. The clocks need not agree: the quickest message since the connection began stands for no delay at all, so what
 * is more than that is the page's, or the line's. A message promises when the next one comes, news or not, so a line that is silent for longer counts, too.
 * All times in milliseconds: sent by the server's clock, now by the page's.
 */
export class Lag {
  private least = Infinity;
  private late = 0; // the last message
  private heard = 0; // when it came
  private beat = 0; // the next comes within this; 0 if nothing was promised

  /** A new connection has a line of its own. */
  reset(): void {
    this.least = Infinity;
    this.late = this.beat = 0;
  }

  /** A message has come. */
  came(sent: number, now: number, beat = 0): void {
    this.least = Math.min(this.least, now - sent);
    this.late = now - sent - this.least;
    this.heard = now;
    this.beat = beat;
  }

  /** For how long nothing has come although something was due; 0 while nothing is. */
  silent(now: number): number {
    return this.beat && now - this.heard > this.beat ? now - this.heard : 0;
  }

  /** How far behind what has come is, or what should have. slack is what a message may take above what was promised. */
  behind(now: number, slack: number): number {
    const silent = this.silent(now);
    return silent > this.beat + slack ? silent : this.late;
  }
}
