// The parts of the page that the server renders: fetched when what they show has changed, and merged into the page.
import { morph } from "./morph";

/** At most one request per part and this many milliseconds; the last change is never lost. */
const SPACING_MS = 250;
/** The list with its bars is confirmed when events rest for this long, or after the longest time below. */
const REST_MS = 800;
const LONGEST_MS = 3000;

/** Brings the chosen item of a for_each, or the page of items that the address names, into sight. */
export function showItem(): void {
  const query = new URLSearchParams(location.search);
  const list = document.querySelector<HTMLDetailsElement>("#items-list");
  if (!list || !(query.has("item") || query.has("items"))) return;
  list.open = true;
  const box = list.querySelector<HTMLElement>(".item-list");
  const chosen = list.querySelector<HTMLElement>(".item-list a[aria-current]");
  if (!box) return;
  if (!chosen) box.scrollTop = 0;
  else if (chosen.offsetTop < box.scrollTop || chosen.offsetTop + chosen.offsetHeight > box.scrollTop + box.clientHeight) {
    box.scrollTop = chosen.offsetTop - (box.clientHeight - chosen.offsetHeight) / 2;
  }
}

export class Fragments {
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private last = new Map<string, number>();
  private running = new Map<string, AbortController>();
  private restless = 0;

  constructor(private readonly run: string) {}

  header(): void {
    this.soon("header", SPACING_MS, () => `/runs/${this.run}/fragments/header${location.search}`, ["run-header"]);
  }

  inspector(): void {
    this.soon("inspector", SPACING_MS, () => `/runs/${this.run}/fragments/inspector${location.search}`, ["run-inspector"]);
  }

  /** Fetches the inspector for a new selection now. */
  async select(): Promise<void> {
    clearTimeout(this.timers.get("inspector"));
    this.timers.delete("inspector");
    await this.load("inspector", `/runs/${this.run}/fragments/inspector${location.search}`, ["run-inspector"]);
    showItem();
  }

  /** Takes the list of steps from a fresh page once events rest. */
  page(): void {
    const now = Date.now();
    this.restless ||= now;
    clearTimeout(this.timers.get("page"));
    const wait = Math.max(0, Math.min(REST_MS, this.restless + LONGEST_MS - now));
    this.timers.set("page", setTimeout(() => {
      this.restless = 0;
      void this.load("page", location.pathname + location.search, ["run-steps", "run-header", "run-inspector"]);
    }, wait));
  }

  private soon(name: string, spacing: number, url: () => string, ids: string[]): void {
    if (this.timers.has(name)) return;
    const wait = this.running.has(name) ? spacing : Math.max(0, (this.last.get(name) ?? 0) + spacing - Date.now());
    this.timers.set(name, setTimeout(() => {
      this.timers.delete(name);
      // While one is under way the next one waits: with events that never rest and answers slower than the spacing, none would ever be shown.
      if (this.running.has(name)) this.soon(name, spacing, url, ids);
      else void this.load(name, url(), ids);
    }, wait));
  }

  private async load(name: string, url: string, ids: string[]): Promise<void> {
    this.last.set(name, Date.now());
    this.running.get(name)?.abort();
    const stop = new AbortController();
    this.running.set(name, stop);
    try {
      const res = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin", signal: stop.signal });
      if (!res.ok) return; // the next event asks again
      const page = new DOMParser().parseFromString(await res.text(), "text/html");
      for (const id of ids) {
        const old = document.getElementById(id);
        const fresh = page.getElementById(id);
        if (old && fresh) morph(old, fresh);
      }
    } catch {
      // Out of reach or overtaken by a newer request: the socket says the one, the newer request settles the other.
    } finally {
      if (this.running.get(name) === stop) this.running.delete(name);
    }
  }
}
