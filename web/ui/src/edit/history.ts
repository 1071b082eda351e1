// Undo over texts: each entry names a gesture and holds the draft before and after it. Kept in sessionStorage, so it survives a reload of this tab.

export interface Entry {
  label: string;
  before: string;
  after: string;
  /** Steps that the gesture renamed, old and new, in order. */
  renames?: [string, string][];
}

/** What undoing or redoing an entry renames. */
export function renamesOf(entry: Entry, kind: "undo" | "redo"): [string, string][] {
  const all = entry.renames ?? [];
  return kind === "redo" ? all : all.map(([from, to]): [string, string] => [to, from]).reverse();
}

/** Entries kept, and characters of text that they may hold together: sessionStorage ends at about 5 MB. */
const MOST_ENTRIES = 100;
const MOST_CHARS = 1_500_000;
/** Typing within this time of the last keystroke saved belongs to the same entry. */
const SAME_TYPING_MS = 3000;

export class History {
  undo: Entry[] = [];
  redo: Entry[] = [];
  private typedAt = 0;

  constructor(private readonly flow: string) {}

  /** The history of this tab, or an empty one if the draft is not what it left. */
  static load(flow: string, source: string): History {
    const h = new History(flow);
    try {
      const kept = JSON.parse(sessionStorage.getItem(h.key) ?? "null") as { undo: Entry[]; redo: Entry[] } | null;
      const at = kept?.undo.at(-1)?.after ?? kept?.redo.at(-1)?.before;
      if (kept && at === source) {
        h.undo = kept.undo;
        h.redo = kept.redo;
      }
    } catch {
      // Without storage there is no history to load.
    }
    return h;
  }

  add(entry: Entry, typed: boolean, now = Date.now()): void {
    if (entry.before === entry.after) return;
    const last = this.undo.at(-1);
    if (typed && last && this.typedAt > now - SAME_TYPING_MS && last.label === entry.label && last.after === entry.before) {
      this.undo = [...this.undo.slice(0, -1), { ...last, after: entry.after }];
    } else {
      this.undo = [...this.undo, entry].slice(-MOST_ENTRIES);
    }
    this.typedAt = typed ? now : 0;
    this.redo = [];
    let chars = 0;
    const from = this.undo.findLastIndex((e) => (chars += e.before.length + e.after.length) > MOST_CHARS);
    this.undo = this.undo.slice(from + 1);
    this.store();
  }

  /** Moves the newest entry of one list to the other. */
  move(kind: "undo" | "redo"): void {
    const [from, to] = kind === "undo" ? [this.undo, this.redo] : [this.redo, this.undo];
    const entry = from.at(-1);
    if (!entry) return;
    const [a, b] = [from.slice(0, -1), [...to, entry]];
    [this.undo, this.redo] = kind === "undo" ? [a, b] : [b, a];
    this.typedAt = 0;
    this.store();
  }

  clear(): void {
    this.undo = [];
    this.redo = [];
    this.store();
  }

  private get key(): string {
    return `segno.undo.${this.flow}`;
  }

  private store(): void {
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ undo: this.undo, redo: this.redo }));
    } catch {
      // Full or forbidden: undo then ends with this page.
    }
  }
}
