// The run's log, continued as events come. The words are those of the server's templates.
import type { Event, Fact } from "../types.gen";

/** So near to the end, in pixels, that a reader is at the end. */
const END = 24;

/** A piece of a line: words, or a link. */
export interface Piece {
  text: string;
  step?: string; // a link that selects the step
  run?: string; // a link to that run
}

/** A fact in pieces: its step's name is a link where it stands in the sentence, else after it, and so is the id of another run. As run.templ's factPieces. */
export function pieces(fact: Fact): Piece[] {
  const out: Piece[] = [];
  const { text, step } = fact;
  const at = step ? wordAt(text, step) : -1;
  if (!step) out.push({ text });
  else if (at < 0) out.push({ text: `${text} (` }, { text: step, step }, { text: ")" });
  else {
    let before = text.slice(0, at);
    let after = text.slice(at + step.length);
    if (before.endsWith("`") && after.startsWith("`")) [before, after] = [before.slice(0, -1), after.slice(1)];
    out.push({ text: before }, { text: step, step }, { text: after });
  }
  const { run } = fact;
  if (!run) return out;
  const i = out.findIndex((p) => !p.step && p.text.includes(run));
  const holds = out[i];
  if (!holds) return [...out, { text: " " }, { text: run, run }];
  const [before = "", ...rest] = holds.text.split(run);
  out.splice(i, 1, { text: before }, { text: run, run }, { text: rest.join(run) });
  return out;
}

/** Where a step's name stands as a word of its own, or -1: the "a" of "failed" is not the step a. As run.templ's cutWord. */
export function wordAt(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/[A-Za-z0-9_]/.test((text[at - 1] ?? " ") + (text[at + name.length] ?? " "))) return at;
  }
  return -1;
}

/** A sentence in which `names` stand as code. As layout.templ's prose. */
function prose(text: string): (Node | string)[] {
  return text.split("`").map((part, i) => (i % 2 ? make("code", part) : part));
}

function make(tag: string, textContent: string, attributes: Record<string, string> = {}): HTMLElement {
  const el = document.createElement(tag);
  if (textContent) el.textContent = textContent;
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

function time(at: string): HTMLElement {
  const iso = new Date(at).toISOString();
  return make("time", iso.slice(11, 23), { datetime: at, title: `${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC` });
}

/** The log of the page. What somebody reads in it does not move away; a button counts what is new below. */
export class Log {
  private readonly list = document.getElementById("run-log");
  private readonly more = document.getElementById("run-log-new");
  private unread = 0;
  private atEnd = true;
  private scrolled = 0; // where this class has put the view

  constructor(private readonly run: string) {
    const { list, more } = this;
    if (!list) return;
    this.toEnd(list);
    list.addEventListener("scroll", () => {
      if (Math.abs(list.scrollTop - this.scrolled) < 1) return; // its own doing
      this.atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < END;
      if (this.atEnd) this.read(list);
    });
    more?.addEventListener("click", () => {
      this.read(list);
      this.toEnd(list);
    });
  }

  /** How many events the log holds at most while its end is in sight. */
  get most(): number {
    return Number(this.list?.dataset["most"]) || 300;
  }

  /** Adds events. skipped is how many before them are not told. */
  append(events: Event[], skipped: number): void {
    const { list } = this;
    if (!list || !events.length) return;
    const last = Number(list.querySelector<HTMLElement>(":scope > [data-seq]:last-of-type")?.dataset["seq"] ?? 0);
    const rows = document.createDocumentFragment();
    if (skipped > 0 && !this.atEnd) rows.append(this.note(`${skipped} events are not listed here.`));
    for (const e of events) if (e.seq > last || !last) rows.append(this.row(e));
    this.add(list, rows, events.length + skipped);
    if (skipped > 0 && this.atEnd) this.forget(list, events.length);
  }

  /** Adds a line of the page's own. */
  say(text: string, at: Date): void {
    const { list } = this;
    if (!list) return;
    const row = this.note(text);
    row.insertBefore(time(at.toISOString()), row.lastChild);
    this.add(list, row, 0);
  }

  private add(list: HTMLElement, rows: Node, count: number): void {
    list.append(rows);
    if (this.atEnd) {
      this.forget(list, this.most);
      this.toEnd(list);
      return;
    }
    this.unread += count;
    if (this.more && this.unread) {
      this.more.textContent = `${this.unread} new`;
      this.more.hidden = false;
    }
  }

  private row(event: Event): HTMLElement {
    const facts = make("div", "", { class: "log-facts" });
    for (const f of event.facts ?? []) {
      const p = make("p", "");
      for (const piece of pieces(f)) {
        if (piece.step) p.append(make("a", piece.text, { href: `/runs/${this.run}?step=${encodeURIComponent(piece.step)}`, "data-select": piece.step }));
        else if (piece.run) p.append(make("a", piece.text, { href: `/runs/${piece.run}`, class: "log-run" }));
        else p.append(...prose(piece.text));
      }
      facts.append(p);
    }
    const row = make("li", "", { "data-seq": String(event.seq) });
    row.append(make("span", String(event.seq), { class: "log-seq" }), time(event.at), facts);
    return row;
  }

  private note(text: string): HTMLElement {
    const row = make("li", "", { class: "log-note" });
    row.append(make("span", "", { class: "log-seq" }), make("div", text, { class: "log-facts" }));
    return row;
  }

  private read(list: HTMLElement): void {
    this.atEnd = true;
    this.unread = 0;
    if (this.more) this.more.hidden = true;
    this.forget(list, this.most);
  }

  private toEnd(list: HTMLElement): void {
    list.scrollTop = list.scrollHeight;
    this.scrolled = list.scrollTop;
  }

  /** Drops the oldest events beyond what a fresh page lists; lines of the page's own are not counted. Only at the end of the log. */
  private forget(list: HTMLElement, most: number): void {
    let over = list.querySelectorAll(":scope > [data-seq]").length - most;
    if (over <= 0) return;
    for (let first = list.firstElementChild; first && over > 0; first = list.firstElementChild) {
      if (first.hasAttribute("data-seq")) over--;
      first.remove();
    }
    document.getElementById("run-log-earlier")?.removeAttribute("hidden");
  }
}
