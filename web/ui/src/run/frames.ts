// Hands what comes over the socket on, once a frame: a thousand messages a second must not hold up a key.
import { join } from "../model/gather";
import type { Gathered } from "../types.gen";

/** A tab that is out of sight paints no frames; it is kept up to date this often, in milliseconds. */
const HIDDEN_MS = 1000;
/** For each millisecond that showing took, this many are left to everything else. */
const SPARE = 3;

export class Frames {
  private waiting: Gathered | null = null;
  private since = 0; // when the first of what is waiting came
  private due = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next = 0; // not before then, by performance.now

  /** most is how many events a message may grow to. */
  constructor(private readonly most: number, private readonly take: (g: Gathered) => void) {
    document.addEventListener("visibilitychange", () => {
      if (!this.waiting) return;
      this.due = false;
      clearTimeout(this.timer);
      this.plan();
    });
  }

  add(g: Gathered): void {
    if (!this.waiting) this.since = performance.now();
    this.waiting = this.waiting ? join(this.waiting, g, this.most) : g;
    this.plan();
  }

  /** The last transition that has come in, shown or not; 0 if all are shown. */
  get seq(): number {
    return this.waiting?.seq ?? 0;
  }

  /** How long what is not shown yet has waited, in milliseconds. */
  get age(): number {
    return this.waiting ? performance.now() - this.since : 0;
  }

  private plan(): void {
    if (this.due) return;
    this.due = true;
    const show = () => {
      if (!this.due) return;
      this.due = false;
      const g = this.waiting;
      if (!g) return;
      this.waiting = null;
      const began = performance.now();
      this.take(g);
      const now = performance.now();
      this.next = now + SPARE * (now - began);
    };
    if (document.visibilityState === "hidden") {
      this.timer = setTimeout(show, HIDDEN_MS);
      return;
    }
    const rest = this.next - performance.now();
    if (rest <= 0) requestAnimationFrame(show);
    else this.timer = setTimeout(() => requestAnimationFrame(show), rest);
  }
}
