// The lines that a function wrote: search in them, and the one that the address names.

/** Marks the line of the address, and brings it into sight when the address came to name it. */
function target(see: boolean): void {
  const id = /^#(l[0-9]+(?:-[0-9]+)?)$/.exec(location.hash)?.[1];
  for (const old of document.querySelectorAll("#log-lines .line-target")) if (old.id !== id) old.classList.remove("line-target");
  const line = id ? document.getElementById(id) : null;
  if (!line?.closest("#log-lines") || line.classList.contains("line-target")) return;
  line.classList.add("line-target");
  if (!see) return;
  // The browser has scrolled the page to the line. Where the inspector stands beside the verdict that hides the verdict: there only the inspector scrolls.
  const body = document.getElementById("inspector-body");
  if (!body || !matchMedia(BESIDE).matches) {
    line.scrollIntoView({ block: "center" });
    return;
  }
  const top = line.getBoundingClientRect().top - body.getBoundingClientRect().top + body.scrollTop;
  body.scrollTop = Math.max(0, top - body.clientHeight / 4);
}

/** The page stays at its top when it is loaded for a line: see target. */
function keepTop(): void {
  if (!/^#l[0-9]/.test(location.hash) || !matchMedia(BESIDE).matches) return;
  const top = () => requestAnimationFrame(() => scrollTo({ top: 0 }));
  if (document.readyState === "complete") top();
  else addEventListener("load", top, { once: true });
}

/** The inspector stands beside the rest, as in app.css. */
const BESIDE = "(min-width: 901px)";
/** As many lines have what was found in them marked, at most. */
const MARKED = 2000;

let want = "";
let hits: Element[] = [];
let at = -1;

function find(text: string, go: boolean): void {
  want = text.toLowerCase();
  const before = hits[at];
  hits = want ? [...document.querySelectorAll("#log-lines li[id] > code")].filter((c) => c.textContent?.toLowerCase().includes(want)) : [];
  at = before ? hits.indexOf(before) : -1;
  if (go && at < 0 && hits.length) step(1);
  else draw();
}

function step(by: number): void {
  if (!hits.length) return;
  at = at < 0 && by < 0 ? hits.length - 1 : (at + by + hits.length) % hits.length;
  hits[at]?.scrollIntoView({ block: "nearest" });
  draw();
}

/** Marks what was found, without a change to the lines: they are the server's. */
function draw(): void {
  const said = document.getElementById("log-found");
  const words = !want ? "" : !hits.length ? "Nothing found" : at < 0 ? `${hits.length} found` : `${at + 1} of ${hits.length}`;
  if (said && said.textContent !== words) said.textContent = words;
  if (!("highlights" in CSS)) return;
  const chosen = hits[at];
  CSS.highlights.set("log-hit", new Highlight(...hits.slice(0, MARKED).filter((h) => h !== chosen).flatMap(rangesIn)));
  CSS.highlights.set("log-at", new Highlight(...(chosen ? rangesIn(chosen) : [])));
}

function rangesIn(code: Element): Range[] {
  const all: Range[] = [];
  const walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const text = (node.nodeValue ?? "").toLowerCase();
    for (let i = text.indexOf(want); i >= 0; i = text.indexOf(want, i + want.length)) {
      const range = new Range();
      range.setStart(node, i);
      range.setEnd(node, Math.min(i + want.length, node.nodeValue?.length ?? 0));
      all.push(range);
    }
  }
  return all;
}

/** The lines have come or changed. */
export function showLines(): void {
  target(true);
  const field = document.getElementById("log-search");
  if (want || (field instanceof HTMLInputElement && field.value)) find(field instanceof HTMLInputElement ? field.value : "", false);
}

export function watchLines(): void {
  keepTop();
  addEventListener("hashchange", () => target(true));
  const field = (e: Event) => (e.target instanceof HTMLInputElement && e.target.id === "log-search" ? e.target : null);
  document.addEventListener("input", (e) => {
    const f = field(e);
    if (f) find(f.value, true);
  });
  document.addEventListener("keydown", (e) => {
    const f = field(e);
    if (!f || (e.key !== "Enter" && e.key !== "Escape")) return;
    if (e.key === "Enter") step(e.shiftKey ? -1 : 1);
    else if (f.value) {
      f.value = "";
      find("", false);
    } else return;
    e.preventDefault();
  });
  document.addEventListener("click", (e) => {
    const b = e.target instanceof Element ? e.target.closest("#log-previous, #log-next") : null;
    if (b) step(b.id === "log-next" ? 1 : -1);
  });
}
