// The parts of the page that the server renders: fetched when what they show has changed, and merged into the page.
import { morph } from "./morph";

/** A part of the page by its name in the address of fragments, and the element that it is. */
const PARTS = { header: "run-header", steps: "run-steps", detail: "run-detail", inspector: "run-inspector", data: "run" } as const;
export type Part = keyof typeof PARTS;

/** The least time between two requests, in milliseconds; the last change is never lost. */
const SPACING_MS = 250;
/** And the least share of the time that is left to everything else, up to the longest time below: a page that is dear to fetch and to merge is fetched less often. */
const SPARE = 4;
/** The list with its bars is confirmed when events rest for this long, or after the longest time below. */
const REST_MS = 300;
const LONGEST_MS = 3000;
/** What could not be fetched is asked for again after the first of these pauses, then after twice as long, up to the last: the run may send no further event. */
const AGAIN_MS = [500, 15_000] as const;

/**
 * The parts that may change without a word over the socket, by what the header of the page says: that runs go on below it, or that calls of a function with limits are under way,
 * which may wait for their turn. That is said of the run and of its step, so without a selection the inspector has nothing of it.
 */
export function unheard(header: { children?: string; turns?: string } | undefined, selected: boolean): Part[] {
  if (Number(header?.children)) return ["header", "steps", "detail", "inspector"];
  if (header?.turns === undefined) return [];
  return selected ? ["header", "steps", "inspector"] : ["header", "steps"];
}

export class Fragments {
  private readonly wanted = new Set<Part>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private restless = 0; // since when events have not rested
  private running: AbortController | null = null;
  private next = 0; // not before then
  private again: number = AGAIN_MS[0];

  /** after is called when parts have been merged. */
  constructor(private readonly run: string, private readonly after: () => void) {}

  /** Fetches parts soon. */
  want(...parts: Part[]): void {
    for (const p of parts) this.wanted.add(p);
    this.soon();
  }

  /** Fetches what shows the selection now, and these other parts with it. */
  async select(...parts: Part[]): Promise<void> {
    for (const p of ["inspector", "detail", ...parts] as const) this.wanted.add(p);
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running?.abort();
    await this.load();
  }

  /** Takes the list of steps, and with it all else, once events rest. */
  rest(): void {
    const now = Date.now();
    this.restless ||= now;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.restless = 0;
      this.want("header", "steps", "detail", "inspector");
    }, Math.max(0, Math.min(REST_MS, this.restless + LONGEST_MS - now)));
  }

  private soon(): void {
    if (this.timer !== undefined || this.running || !this.wanted.size) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, Math.max(0, this.next - Date.now()));
  }

  private async load(): Promise<void> {
    const parts = [...this.wanted];
    this.wanted.clear();
    const stop = new AbortController();
    this.running = stop;
    const began = Date.now();
    let missed = false;
    try {
      const res = await fetch(`/runs/${this.run}/fragments/${parts.join(".")}${location.search}`, { headers: { Accept: "text/html" }, credentials: "same-origin", signal: stop.signal });
      if (res.ok) {
        const text = await res.text();
        if (!stop.signal.aborted) this.merge(parts, text);
      } else if (res.status >= 500 || res.status === 429) missed = true; // any other refusal will be the same tomorrow
    } catch {
      missed = !stop.signal.aborted; // out of reach; the socket says so
    }
    // What a newer request overtook, or what did not come, is asked for again.
    if (missed || stop.signal.aborted) for (const p of parts) this.wanted.add(p);
    this.next = Date.now() + Math.max(SPACING_MS, Math.min(SPARE * (Date.now() - began), LONGEST_MS), missed ? this.again : 0);
    this.again = missed ? Math.min(2 * this.again, AGAIN_MS[1]) : AGAIN_MS[0];
    if (this.running !== stop) return;
    this.running = null;
    this.soon();
  }

  private merge(parts: Part[], text: string): void {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const p of parts) {
      const old = document.getElementById(PARTS[p]);
      const fresh = page.getElementById(PARTS[p]);
      if (old && fresh) morph(old, fresh);
    }
    this.after();
  }
}
