// One selection for graph, list, log and inspector, and it stands in the address: ?step=&item=&attempt=&tab=, and for items &items=&status=&class=, of a loop &iteration=. Back restores it.

type Listener = (step: string | null) => void;

export class SelectionInAddress {
  private listeners: Listener[] = [];

  constructor() {
    addEventListener("popstate", () => this.tell());
    document.addEventListener("click", (e) => this.click(e));
    document.addEventListener("submit", (e) => this.submit(e));
  }

  get step(): string | null {
    return new URLSearchParams(location.search).get("step");
  }

  onChange(fn: Listener): void {
    this.listeners.push(fn);
  }

  select(step: string | null): void {
    const url = new URL(location.href);
    if (url.searchParams.get("step") === step) return;
    for (const k of ["item", "attempt", "tab", "items", "status", "class", "iteration", "flash"]) url.searchParams.delete(k);
    if (step) url.searchParams.set("step", step);
    else url.searchParams.delete("step");
    this.go(url);
  }

  private go(url: URL): void {
    if (url.href !== location.href) history.pushState(null, "", url);
    this.tell();
  }

  private tell(): void {
    for (const row of document.querySelectorAll<HTMLElement>("#run-steps [data-step]")) {
      row.setAttribute("aria-selected", String(row.dataset["step"] === this.step));
    }
    for (const fn of this.listeners) fn(this.step);
  }

  /** A form that selects leads where its link would. */
  private submit(e: SubmitEvent): void {
    const form = e.target;
    if (e.defaultPrevented || !(form instanceof HTMLFormElement) || form.dataset["select"] === undefined) return;
    e.preventDefault();
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (typeof value === "string") url.searchParams.set(name, value);
    this.go(url);
  }

  /** Links that lead to another view of this same page need no reload. */
  private click(e: globalThis.MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || !(e.target instanceof Element)) return;
    const link = e.target.closest<HTMLAnchorElement>("a[data-select], #run-inspector a[data-tab], #run-inspector a[data-attempt]");
    if (link) {
      const url = new URL(link.href);
      if (url.pathname !== location.pathname) return;
      e.preventDefault();
      return this.go(url);
    }
    const row = e.target.closest<HTMLElement>("#run-steps tr[data-step]");
    if (row && !e.target.closest("a, button, input, summary")) this.select(row.dataset["step"] ?? null);
  }
}
