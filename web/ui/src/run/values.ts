// The values of the inspector as trees. The server prints what reads without scripts; here a tree takes its place, of the text that came with the page or
// of what the API streams.
import { Tree } from "../data/tree";

interface Shown {
  tree: Tree;
  tag: string; // of the text that it shows
}

/** The addresses of large values that somebody asked for: others wait. */
const asked = new Set<string>();
const shown = new WeakMap<HTMLElement, Shown>();

/** Makes the trees of values that are new in the page, and renews those whose value has changed. */
export function showValues(): void {
  for (const box of document.querySelectorAll<HTMLElement>(".value")) void show(box);
}

/** Makes the tree of a large value when somebody asks for all of it. */
export function watchValues(): void {
  document.addEventListener("click", (e) => {
    const box = e.target instanceof Element && e.target.closest("[data-value-open]")?.closest<HTMLElement>(".value");
    if (!box) return;
    asked.add(box.dataset["value"] ?? "");
    void show(box).then(() => box.querySelector<HTMLElement>(".jtree-rows")?.focus());
  });
}

function forget(box: HTMLElement): void {
  shown.get(box)?.tree.remove();
  shown.delete(box);
  delete box.dataset["tree"];
}

async function show(box: HTMLElement): Promise<void> {
  const { valueTag: tag = "", value: href = "", valueLabel: label = "the value", valueRoot: root } = box.dataset;
  if (box.dataset["valueWaits"] !== undefined && !asked.has(href)) {
    forget(box);
    return;
  }
  let it = shown.get(box);
  const download = href ? `${href}${href.includes("?") ? "&" : "?"}download` : undefined;
  it?.tree.called(label, root || undefined, download);
  if (it?.tag === tag) return;
  if (!it) {
    it = { tag, tree: new Tree(box, { label, ...(root ? { root } : {}), ...(download ? { download } : {}) }) };
    shown.set(box, it);
  }
  it.tag = tag;
  const text = box.querySelector(":scope > script")?.textContent ?? (await fetched(href));
  if (it.tag !== tag) return; // overtaken by a newer value
  if (text !== null && (await it.tree.show(text))) {
    if (it.tag === tag) box.dataset["tree"] = "";
    return;
  }
  // What can't be had or read stays as the server printed it.
  if (it.tag === tag) forget(box);
}

async function fetched(href: string): Promise<string | null> {
  try {
    const res = await fetch(href, { credentials: "same-origin" });
    return res.ok ? await res.text() : null;
  } catch {
    return null;
  }
}
