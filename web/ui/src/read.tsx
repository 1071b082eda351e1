// The page of a version: complete without this, which draws the graph that can be moved and keeps the list, the inspector and the address in step with it.
import { entries, find } from "./model/find";
import { withStep } from "./model/look";
import type { Graph, Node } from "./types.gen";

const host = document.getElementById("read-graph");
const list = document.getElementById("read-list");
const graph = JSON.parse(document.getElementById("graph")?.textContent ?? "null") as Graph | null;
const nodes = new Map<string, Node>((graph?.nodes ?? []).map((n) => [n.id, n]));
const listeners = new Set<() => void>();
let chosen = fromAddress();
let turn = 0;

function fromAddress(): string | null {
  const id = new URLSearchParams(location.search).get("step");
  return id !== null && nodes.has(id) ? id : null;
}

const store = {
  get: () => chosen,
  subscribe: (fn: () => void) => {
    listeners.add(fn);
    return () => listeners.delete(fn);
  },
  choose: (id: string | null) => {
    const href = withStep(location.href, id);
    if (href !== location.href) history.pushState(null, "", href);
    void show(id);
  },
};

/** All that tells of the chosen step says the same. What the inspector says is the server's. */
async function show(id: string | null): Promise<void> {
  if (id === chosen) return;
  chosen = id;
  for (const row of rows()) row.setAttribute("aria-current", String(row.dataset["step"] === id));
  document.getElementById("read-edit")?.setAttribute("href", withStep(new URL(document.getElementById("read-edit")!.getAttribute("href")!, location.href).href, id));
  for (const fn of listeners) fn();
  const mine = ++turn;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || mine !== turn) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("read-inspector");
    const inspector = document.getElementById("read-inspector");
    if (!now || !inspector || mine !== turn) return;
    inspector.replaceChildren(...now.childNodes);
    inspector.scrollTop = 0;
  } catch {
    // The server is away: the graph and the list go on, and the next choice asks again.
  }
}

function rows(): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("li[data-step]") ?? [])];
}

document.addEventListener("click", (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || !(e.target instanceof Element)) return;
  const link = e.target.closest<HTMLAnchorElement>("#read-list a, a[data-step-link], #read-close");
  if (!link) return;
  e.preventDefault();
  store.choose(link.id === "read-close" ? null : (link.dataset["stepLink"] ?? link.closest<HTMLElement>("li")?.dataset["step"] ?? null));
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog[open]") || !chosen) return;
  store.choose(null);
});
addEventListener("popstate", () => void show(fromAddress()));

// Finding: the list has every step of what the server found, so only a page without a query can be looked through here.
const asked = document.getElementById("read-find") as HTMLInputElement | null;
const whole = rows().length === nodes.size;
const all = entries([...nodes.values()]);
function sift(): void {
  if (!whole || !asked) return;
  const found = new Set((asked.value.trim() ? find(all, asked.value) : [...nodes.values()]).map((node) => node.id));
  let n = 0;
  for (const row of rows()) {
    row.hidden = !found.has(row.dataset["step"] ?? "");
    if (!row.hidden) n++;
  }
  const count = document.getElementById("read-count");
  if (count) count.textContent = String(n);
  const none = document.getElementById("read-none");
  if (none) none.hidden = n > 0;
}
asked?.addEventListener("input", sift);
if (asked && asked.value !== asked.defaultValue) sift(); // typed before this script came
asked?.form?.addEventListener("submit", (e) => {
  if (!whole) return;
  e.preventDefault();
  const first = rows().find((row) => !row.hidden)?.dataset["step"];
  if (first) store.choose(first);
  const said = document.getElementById("read-said");
  if (said) said.textContent = first ? `${first} is chosen` : "No step has these words.";
});

if (host && graph && nodes.size > 0) {
  void import("./read/ReadGraph").then(({ mountGraph }) => {
    mountGraph(host, graph, store);
    document.body.dataset["read"] = "ready";
  });
} else document.body.dataset["read"] = "ready";
