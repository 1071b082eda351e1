// Finding a step by words, as the server does it, and naming it in an address. Pure.
import type { Node } from "../types.gen";

/** Whether a step has all these words in its name, its title, its kind or what it calls. */
export function has(node: Node, query: string): boolean {
  const text = [node.id, node.title ?? "", node.kind, node.function ?? "", node.flow ?? ""].join(" ").toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** An address with another step chosen, null for none; what else it says stays. */
export function withStep(href: string, step: string | null): string {
  const url = new URL(href);
  if (step) url.searchParams.set("step", step);
  else url.searchParams.delete("step");
  return url.href;
}
