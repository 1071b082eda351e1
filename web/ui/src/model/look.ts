// Naming a step in an address. Pure.

/** An address with another step chosen, null for none; what else it says stays. */
export function withStep(href: string, step: string | null): string {
  const url = new URL(href);
  if (step) url.searchParams.set("step", step);
  else url.searchParams.delete("step");
  return url.href;
}
