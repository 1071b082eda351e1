// A JSON value as a tree: only the rows in sight are in the page, whatever the value's size. It has no framework, so that every page can use it; the rows
// and what they say come from the pure files beside it.
import { Finder } from "./find";
import { indented, isContainer, keyOf, kindOf, type Outline, rawOf, Reader, ROOT, SLICE, stringOf } from "./outline";
import { celOf, partsTo, pathOf } from "./path";
import { depthOf, openAlike, Rows } from "./rows";
import { button, copyText, element, icon, marked, visible } from "./dom";

export interface TreeOptions {
  /** The tree's accessible name. */
  label: string;
  /** The expression of the whole value; without one there is no "Copy CEL". */
  root?: string;
  /** Where the whole value can be fetched as a file. */
  download?: string;
  /** Takes the expression of a value that was chosen by Enter or a double click. */
  onPick?(cel: string): void;
}

const BESIDE = 8; // rows kept above and below what is in sight
const TALLEST = 8_000_000; // px; browsers end between 17 and 33 million
const ROW_TEXT = 200; // characters of a value in its row
const SHOWN_TEXT = 20_000; // characters of a text below the tree
const INDENTS = 16; // levels that are moved to the right
const COPY_INDENTED = 4_000_000; // characters; what is longer is copied as it was recorded
const SEARCH_REST_MS = 60;

let trees = 0;

export class Tree {
  private rows: Rows | null = null;
  private finder: Finder | null = null;
  private hits: number[] = [];
  private want = "";
  private active = ROOT;
  private readonly drawn = new Map<number, HTMLElement>();
  private readonly name = `jtree-${++trees}`;
  private reading = 0;
  private frame = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;

  private readonly box = element("div", "jtree");
  private readonly search = element("input", "jtree-search");
  private readonly found = element("span", "jtree-found");
  private readonly tree = element("div", "jtree-rows");
  private readonly space = element("div", "jtree-space");
  private readonly probe = element("div", "jtree-row jtree-probe");
  private readonly path = element("code", "jtree-path");
  private readonly full = element("pre", "jtree-text");
  private readonly note = element("p", "note");
  private file: HTMLAnchorElement | null = null; // the way to the whole value
  private readonly cels: HTMLButtonElement[] = []; // what needs an expression
  private readonly resize = new ResizeObserver(() => this.draw());

  constructor(host: HTMLElement, private options: TreeOptions) {
    const { search, found, tree, space } = this;
    this.box.dataset["client"] = "";
    search.type = "search";
    search.placeholder = "Search";
    search.dataset["filter"] = "";
    search.autocomplete = "off";
    search.spellcheck = false;
    found.setAttribute("role", "status");
    const bar = element("div", "jtree-bar");
    bar.append(
      search, found,
      button("arrow-up", "Previous match (Shift+Enter)", () => this.step(-1)),
      button("arrow-down", "Next match (Enter)", () => this.step(1)),
      button("list-tree", "Open all", () => this.all(true)),
      button("minus", "Close all", () => this.all(false)),
    );
    if (options.download) {
      const link = (this.file = element("a", "icon-button"));
      link.download = "";
      link.title = "Download";
      link.append(icon("download"));
      bar.append(link);
    }
    tree.tabIndex = 0;
    tree.setAttribute("role", "tree");
    space.setAttribute("role", "presentation");
    this.probe.setAttribute("aria-hidden", "true");
    this.probe.textContent = "x";
    tree.append(space);

    const picked = element("div", "jtree-picked");
    const does = element("div", "jtree-does");
    does.append(this.copier("Copy value", () => this.value(this.active)), this.copier("Copy path", () => pathOf(this.parts())));
    this.cels.push(this.copier("Copy CEL", () => this.cel()));
    does.append(...this.cels);
    if (options.onPick) {
      const insert = element("button", "button small");
      insert.type = "button";
      insert.textContent = "Insert";
      insert.title = "Insert its expression (Enter)";
      insert.addEventListener("click", () => options.onPick?.(this.cel()));
      this.cels.push(insert);
      does.prepend(insert);
    }
    this.full.tabIndex = 0;
    this.full.hidden = this.note.hidden = true;
    this.full.setAttribute("aria-label", "The whole text");
    this.full.setAttribute("role", "group");
    picked.append(this.path, does);
    this.box.append(bar, picked, tree, this.full, this.note, this.probe);
    host.append(this.box);

    search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.find(search.value), SEARCH_REST_MS);
    });
    search.addEventListener("keydown", (e) => {
      if (e.key === "Enter") {
        clearTimeout(this.typing);
        if (search.value !== this.want) this.find(search.value);
        else this.step(e.shiftKey ? -1 : 1);
        e.preventDefault();
      } else if (e.key === "Escape" && search.value) {
        search.value = "";
        this.find("");
        e.preventDefault();
      } else if (e.key === "ArrowDown") {
        tree.focus();
        e.preventDefault();
      }
    });
    tree.addEventListener("scroll", () => this.soon(), { passive: true });
    tree.addEventListener("click", (e) => this.click(e));
    tree.addEventListener("dblclick", (e) => {
      if (this.at(e) !== null && options.onPick) options.onPick(this.cel());
    });
    tree.addEventListener("keydown", (e) => this.key(e));
    this.resize.observe(tree);
    this.called(options.label, options.root, options.download);
  }

  /** What the value is called, the expression that reads it (a step that completes gives its output one), and where it is: another item's may come in its place. */
  called(label: string, root?: string, download?: string): void {
    this.options = { ...this.options, label };
    if (this.file && download) {
      this.file.href = download;
      this.file.setAttribute("aria-label", `Download ${label}`);
    }
    if (root === undefined) delete this.options.root;
    else this.options.root = root;
    this.search.setAttribute("aria-label", `Search keys and values of ${label}`);
    this.tree.setAttribute("aria-label", label);
    for (const b of this.cels) b.hidden = root === undefined;
    if (this.rows) this.describe();
  }

  /** Shows a text; what was open stays open, by its path. False if the text is not JSON, or another one came while it was read. */
  async show(text: string): Promise<boolean> {
    const turn = ++this.reading;
    const reader = new Reader(text);
    try {
      while (!reader.read(SLICE)) {
        await new Promise((go) => setTimeout(go));
        if (turn !== this.reading) return false;
      }
    } catch {
      return false;
    }
    const o = reader.outline();
    const before = this.rows;
    this.rows = before ? new Rows(o, openAlike(before.outline, before.open, o)) : new Rows(o);
    this.finder = new Finder(o);
    this.active = ROOT;
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    if (this.want) this.find(this.want, false);
    this.choose(ROOT, false);
    return true;
  }

  /** Takes the tree out of the page. */
  remove(): void {
    this.reading++;
    clearTimeout(this.typing);
    this.resize.disconnect();
    this.box.remove();
  }

  private get outline(): Outline {
    return this.rows!.outline;
  }

  private parts() {
    return this.rows ? partsTo(this.outline, this.active) : [];
  }

  private cel(): string {
    return celOf(this.options.root ?? "", this.parts());
  }

  /** What is copied of a value: of a text the text itself, of all else its JSON. */
  private value(node: number): string {
    const o = this.outline;
    if (kindOf(o, node) === "string") return stringOf(o, node).text;
    return isContainer(o, node) && o.end[node]! - o.start[node]! < COPY_INDENTED ? indented(o, node) : rawOf(o, node);
  }

  private copier(words: string, what: () => string): HTMLButtonElement {
    const b = element("button", "button small");
    b.type = "button";
    b.textContent = words;
    b.addEventListener("click", () => {
      if (this.rows) void copyText(what()).then((done) => {
        b.textContent = done ? "Copied" : "Not copied";
        setTimeout(() => (b.textContent = words), 1200);
      });
    });
    return b;
  }

  private all(open: boolean): void {
    if (!this.rows) return;
    if (open) this.rows.all(ROOT, true);
    else {
      this.rows.all(ROOT, false);
      this.rows.toggle(ROOT, true);
      this.choose(ROOT, false);
    }
    this.draw();
  }

  private find(text: string, go = true): void {
    this.want = text;
    this.hits = this.finder && text ? this.finder.find(text) : [];
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    if (go && this.hits.length) {
      // From where one is, on to the first below.
      const at = this.hits.find((n) => n >= this.active) ?? this.hits[0]!;
      this.choose(at, true);
    } else {
      this.said();
      this.draw();
    }
  }

  private step(by: number): void {
    const { hits } = this;
    if (!hits.length) return;
    let at = by > 0 ? hits.findIndex((n) => n > this.active) : hits.findLastIndex((n) => n < this.active);
    if (at < 0) at = by > 0 ? 0 : hits.length - 1;
    this.choose(hits[at]!, true);
  }

  private said(): void {
    const { hits, want } = this;
    const at = hits.indexOf(this.active);
    const words = !want ? "" : !hits.length ? "Nothing found" : at < 0 ? `${hits.length.toLocaleString("en")} found` : `${(at + 1).toLocaleString("en")} of ${hits.length.toLocaleString("en")}`;
    if (this.found.textContent !== words) this.found.textContent = words;
  }

  /** Makes a value the active one, and brings it into sight. */
  private choose(node: number, see: boolean): void {
    if (!this.rows) return;
    const before = this.drawn.get(this.active);
    before?.setAttribute("aria-selected", "false");
    this.active = node;
    this.rows.reveal(node);
    if (see) this.see(this.rows.row(node));
    this.describe();
    this.said();
    this.draw();
  }

  /** Says above the tree where the active value stands, and below it, of a text that no row holds, all of it. */
  private describe(): void {
    const o = this.outline;
    this.path.textContent = visible(this.options.root !== undefined ? this.cel() : pathOf(this.parts()));
    this.full.hidden = this.note.hidden = true;
    if (kindOf(o, this.active) !== "string") return;
    const { text, whole } = stringOf(o, this.active, SHOWN_TEXT);
    if (whole && text.length <= 40 && !text.includes("\n")) return;
    this.full.textContent = visible(text);
    this.full.hidden = false;
    if (!whole) {
      const all = o.end[this.active]! - o.start[this.active]! - 2;
      this.note.textContent = `The first ${SHOWN_TEXT.toLocaleString("en")} of ${all.toLocaleString("en")} characters; Copy value takes them all.`;
      this.note.hidden = false;
    }
  }

  private get height(): number {
    return this.probe.getBoundingClientRect().height || 22;
  }

  /** How many rows pass for each pixel of the bar beyond what a row is high: 1 unless there are more rows than a browser can be tall. */
  private scale(): { height: number; shown: number; ratio: number } {
    const { height } = this;
    const whole = this.rows!.length * height;
    const shown = Math.min(whole, TALLEST);
    const view = this.tree.clientHeight;
    return { height, shown, ratio: whole > shown ? (whole - view) / (shown - view) : 1 };
  }

  private see(row: number): void {
    const { height, ratio, shown } = this.scale();
    this.space.style.height = `${shown}px`;
    const view = this.tree.clientHeight;
    const top = this.tree.scrollTop * ratio;
    const at = row * height;
    if (at < top) this.tree.scrollTop = at / ratio;
    else if (at + height > top + view) this.tree.scrollTop = (at + height - view) / ratio;
  }

  private soon(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { rows } = this;
    if (!rows) return;
    const { height, shown, ratio } = this.scale();
    if (!height) return;
    const style = `${shown}px`;
    if (this.space.style.height !== style) this.space.style.height = style;
    const scroll = this.tree.scrollTop;
    const top = scroll * ratio;
    const first = Math.max(0, Math.floor(top / height) - BESIDE);
    const last = Math.min(rows.length, Math.ceil((top + this.tree.clientHeight) / height) + BESIDE);
    const keep = new Set<number>();
    for (let r = first; r < last; r++) keep.add(rows.nodes[r]!);
    for (const [node, row] of this.drawn) {
      if (keep.has(node)) continue;
      row.remove();
      this.drawn.delete(node);
    }
    let before: HTMLElement | null = null;
    for (let r = first; r < last; r++) {
      const node = rows.nodes[r]!;
      let row = this.drawn.get(node);
      if (!row) {
        row = this.row(node);
        this.drawn.set(node, row);
      }
      const next: ChildNode | null = before ? before.nextSibling : this.space.firstChild;
      if (next !== row) this.space.insertBefore(row, next);
      before = row;
      row.style.transform = `translateY(${Math.round(r * height - top + scroll)}px)`;
      if (rows.outline.count[node]) row.setAttribute("aria-expanded", String(rows.open.has(node)));
      row.setAttribute("aria-selected", String(node === this.active));
    }
    if (this.drawn.has(this.active)) this.tree.setAttribute("aria-activedescendant", this.idOf(this.active));
    else this.tree.removeAttribute("aria-activedescendant");
  }

  private idOf(node: number): string {
    return `${this.name}-${node}`;
  }

  private row(node: number): HTMLElement {
    const o = this.outline;
    const row = element("div", "jtree-row");
    row.id = this.idOf(node);
    row.dataset["node"] = String(node);
    row.setAttribute("role", "treeitem");
    const depth = depthOf(o, node);
    row.setAttribute("aria-level", String(depth + 1));
    row.setAttribute("aria-posinset", String(o.place[node]! + 1));
    row.setAttribute("aria-setsize", String(node === ROOT ? 1 : o.count[o.parent[node]!]));
    row.style.setProperty("--depth", String(Math.min(depth, INDENTS)));
    const twisty = element("span", "jtree-twisty");
    twisty.setAttribute("aria-hidden", "true");
    row.append(twisty);
    if (o.key[node]! >= 0) row.append(marked(element("span", "jk"), visible(keyOf(o, node)), this.want), ": ");
    else if (node !== ROOT) row.append(marked(element("span", "jtree-index"), String(o.place[node]), ""), ": ");
    row.append(this.shown(node));
    return row;
  }

  private shown(node: number): HTMLElement {
    const o = this.outline;
    const n = o.count[node]!;
    switch (kindOf(o, node)) {
      case "object":
        return marked(element("span", "jtree-sum"), n ? `{ ${n.toLocaleString("en")} }` : "{}", "");
      case "array":
        return marked(element("span", "jtree-sum"), n ? `[ ${n.toLocaleString("en")} ]` : "[]", "");
      case "string": {
        const { text, whole } = stringOf(o, node, ROW_TEXT);
        return marked(element("span", "jt"), `"${visible(JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("\\\\", "\\"))}${whole ? '"' : "…"}`, this.want);
      }
      case "number":
        return marked(element("span", "jn"), rawOf(o, node), this.want);
      default:
        return marked(element("span", "jw"), rawOf(o, node), this.want);
    }
  }

  private at(e: Event): number | null {
    const row = e.target instanceof Element ? e.target.closest<HTMLElement>(".jtree-row") : null;
    return row?.dataset["node"] ? Number(row.dataset["node"]) : null;
  }

  private click(e: MouseEvent): void {
    const node = this.at(e);
    if (node === null || !this.rows) return;
    const selecting = getSelection();
    if (selecting && !selecting.isCollapsed && this.tree.contains(selecting.anchorNode)) return; // a text was marked, nothing was meant
    const twisty = e.target instanceof Element && e.target.closest(".jtree-twisty");
    if (isContainer(this.outline, node) && (twisty || node === this.active || !this.rows.open.has(node))) this.rows.toggle(node);
    this.choose(node, false);
  }

  private key(e: KeyboardEvent): void {
    const { rows } = this;
    if (!rows || e.altKey) return;
    if (e.ctrlKey || e.metaKey) {
      if (e.key === "c" && getSelection()?.isCollapsed !== false) {
        void copyText(this.value(this.active));
        e.preventDefault();
      }
      return;
    }
    const o = this.outline;
    const at = rows.row(this.active);
    const page = Math.max(1, Math.floor(this.tree.clientHeight / this.height) - 1);
    const to = (row: number) => this.choose(rows.nodes[Math.min(Math.max(row, 0), rows.length - 1)]!, true);
    switch (e.key) {
      case "ArrowDown":
        to(at + 1);
        break;
      case "ArrowUp":
        to(at - 1);
        break;
      case "PageDown":
        to(at + page);
        break;
      case "PageUp":
        to(at - page);
        break;
      case "Home":
        to(0);
        break;
      case "End":
        to(rows.length - 1);
        break;
      case "ArrowRight":
        if (!isContainer(o, this.active)) return;
        if (rows.open.has(this.active) && o.count[this.active]) to(at + 1);
        else this.opened(this.active, true);
        break;
      case "ArrowLeft":
        if (rows.open.has(this.active)) this.opened(this.active, false);
        else if (this.active !== ROOT) this.choose(o.parent[this.active]!, true);
        break;
      case "*":
        for (let n = this.active === ROOT ? ROOT : o.parent[this.active]! + 1; n < o.length; n = o.after[n]!) {
          if (o.parent[n] !== o.parent[this.active]) break;
          rows.toggle(n, true);
        }
        this.draw();
        break;
      case "Enter":
        if (this.options.onPick) this.options.onPick(this.cel());
        else this.opened(this.active);
        break;
      case " ":
        this.opened(this.active);
        break;
      default:
        return;
    }
    e.preventDefault();
  }

  private opened(node: number, to?: boolean): void {
    this.rows?.toggle(node, to);
    this.draw();
  }
}
