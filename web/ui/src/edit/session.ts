// One person's work on one draft: the queue of changes on their way to the server, undo, and what the page shows of both.
//
// The server's text is the truth. A gesture becomes an operation, is sent in order with If-Match, and the answer replaces the draft. What could not be
// sent yet is kept in localStorage, so neither a lost connection nor a reload loses it.
import { ApiError, getDraft, mergeDraft, postEdits, putDraft, tidyDraft, Unreachable, type EditOp } from "../api";
import { rebase } from "../model/text";
import type { Draft, Merge, Pasted } from "../types.gen";
import { History, renamesOf, type Entry } from "./history";

export type SaveState = "saved" | "saving" | "offline" | "conflict";

type Change = { label: string; select?: string | null; refused?: (why: string) => void } & ({ kind: "ops"; ops: EditOp[]; typed?: boolean } | { kind: "text"; text: string; base?: string; typed: boolean } | { kind: "whole" | "undo" | "redo"; text: string; renames?: [string, string][] });

export interface Notice {
  id: number;
  text: string;
  tone: "fail" | "info";
}

export interface Snapshot {
  draft: Draft;
  text: string; // what the YAML panel shows: the draft's source, or what was typed since
  textOrigin: "server" | "typed"; // who wrote text last
  save: SaveState;
  theirs: Draft | null; // on a conflict: the draft that somebody else saved
  base: string; // the text that the unsaved changes were made on
  undo: readonly Entry[];
  redo: readonly Entry[];
  notice: Notice | null;
}

/** The steps that a change renames, for the tests that name them. */
function renamed(change: Change): { renames?: [string, string][] } {
  if (change.kind !== "ops") return {};
  const renames = change.ops.flatMap((op): [string, string][] => (op.op === "rename_step" ? [[op.step, op.to]] : []));
  return renames.length ? { renames } : {};
}

/** How long typing in the YAML panel rests before it is sent. */
const TYPING_MS = 400;
/** First and longest pause between attempts to reach the server. */
const RETRY_MS = [500, 8000] as const;

export class Session {
  private snap: Snapshot;
  private listeners = new Set<() => void>();
  private queue: Change[] = [];
  private busy = false;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private typedOn = ""; // the text on which typing began
  private retry: ReturnType<typeof setTimeout> | undefined;
  private pause: number = RETRY_MS[0];
  private idle: (() => void)[] = [];
  private history: History;
  private notices = 0;
  /** Told when a change that names a step to select has been saved. */
  onSelect: (step: string | null) => void = () => {};
  /** Told what a paste decided. */
  onPaste: (done: Pasted) => void = () => {};

  constructor(draft: Draft) {
    const tidy = tidyDraft(draft);
    this.history = History.load(tidy.flow, tidy.source);
    this.snap = {
      draft: tidy, text: tidy.source, textOrigin: "server", save: "saved", theirs: null, base: tidy.source, notice: null,
      undo: this.history.undo, redo: this.history.redo,
    };
    this.restore();
    addEventListener("online", () => this.soon());
  }

  subscribe = (fn: () => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  get = (): Snapshot => this.snap;

  /** Sends operations as one gesture with one name in the undo list. */
  edit(label: string, ops: EditOp[], more: { select?: string | null; typed?: boolean; refused?: (why: string) => void } = {}): void {
    this.flushTyping();
    this.push({ kind: "ops", label, ops, ...more });
  }

  /** Takes what was typed in the YAML panel; it is sent once typing rests. */
  type(text: string): void {
    if (text === this.snap.text) return;
    if (this.typing === undefined) this.typedOn = this.snap.text;
    this.set({ text, textOrigin: "typed", save: this.snap.save === "saved" ? "saving" : this.snap.save });
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.flushTyping(), TYPING_MS);
    this.keep();
  }

  /** Replaces the whole text as one gesture with a name of its own. */
  replace(label: string, text: string): void {
    this.flushTyping();
    if (text !== this.snap.text) this.push({ kind: "whole", label, text });
  }

  undo(): void {
    this.flushTyping();
    const entry = this.history.undo.at(-1);
    if (entry && !this.queue.length) this.push({ kind: "undo", label: entry.label, text: entry.before, renames: renamesOf(entry, "undo") });
  }

  redo(): void {
    this.flushTyping();
    const entry = this.history.redo.at(-1);
    if (entry && !this.queue.length) this.push({ kind: "redo", label: entry.label, text: entry.after, renames: renamesOf(entry, "redo") });
  }

  /** Has the tests call a step by its new name, which the text has already. The text stays, so this is no entry of the undo. */
  renameInTests(step: string, now: string): void {
    this.flushTyping();
    this.push({ kind: "whole", label: `Rename ${step} in the tests`, text: this.snap.text, renames: [[step, now]] });
  }

  /** Resolves once everything is saved; at once if it is. */
  settled(): Promise<void> {
    this.flushTyping();
    if (!this.queue.length) return Promise.resolve();
    return new Promise((done) => this.idle.push(done));
  }

  /** Gives up what is unsaved here for what somebody else saved. */
  takeTheirs(): void {
    const theirs = this.snap.theirs;
    if (!theirs) return;
    this.queue = [];
    clearTimeout(this.typing);
    this.typing = undefined;
    this.history.clear();
    this.accept(theirs, true);
    this.set({ theirs: null, save: "saved" });
    this.keep();
    this.finish();
  }

  /** What is unsaved here, joined with what somebody else saved; choose says whose part is taken where both changed one. */
  merged(choose: Record<string, string> = {}): Promise<Merge> {
    const changes = this.queue.map((c) => (c.kind === "ops" ? { edits: c.ops } : { text: c.text }));
    if (this.typing !== undefined) changes.push({ text: this.snap.text });
    return mergeDraft(this.snap.draft.flow, this.snap.base, changes, choose);
  }

  /** What was typed as a whole text and is not saved; null if the unsaved changes are operations. */
  unsavedText(): string | null {
    const last = this.queue.at(-1);
    return this.typing !== undefined ? this.snap.text : last && last.kind !== "ops" ? last.text : null;
  }

  /** Saves a text in place of what somebody else saved, as one gesture. If they saved again meanwhile, that is a conflict again. */
  resolve(label: string, text: string): void {
    const theirs = this.snap.theirs;
    if (!theirs) return;
    const renames = this.queue.flatMap((c) => renamed(c).renames ?? ("renames" in c ? (c.renames ?? []) : []));
    clearTimeout(this.typing);
    this.typing = undefined;
    this.history.clear(); // its entries hold texts without what they saved: to go back to one would undo that too
    this.queue = [{ kind: "whole", label, text, renames }];
    this.snap = { ...this.snap, draft: theirs, base: theirs.source, theirs: null, undo: this.history.undo, redo: this.history.redo };
    this.set({ save: "saving", text, textOrigin: "server" });
    this.keep();
    void this.work();
  }

  published(version: number): void {
    this.set({ draft: { ...this.snap.draft, published: version, changed: false } });
  }

  say(text: string, tone: Notice["tone"] = "info"): void {
    this.set({ notice: { id: ++this.notices, text, tone } });
  }

  dismiss(id: number): void {
    if (this.snap.notice?.id === id) this.set({ notice: null });
  }

  private flushTyping(): void {
    if (this.typing === undefined) return;
    clearTimeout(this.typing);
    this.typing = undefined;
    const text = this.snap.text;
    const last = this.queue.at(-1);
    if (last?.kind === "text" && last !== this.queue[0]) last.text = text;
    else this.push({ kind: "text", label: "Edit YAML", text, base: this.typedOn, typed: true });
  }

  private push(change: Change): void {
    this.queue.push(change);
    this.keep();
    if (this.snap.save === "saved") this.set({ save: "saving" });
    void this.work();
  }

  private soon(): void {
    clearTimeout(this.retry);
    this.pause = RETRY_MS[0];
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.busy || this.snap.theirs) return;
    this.busy = true;
    try {
      for (let change = this.queue[0]; change; change = this.queue[0]) {
        if (!(await this.send(change))) return;
        this.pause = RETRY_MS[0];
        this.queue.shift();
        this.keep();
      }
      if (this.typing === undefined) this.set({ save: "saved" });
      this.finish();
    } finally {
      this.busy = false;
    }
  }

  /** Sends one change. False: it stays in the queue. */
  private async send(change: Change): Promise<boolean> {
    const { draft } = this.snap;
    const before = draft.source;
    try {
      const text = change.kind === "text" ? await this.joined(change.base ?? before, change.text) : change.kind === "ops" ? "" : change.text;
      const next = await this.write(change, text).catch(async (err: unknown) => {
        const theirs = err instanceof ApiError && err.status === 412 ? err.details.draft : undefined;
        if (theirs && (await this.did(change, text, theirs))) return tidyDraft(theirs);
        throw err;
      });
      if (change.kind === "undo" || change.kind === "redo") this.history.move(change.kind);
      else this.history.add({ label: change.label, before, after: next.source, ...renamed(change) }, "typed" in change && change.typed === true);
      this.accept(next, change.kind !== "text" || text !== change.text);
      if (change.select !== undefined) this.onSelect(change.select);
      if (next.pasted) this.onPaste(next.pasted);
      if (change.kind === "undo") this.say(`Undone: ${change.label}`);
      if (change.kind === "redo") this.say(`Done again: ${change.label}`);
      return true;
    } catch (err) {
      if (err instanceof ApiError && err.status === 412) {
        this.set({ save: "conflict", theirs: tidyDraft(err.details.draft ?? (await getDraft(draft.flow).catch(() => draft))) });
        return false;
      }
      if (err instanceof ApiError && err.status !== 429) {
        if (change.refused) change.refused(err.message);
        else this.say(`${change.label}: ${err.message}`, "fail");
        return true; // refused: said, and dropped
      }
      if (!(err instanceof Unreachable || err instanceof ApiError)) throw err;
      this.set({ save: "offline" });
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.work(), this.pause);
      this.pause = Math.min(this.pause * 2, RETRY_MS[1]);
      return false;
    }
  }

  private write(change: Change, text: string): Promise<Draft> {
    const { flow, etag } = this.snap.draft;
    return change.kind === "ops" ? postEdits(flow, etag, change.ops) : putDraft(flow, etag, text, "renames" in change ? change.renames : undefined);
  }

  /** Whether the draft that refuses a change is what that change made: it was saved, and the answer was lost on its way. */
  private async did(change: Change, text: string, now: Draft): Promise<boolean> {
    if (change.kind !== "ops") return text === now.source;
    const merge = await mergeDraft(now.flow, this.snap.base, [{ edits: change.ops }], {}).catch(() => null);
    return merge?.mine === now.source;
  }

  /** What was typed on one text, on the draft as it is now: a gesture that was under way meanwhile is not lost by it. */
  private async joined(base: string, typed: string): Promise<string> {
    const { draft } = this.snap;
    const simple = rebase(base, typed, draft.source);
    if (simple !== null) return simple;
    try {
      const changes = [{ text: typed }];
      const merge = await mergeDraft(draft.flow, base, changes, {});
      const both = merge.changes.filter((c) => c.side === "both");
      if (!both.length) return merge.source;
      return (await mergeDraft(draft.flow, base, changes, Object.fromEntries(both.map((c) => [c.path, "mine"])))).source;
    } catch (err) {
      if (err instanceof ApiError && err.status !== 429) return typed; // a text that can't be read can't be joined: what is typed counts
      throw err;
    }
  }

  /** Makes the server's draft the one that is shown. What is being typed meanwhile stays. */
  private accept(draft: Draft, replaceText: boolean): void {
    const typing = this.typing !== undefined || this.queue.slice(1).some((c) => c.kind === "text");
    // Of a text that cannot be read the server shows what it last published; what was on the screen a moment ago is nearer.
    const graph = draft.broken && this.snap.draft.graph.nodes.length > 0 ? this.snap.draft.graph : draft.graph;
    let text = replaceText && !typing ? draft.source : this.snap.text;
    if (this.typing !== undefined && !this.queue.slice(1).some((c) => c.kind === "text")) {
      const onIt = rebase(this.typedOn, this.snap.text, draft.source);
      if (onIt !== null) [text, this.typedOn] = [onIt, draft.source];
    }
    this.set({
      draft: { ...draft, graph }, base: draft.source, text, undo: this.history.undo, redo: this.history.redo,
      textOrigin: text === this.snap.text ? this.snap.textOrigin : "server",
      save: this.queue.length > 1 || typing ? "saving" : this.snap.save === "offline" ? "saving" : this.snap.save,
    });
  }

  private finish(): void {
    const waiting = this.idle;
    this.idle = [];
    for (const done of waiting) done();
  }

  private set(patch: Partial<Snapshot>): void {
    this.snap = { ...this.snap, ...patch };
    for (const fn of this.listeners) fn();
  }

  private get storageKey(): string {
    return `segno.unsaved.${this.snap.draft.flow}`;
  }

  private keep(): void {
    const typed = this.typing !== undefined ? [{ kind: "text", label: "Edit YAML", text: this.snap.text, base: this.typedOn, typed: true } as const] : [];
    const queue: Change[] = [...this.queue, ...typed];
    try {
      if (queue.length) localStorage.setItem(this.storageKey, JSON.stringify({ etag: this.snap.draft.etag, base: this.snap.base, queue }));
      else localStorage.removeItem(this.storageKey);
    } catch {
      // Storage is full or forbidden: the work goes on, it just would not survive a reload.
    }
  }

  /** Takes up what an earlier page could not send. Its etag goes along, so a draft changed meanwhile becomes a conflict and nothing is overwritten. */
  private restore(): void {
    try {
      const kept = localStorage.getItem(this.storageKey);
      if (!kept) return;
      const { etag, base, queue } = JSON.parse(kept) as { etag: string; base?: string; queue: Change[] };
      const last = queue.at(-1);
      this.queue = queue;
      this.snap = { ...this.snap, draft: { ...this.snap.draft, etag }, base: base ?? this.snap.base, save: "saving", ...(last?.kind === "text" ? { text: last.text, textOrigin: "typed" as const } : {}) };
      queueMicrotask(() => void this.work());
    } catch {
      localStorage.removeItem(this.storageKey);
    }
  }
}
