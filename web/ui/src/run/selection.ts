// One selection for graph, list, log and inspector, and it stands in the address: ?step=&item=&attempt=&view=, and for items &items=&status=&class=, of a loop &iteration=. Back restores it.
// So does the plan that is looked at, ?plan=&version=.

type Listener = (step: string | null) => void;

/**
 * Where a page goes from here for a plan, by what its link or form asks: what is selected stays so, whatever was selected when the server wrote the link. A restart is of its
 * step, so one of another step goes where the link says.
 */
export function planAddress(here: URL, asked: URLSearchParams): URL {
  const url = new URL(here);
  const of = (name: string) => asked.get(name);
  if (of("plan") === "restart" && of("step") !== url.searchParams.get("step")) {
    url.search = asked.toString();
    return url;
  }
  for (const name of ["plan", "version"]) {
    const value = of(name);
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  url.searchParams.delete("flash");
  return url;
}

export class SelectionInAddress {
  private listeners: Listener[] = [];
  private told = location.search;
  private readonly ofStep = new CSSStyleSheet();

  constructor() {
    addEventListener("popstate", () => {
      if (location.search !== this.told) this.tell(); // a step to a line of the log changes nothing here
    });
    document.adoptedStyleSheets.push(this.ofStep);
    this.mark();
    document.addEventListener("keydown", (e) => this.key(e));
    document.addEventListener("click", (e) => this.click(e));
    document.addEventListener("submit", (e) => this.submit(e));
  }

  get step(): string | null {
    return new URLSearchParams(location.search).get("step");
  }

  /** Which plan is looked at, of which version. */
  get plan(): string {
    const q = new URLSearchParams(location.search);
    return `${q.get("plan") ?? ""} ${q.get("version") ?? ""}`;
  }

  onChange(fn: Listener): void {
    this.listeners.push(fn);
  }

  select(step: string | null): void {
    const url = new URL(location.href);
    if (url.searchParams.get("step") === step) return;
    for (const k of ["item", "attempt", "view", "tab", "items", "status", "class", "iteration", "flash"]) url.searchParams.delete(k);
    url.hash = "";
    if (step) url.searchParams.set("step", step);
    else url.searchParams.delete("step");
    this.go(url);
  }

  private go(url: URL): void {
    if (url.href !== location.href) history.pushState(null, "", url);
    this.tell();
  }

  private tell(): void {
    this.told = location.search;
    this.mark();
    for (const fn of this.listeners) fn(this.step);
  }

  /** Shows what is selected in the rows, in their bars and in the log, before the server's own parts come. */
  private mark(): void {
    const { step } = this;
    const attempt = new URLSearchParams(location.search).get("attempt");
    for (const row of document.querySelectorAll<HTMLElement>("#run-steps [data-row]")) {
      const selected = row.dataset["step"] === step;
      row.setAttribute("aria-selected", String(selected));
      for (const bar of row.querySelectorAll(".bar-link")) bar.classList.toggle("bar-selected", selected && bar.getAttribute("data-attempt") === attempt);
    }
    this.ofStep.replaceSync(step ? `#run-log li:has(a[data-select="${CSS.escape(step)}"]){ background:var(--accent-tint); box-shadow:inset 2px 0 var(--accent) }` : "");
  }

  /** Arrows on a step's row walk its attempts. */
  private key(e: KeyboardEvent): void {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || (e.key !== "ArrowRight" && e.key !== "ArrowLeft") || !(e.target instanceof Element)) return;
    const row = e.target.closest(".row-link") && e.target.closest<HTMLElement>("#run-steps [data-row]");
    if (!row) return;
    const numbers = [...new Set([...row.querySelectorAll(".bar-link")].map((b) => Number(b.getAttribute("data-attempt"))))];
    if (!numbers.length) return;
    e.preventDefault();
    const chosen = row.dataset["step"] === this.step ? new URLSearchParams(location.search).get("attempt") : null;
    const at = chosen === null ? -1 : numbers.indexOf(Number(chosen));
    const next = at < 0 ? (e.key === "ArrowRight" ? 0 : numbers.length - 1) : Math.min(Math.max(at + (e.key === "ArrowRight" ? 1 : -1), 0), numbers.length - 1);
    const link = row.querySelector(`.bar-link[data-attempt="${numbers[next]}"]`);
    if (link) this.follow(link);
  }

  /** Goes where a link of this page leads, without loading it. */
  private follow(link: Element): boolean {
    const url = new URL(link.getAttribute("href") ?? "", location.href);
    if (url.pathname !== location.pathname) return false;
    // A bar's address was written when the page was: who has gone on to the log lines meanwhile stays with them.
    const view = new URLSearchParams(location.search).get("view");
    if (link.matches(".bar-link") && (view === "logs" || view === "attempts")) url.searchParams.set("view", view);
    this.go(url);
    return true;
  }

  /** A form that selects leads where its link would. */
  private submit(e: SubmitEvent): void {
    const form = e.target;
    if (e.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if (form.dataset["plan"] !== undefined) {
      e.preventDefault();
      const asked = [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === "string");
      form.reset(); // it is in the address now
      this.go(planAddress(new URL(location.href), new URLSearchParams(asked)));
      return;
    }
    if (form.dataset["select"] === undefined) return;
    e.preventDefault();
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (typeof value === "string") url.searchParams.set(name, value);
    this.go(url);
  }

  /** Links that lead to another view of this same page need no reload. */
  private click(e: globalThis.MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || !(e.target instanceof Element)) return;
    const link = e.target.closest("a[data-select], #run-inspector a[data-tab], #run-inspector a[data-attempt]");
    if (link) {
      if (this.follow(link)) e.preventDefault();
      return;
    }
    const plan = e.target.closest("a[data-plan]");
    if (plan) {
      e.preventDefault();
      this.go(planAddress(new URL(location.href), new URL(plan.getAttribute("href") ?? "", location.href).searchParams));
      return;
    }
    const row = e.target.closest<HTMLElement>("#run-steps tr[data-step]");
    if (row && !e.target.closest("a, button, input, summary")) this.select(row.dataset["step"] ?? null);
  }
}
