// The run whose values the canvas shows: which one is chosen, of what item, and what expressions are worth in it. The server evaluates; questions of
// one moment go as one request.
import { ApiError, evaluate, getRun, getRuns, type RunEntry } from "../api";
import type { RecordedValue } from "../types.gen";

/** How many runs are offered. */
const OFFERED = 20;
/** How long questions are gathered, and how many go at once. */
const GATHER_MS = 15;
const AT_ONCE = 100;

export interface Chosen {
  state: "unread" | "reading" | "read" | "away";
  runs: readonly RunEntry[]; // the newest first
  run: RunEntry | null; // null: none is chosen, or there is none
  why: string; // why the one that the address names is not
  item: number;
  items: number; // of the for_each that was asked for last
  target: Target | null;
}

/** The field that a path is inserted into. */
export interface Target {
  field: string;
  insert(path: string): void;
}

export interface Question {
  step: string;
  forEach: string | null;
  field: string;
  expression?: string;
  text?: string;
  most?: number;
}

interface Asked {
  question: Question;
  answer(value: RecordedValue | null): void;
}

export class RunValues {
  private snap: Chosen = { state: "unread", runs: [], run: null, why: "", item: 0, items: 0, target: null };
  private listeners = new Set<() => void>();
  private asked: Asked[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly flow: string) {}

  subscribe = (fn: () => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  get = (): Chosen => this.snap;

  /** Reads the runs, once: the one in the address is chosen, else the latest that succeeded, else the latest. */
  async begin(): Promise<void> {
    if (this.snap.state === "reading" || this.snap.state === "read") return;
    this.set({ state: "reading" });
    const wanted = new URLSearchParams(location.search).get("run") ?? "";
    try {
      const [runs, good] = await Promise.all([getRuns(this.flow, OFFERED), getRuns(this.flow, 1, "succeeded")]);
      let named: RunEntry | null = runs.find((r) => r.id === wanted) ?? null;
      let why = "";
      if (wanted && wanted !== "none" && !named) {
        named = await getRun(wanted).catch((err: unknown) => {
          if (!(err instanceof ApiError)) throw err;
          why = `There is no run ${wanted}.`;
          return null;
        });
      }
      const run = wanted === "none" ? null : (named ?? good[0] ?? runs[0] ?? null);
      this.set({ state: "read", run, why, runs: !run || runs.some((r) => r.id === run.id) ? runs : [...runs, run] });
    } catch {
      this.set({ state: "away" });
    }
  }

  /** Chooses a run, "" for none, and writes it into the address. */
  choose(id: string): void {
    const run = this.snap.runs.find((r) => r.id === id) ?? null;
    const url = new URL(location.href);
    url.searchParams.set("run", run?.id ?? "none");
    history.replaceState(null, "", url);
    this.set({ run, why: "", item: 0, items: 0 });
  }

  look(item: number): void {
    if (Number.isInteger(item) && item >= 0) this.set({ item });
  }

  aim(target: Target | null): void {
    this.set({ target });
  }

  /** Forgets a target that goes away. */
  miss(target: Target): void {
    if (this.snap.target === target) this.set({ target: null });
  }

  /** What an expression is worth in the chosen run; null if none is chosen, or the server is away. */
  ask(question: Question): Promise<RecordedValue | null> {
    if (!this.snap.run) return Promise.resolve(null);
    return new Promise((answer) => {
      this.asked.push({ question, answer });
      this.timer ??= setTimeout(() => this.send(), GATHER_MS);
    });
  }

  private send(): void {
    this.timer = undefined;
    const groups = new Map<string, Asked[]>();
    for (const a of this.asked) {
      const { step, forEach, most } = a.question;
      const key = JSON.stringify([step, forEach, most]);
      const group = groups.get(key);
      if (group) group.push(a);
      else groups.set(key, [a]);
    }
    this.asked = [];
    for (const group of groups.values()) for (let i = 0; i < group.length; i += AT_ONCE) void this.one(group.slice(i, i + AT_ONCE));
  }

  private async one(group: Asked[]): Promise<void> {
    const { run, item } = this.snap;
    const { step, forEach, most } = group[0]!.question;
    if (!run) return group.forEach((a) => a.answer(null));
    try {
      const got = await evaluate(run.id, {
        step, item, ...(forEach ? { for_each: forEach } : {}), ...(most ? { most } : {}),
        expressions: group.map(({ question: q }) => ({ field: q.field, ...(q.text !== undefined ? { text: q.text } : { expression: q.expression ?? "" }) })),
      });
      const items = got.items ?? 0;
      if (forEach !== null && this.snap.run === run && this.snap.items !== items) this.set({ items });
      group.forEach((a, i) => a.answer(got.values[i] ?? null));
    } catch (err) {
      const why = err instanceof ApiError ? { why: err.message } : null;
      group.forEach((a) => a.answer(why));
    }
  }

  private set(patch: Partial<Chosen>): void {
    this.snap = { ...this.snap, ...patch };
    for (const fn of this.listeners) fn();
  }
}
