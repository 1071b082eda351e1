// The diff page's entry: the page is complete without it; this steps through the changes without a reload, and draws the graph that can be moved.
import { lineOf, nextChange, said, withChange } from "./model/diff";
import type { DiffChange, Overlay } from "./types.gen";

const list = document.getElementById("diff-list");
const host = document.getElementById("diff-graph");
const overlay = JSON.parse(document.getElementById("diff")?.textContent ?? "null") as Overlay | null;
const changes = overlay?.changes ?? listed();
const listeners = new Set<() => void>();
let chosen = fromAddress();

/** Outside of the canvas view the list itself is what is known of the changes. */
function listed(): DiffChange[] {
  return [...(list?.querySelectorAll<HTMLAnchorElement>("a[data-change]") ?? [])].map((a) => {
    const [, side, line] = /^#(old|new)-(\d+)$/.exec(a.hash) ?? [];
    const below = [...a.querySelectorAll(".diff-below")].map((b) => b.textContent ?? "");
    const sign = a.querySelector(".sign")?.textContent?.replace("−", "-") ?? "~";
    return { id: a.dataset["change"]!, sign, text: a.querySelector(".diff-what")?.textContent ?? "", below, ...(side === "new" ? { new: Number(line) } : side ? { old: Number(line) } : {}) };
  });
}

function fromAddress(): string | null {
  const id = new URLSearchParams(location.search).get("change");
  return changes.some((c) => c.id === id) ? id : null;
}

const store = {
  changes,
  get: () => chosen,
  subscribe: (fn: () => void) => {
    listeners.add(fn);
    return () => listeners.delete(fn);
  },
  choose: (id: string | null) => {
    const change = changes.find((c) => c.id === id);
    const href = withChange(location.href, change);
    if (href !== location.href) history.pushState(null, "", href);
    show(change?.id ?? null);
  },
};

/** Everything that tells of the chosen change says the same: the list, the graph, the lines, the links to other views. */
function show(id: string | null): void {
  chosen = id;
  const change = changes.find((c) => c.id === id);
  for (const a of list?.querySelectorAll<HTMLAnchorElement>("a[data-change]") ?? []) {
    if (a.dataset["change"] === id) {
      a.setAttribute("aria-current", "true");
      inSight(a.parentElement ?? a);
    } else a.removeAttribute("aria-current");
  }
  const place = document.getElementById("diff-place");
  if (place) place.textContent = change ? `${changes.indexOf(change) + 1} of ${changes.length}` : `${changes.length} ${changes.length === 1 ? "change" : "changes"}`;
  for (const a of document.querySelectorAll<HTMLAnchorElement>("a[data-keeps-change]")) a.href = withChange(a.href, change);
  const [before, after] = [nextChange(changes, id, -1), nextChange(changes, id, 1)];
  for (const [name, to] of [["diff-prev", before], ["diff-next", after]] as const) {
    const a = document.getElementById(name) as HTMLAnchorElement | null;
    if (a) a.href = withChange(a.href, to);
  }
  for (const el of document.querySelectorAll(".diff .focus")) el.classList.remove("focus");
  if (change) {
    const line = document.getElementById(lineOf(change));
    const row = line?.closest("tr");
    for (const el of row?.querySelector("td[id]") ? row.children : row ? [row] : []) el.classList.add("focus");
    row?.scrollIntoView({ block: "center", inline: "nearest" });
  }
  for (const fn of listeners) fn();
}

/** Scrolls the list, never the page. */
function inSight(row: HTMLElement): void {
  if (!list) return;
  const [box, at] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  if (at.top < box.top) list.scrollTop -= box.top - at.top;
  else if (at.bottom > box.bottom) list.scrollTop += at.bottom - box.bottom;
}

function step(by: 1 | -1): void {
  const change = nextChange(changes, chosen, by);
  if (!change) return;
  store.choose(change.id);
  const status = document.getElementById("diff-said");
  if (status) status.textContent = said(changes, change);
}

document.addEventListener("click", (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || !(e.target instanceof Element)) return;
  const link = e.target.closest<HTMLAnchorElement>("#diff-list a[data-change], #diff-prev, #diff-next");
  if (!link) return;
  e.preventDefault();
  if (link.id === "diff-prev") step(-1);
  else if (link.id === "diff-next") step(1);
  else store.choose(link.dataset["change"] ?? null);
});
document.addEventListener("keydown", (e) => {
  const by = e.key === "n" || e.key === "N" ? 1 : e.key === "p" || e.key === "P" ? -1 : 0;
  if (!by || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
  const typing = e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName));
  if (typing || document.querySelector("dialog[open]") || singleKeysOff()) return;
  e.preventDefault();
  step(by);
});
addEventListener("popstate", () => show(fromAddress()));

/** As app.js keeps it. */
function singleKeysOff(): boolean {
  try {
    return localStorage.getItem("segno-keys") === "off";
  } catch {
    return false;
  }
}

document.getElementById("diff-bar")?.addEventListener("change", (e) => {
  if (e.target instanceof HTMLSelectElement) e.target.form?.requestSubmit();
});
if (host && overlay && (overlay.graph.nodes ?? []).length) {
  void import("./diff/DiffGraph").then(({ mountGraph }) => {
    mountGraph(host, overlay.graph, store);
    document.body.dataset["diff"] = "ready";
  });
} else document.body.dataset["diff"] = "ready";
show(chosen);
