// What a screen reader hears without being asked: one polite region a page, in which at most one thing is said in five seconds. What has changed meanwhile is
// said together, as it stands then.
import { STATUS } from "./words.gen";

/** The least time between two announcements, in milliseconds. */
export const POLITE_MS = 5000;

export interface Clock {
  now(): number;
  later(fn: () => void, ms: number): void;
}

const machine: Clock = { now: () => performance.now(), later: (fn, ms) => void setTimeout(fn, ms) };

export class Polite {
  private last = Number.NEGATIVE_INFINITY;
  private waiting: (() => string) | null = null;

  constructor(
    private readonly say: (text: string) => void,
    private readonly clock: Clock = machine,
  ) {}

  /** Has text said as soon as the last announcement is old enough: the latest that was given, asked for when it is said. "" says nothing. */
  tell(text: () => string): void {
    const due = this.waiting === null;
    this.waiting = text;
    if (!due) return;
    const wait = this.last + POLITE_MS - this.clock.now();
    if (wait > 0) this.clock.later(() => this.flush(), wait);
    else this.flush();
  }

  private flush(): void {
    const text = this.waiting?.() ?? "";
    this.waiting = null;
    if (!text) return;
    this.last = this.clock.now();
    this.say(text);
  }
}

let page: Polite | undefined;

/** The page's own region, made at its first use. */
export function polite(): Polite {
  page ??= new Polite((text) => {
    let region = document.getElementById("polite");
    if (!region) {
      region = document.createElement("p");
      region.id = "polite";
      region.className = "visually-hidden";
      region.setAttribute("role", "status");
      document.body.append(region);
    }
    region.textContent = text;
  });
  return page;
}

/** What is known of a run: its status and those of its steps, each in words. */
export interface Standing {
  run: string;
  steps: ReadonlyMap<string, string>;
}

/** Up to so many steps are named one by one. */
const NAMED = 3;

/** Says what has changed between two moments of a run, "" if nothing has. */
export function changed(before: Standing, after: Standing): string {
  const moved = [...after.steps].filter(([name, status]) => before.steps.get(name) !== status);
  const parts: string[] = [];
  if (moved.length <= NAMED) parts.push(...moved.map(([name, status]) => `${name} ${status}`));
  else {
    const counts = new Map<string, number>();
    for (const [, status] of moved) counts.set(status, (counts.get(status) ?? 0) + 1);
    parts.push(`${moved.length} steps changed: ${[...counts].map(([status, n]) => `${n} ${status}`).join(", ")}`);
  }
  if (after.run !== before.run) parts.push(`The run is ${after.run}`);
  return parts.length ? `${parts.join(". ")}.` : "";
}

/** Announces how the run of this page goes on, and that its connection is lost or back. */
export function announceRun(): void {
  const words = (root: Element | null) => (root?.querySelector(".status-text")?.textContent ?? "").trim();
  const standing = (): Standing => ({
    run: words(document.getElementById("run-header")) || (STATUS[document.getElementById("run-header")?.dataset["status"] ?? ""] ?? ""),
    steps: new Map([...document.querySelectorAll<HTMLElement>("#run-steps tr[data-step]")].map((row) => [row.dataset["step"] ?? "", words(row) || (row.dataset["status"] ?? "")])),
  });
  let told = standing();
  let connection = document.body.dataset["live"];
  let lost = false; // it has been said
  new MutationObserver(() => {
    polite().tell(() => {
      const now = standing();
      const text = [changed(told, now)];
      told = now;
      const live = document.body.dataset["live"];
      if (live !== connection || live === "paused" !== lost) {
        if (live === "paused" && connection === "open") {
          text.push("The connection to the server is lost; the page stands still.");
          lost = true;
        } else if (live === "open" && lost) {
          text.push("The connection is back.");
          lost = false;
        }
        connection = live;
      }
      return text.filter(Boolean).join(" ");
    });
  }).observe(document.body, { attributes: true, attributeFilter: ["data-seq", "data-live"] });
}
