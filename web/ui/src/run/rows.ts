// The rows of the list of steps and of the log, patched the moment an event arrives. The words are those of the server's templates; a moment later the
// server's own HTML confirms them.
import { duration, retrying, stepDuration } from "../model/live";
import type { Event, Run, Step } from "../types.gen";
import { STATUS } from "../words.gen";

const TONES: Record<string, string> = {
  pending: "idle", queued: "wait", running: "run", retrying: "retry", waiting: "wait", ask: "ask", paused: "wait", uncertain: "ask", succeeded: "ok", failed: "fail",
  skipped: "idle", cancelled: "idle", compensating: "undo", compensated: "undo", compensation_failed: "fail",
};

function shown(step: Step): string {
  return step.status === "waiting" && step.kind === "approval" ? "ask" : step.status;
}

function words(step: Step): string {
  const status = shown(step);
  if (status === "retrying") return retrying(step.attempt, step.max_attempts ?? 0);
  if (status === "succeeded" && step.port && (step.kind === "switch" || step.kind === "approval")) return step.port;
  if (status === "ask") return STATUS["ask"]!;
  return STATUS[step.compensation?.status ?? status] ?? status;
}

function attempts(step: Step): string {
  if (step.items) return `${step.items.succeeded}/${step.items.total}`;
  if (!step.attempt) return "";
  if (step.loop?.max) return `↻ ${step.loop.iteration}/${step.loop.max}`;
  return (step.max_attempts ?? 0) > 1 ? `${step.attempt}/${step.max_attempts}` : String(step.attempt);
}

/** Shows a step's new state in its row. */
export function patchRow(step: Step): void {
  const row = document.querySelector<HTMLElement>(`#run-steps [data-step="${CSS.escape(step.id)}"]`);
  if (!row) return;
  row.dataset["status"] = step.status;
  const status = shown(step);
  const tone = `tone-${TONES[status] ?? "idle"}`;
  for (const el of row.querySelectorAll(".shape, .status")) {
    for (const c of [...el.classList]) if (c.startsWith("tone-") || c.startsWith("shape-")) el.classList.remove(c);
    el.classList.add(tone);
    if (el.classList.contains("shape")) el.classList.add(`shape-${status}`);
  }
  const use = row.querySelector(".shape use");
  use?.setAttribute("href", `${document.body.dataset["shapes"] ?? ""}#${status}`);
  text(row, ".status-text", words(step));
  text(row, ".attempts", attempts(step));
  text(row, ".duration", step.status === "pending" || step.status === "skipped" ? "" : stepDuration(step, Date.now()));
}

/** Lets the durations of steps under way count on. */
export function tickRows(run: Run): void {
  for (const s of run.steps) {
    if (s.started_at && !s.ended_at && s.status !== "pending") {
      const row = document.querySelector(`#run-steps [data-step="${CSS.escape(s.id)}"]`);
      if (row) text(row, ".duration", duration(Date.now() - Date.parse(s.started_at)));
    }
  }
}

function text(row: Element, selector: string, value: string): void {
  const el = row.querySelector(selector);
  if (el && el.textContent !== value) el.textContent = value;
}

/** Adds an event to the log. The view stays where it is read; a button counts what is new below. */
export function appendLog(run: string, event: Event): void {
  const log = document.getElementById("run-log");
  if (!log || log.querySelector(`[data-seq="${event.seq}"]`)) return;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  const at = new Date(event.at);
  const iso = at.toISOString();
  const time = make("time", iso.slice(11, 23), { datetime: event.at, title: `${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC` });
  const facts = make("div", "", { class: "log-facts" });
  for (const f of event.facts ?? []) {
    const p = make("p", "");
    if (f.step) {
      // The step's name is a link where it stands in the sentence, else after it.
      const at = wordAt(f.text, f.step);
      const link = make("a", f.step, { href: `/runs/${run}?step=${encodeURIComponent(f.step)}`, "data-select": f.step });
      if (at < 0) p.append(...prose(f.text), " (", link, ")");
      else {
        let before = f.text.slice(0, at);
        let after = f.text.slice(at + f.step.length);
        if (before.endsWith("`") && after.startsWith("`")) [before, after] = [before.slice(0, -1), after.slice(1)];
        p.append(...prose(before), link, ...prose(after));
      }
    } else p.append(...prose(f.text));
    facts.append(p);
  }
  const row = make("li", "", { "data-seq": String(event.seq) });
  row.append(make("span", String(event.seq), { class: "log-seq" }), time, facts);
  log.append(row);
  const more = document.getElementById("run-log-new");
  if (atEnd) {
    shorten(log);
    log.scrollTop = log.scrollHeight;
  }
  else if (more) {
    const n = Number(more.dataset["count"] ?? "0") + 1;
    more.dataset["count"] = String(n);
    more.textContent = `${n} new`;
    more.hidden = false;
  }
}

/** Drops the oldest events beyond what a fresh page lists. Only at the end of the log: what somebody reads does not move away. */
function shorten(log: HTMLElement): void {
  const most = Number(log.dataset["most"]);
  if (!(log.childElementCount > most)) return;
  while (log.childElementCount > most) log.firstElementChild?.remove();
  document.getElementById("run-log-earlier")?.removeAttribute("hidden");
}

/** A sentence in which `names` stand as code. As layout.templ's prose. */
function prose(text: string): (Node | string)[] {
  return text.split("`").map((part, i) => (i % 2 ? make("code", part) : part));
}

/** Where a step's name stands as a word of its own, or -1: the "a" of "failed" is not the step a. As run.templ's cutWord. */
export function wordAt(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/[A-Za-z0-9_]/.test((text[at - 1] ?? " ") + (text[at + name.length] ?? " "))) return at;
  }
  return -1;
}

/** The "42 new" button leads to the end of the log and goes away there. */
export function watchLog(): void {
  const log = document.getElementById("run-log");
  const more = document.getElementById("run-log-new");
  if (!log || !more) return;
  const read = () => {
    if (more.hidden) return;
    more.hidden = true;
    more.dataset["count"] = "0";
    shorten(log);
    log.scrollTop = log.scrollHeight;
  };
  log.scrollTop = log.scrollHeight;
  log.addEventListener("scroll", () => {
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 24) read();
  });
  more.addEventListener("click", () => {
    log.scrollTop = log.scrollHeight;
    read();
  });
}

function make(tag: string, textContent: string, attributes: Record<string, string> = {}): HTMLElement {
  const el = document.createElement(tag);
  if (textContent) el.textContent = textContent;
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}
