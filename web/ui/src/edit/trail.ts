// The way from flow to flow: ?from= names the flows and steps that were opened on the way to this one, the nearest last.

/** One flow on the way, and the step of it that was opened. */
export interface Crumb {
  flow: string;
  step: string;
}

/** How many flows of the way are kept. */
const MOST = 8;
const CRUMB = /^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$/;

/** The way that an address tells; what is no way is left out. */
export function crumbs(search: string): Crumb[] {
  const text = new URLSearchParams(search).get("from") ?? "";
  return text.split(",").flatMap((part): Crumb[] => {
    const m = CRUMB.exec(part);
    return m ? [{ flow: m[1]!, step: m[2]! }] : [];
  }).slice(-MOST);
}

/** The way to here and one step on, for the address of what the step opens. */
export function trail(flow: string, step: string, search = location.search): string {
  return [...crumbs(search), { flow, step }].slice(-MOST).map((c) => `${c.flow}.${c.step}`).join(",");
}

/** The address of one flow on the way, with the way to it. */
export function crumbHref(all: Crumb[], index: number): string {
  const at = all[index]!;
  const before = all.slice(0, index).map((c) => `${c.flow}.${c.step}`).join(",");
  return `/flows/${at.flow}/edit?step=${at.step}${before ? `&from=${before}` : ""}`;
}
