// The kinds of step, the functions and the flows as the palette and the picker list them, and how a search ranks them.
import type { FlowRef, Function as Fn } from "../types.gen";
import { KIND_ABOUT, KIND_TITLES } from "../words.gen";
import { fit, type Given } from "../model/fit";
import type { Choice } from "./actions";

export interface Offer extends Choice {
  id: string; // of the test and of the list's option
  name: string;
  about: string;
  fits?: boolean; // every required field of its input is given where the step would stand
}

export const KINDS: Offer[] = Object.entries(KIND_TITLES).map(([kind, name]) => ({ id: kind, kind, name, about: KIND_ABOUT[kind] ?? "" }));

export function functionOffers(functions: Fn[]): Offer[] {
  return functions.map((f) => ({ id: `fn-${f.name}`, kind: "call", function: f.name, name: f.name, about: f.title ?? "" }));
}

export function flowOffers(flows: FlowRef[]): Offer[] {
  return flows.map((f) => ({ id: `flow-${f.name}`, kind: "flow", flow: f.name, name: f.name, about: f.title ?? "" }));
}

/** The functions with those first whose inputs fit where the step would stand, and marked. */
export function ranked(functions: Fn[], have: Given): Offer[] {
  const fits = new Map(functions.map((f) => [f.name, fit(f, have)]));
  return functionOffers(functions)
    .map((o) => (fits.get(o.name) === 1 ? { ...o, fits: true } : o))
    .sort((a, b) => (fits.get(b.name) ?? 0) - (fits.get(a.name) ?? 0));
}

/** Those whose letters appear in order; a match at the start of a word ranks first. */
export function search(offers: Offer[], query: string): Offer[] {
  const q = query.trim().toLowerCase();
  if (!q) return offers;
  const rank = (o: Offer): number => {
    const name = o.name.toLowerCase();
    const at = name.indexOf(q);
    if (at === 0) return 0;
    if (at > 0) return /[a-z0-9]/.test(name[at - 1]!) ? 2 : 1;
    if (o.about.toLowerCase().includes(q)) return 3;
    let i = 0;
    for (const c of name) if (c === q[i]) i++;
    return i === q.length ? 4 : -1;
  };
  return offers
    .map((o, i) => ({ o, i, r: rank(o) }))
    .filter((x) => x.r >= 0)
    .sort((a, b) => a.r - b.r || a.i - b.i)
    .map((x) => x.o);
}
