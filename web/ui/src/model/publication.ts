// What publishing would do, in sentences. Pure: the figures are the server's.
import type { Publication, TestsBehind } from "../types.gen";

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** What becomes of runs that go on, and of flows that run this one: a sentence each. */
export function effects(p: Publication): string[] {
  const out: string[] = [];
  for (const r of p.running) out.push(`${count(r.runs, "running run")} ${r.runs === 1 ? "stays" : "stay"} on v${r.version}.`);
  if (p.from && p.running.length === 0) out.push("No run is under way.");
  const flows = new Map<number, string[]>();
  for (const by of p.pinned_by) flows.set(by.version, [...(flows.get(by.version) ?? []), by.flow]);
  for (const [version, names] of flows) {
    out.push(`${names.join(", ")} ${names.length === 1 ? "runs" : "run"} this flow and ${names.length === 1 ? "stays" : "stay"} on v${version} until published again.`);
  }
  for (const ch of p.children) out.push(`${ch.flow} runs in v${ch.to} instead of v${ch.from}: it was published since, and no step here names its version.`);
  return out;
}

/** What the last test said: its tone and its words. */
export function testWords({ tests: t }: Publication): { tone: "ok" | "fail" | "idle"; text: string } {
  if (!t.total) return { tone: "idle", text: "This flow has no tests." };
  if (!t.ran) return { tone: "idle", text: `${count(t.total, "scenario")}, not run against this draft yet.` };
  if (t.stale) return { tone: "idle", text: `Changed since the last test, in which ${t.failed ? `${t.failed} of ${t.ran} failed` : `all ${t.ran} passed`}.` };
  if (t.failed) return { tone: "fail", text: `${t.failed} of ${count(t.ran, "scenario")} failed.` };
  return { tone: "ok", text: `${t.ran < t.total ? `${t.ran} of ${t.total} scenarios were run; they` : `${t.ran === 1 ? "The one scenario" : `All ${t.ran} scenarios`}`} passed.` };
}

/** What tests still call by a name that the draft no longer has. */
export function behindWords({ step, now, places, files }: TestsBehind): string {
  return `${step} is ${now ? `called ${now} now` : "gone"}; ${files.join(", ")} still ${files.length === 1 ? "names" : "name"} ${step}, in ${count(places, "line")}.`;
}
