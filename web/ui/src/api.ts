// The JSON API as the browser speaks it. Every refusal becomes an ApiError with the server's own words; a server out of reach becomes Unreachable.
import type { Assist, Draft, Issue, Json, Merge, Place, Publication, Recorded, Reference } from "./types.gen";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: { draft?: Draft; issues?: Issue[] },
  ) {
    super(message);
  }
}

/** The server could not be reached, or answered with something that is not ours (a proxy's page). */
export class Unreachable extends Error {}

export type EditOp =
  | { op: "add_step"; step: string; kind: string; function?: string; flow?: string; needs?: string[]; after?: string }
  | { op: "delete_step"; step: string; bridge: boolean }
  | { op: "connect" | "disconnect"; from: string; port: string; to: string }
  | { op: "set_field"; step: string; path: string; value: Json }
  | { op: "set_field"; step: string; path: string; yaml: string }
  | { op: "remove_field"; step: string; path: string }
  | { op: "paste_steps"; yaml: string; after?: string }
  | { op: "rename_step"; step: string; to: string }
  | { op: "insert_between"; from: string; port: string; to: string; step: string; kind: string; function?: string; flow?: string };

async function call(path: string, init: RequestInit): Promise<Response> {
  let res: Response;
  try {
    res = await fetch(path, { credentials: "same-origin", ...init, headers: { Accept: "application/json", ...init.headers } });
  } catch (err) {
    throw new Unreachable(err instanceof Error ? err.message : String(err));
  }
  if (res.ok) return res;
  const body: unknown = await res.json().catch(() => null);
  const error = (body as { error?: { code?: string; message?: string; details?: ApiError["details"] } } | null)?.error;
  if (!error && res.status >= 500) throw new Unreachable(`the server answered ${res.status}`);
  throw new ApiError(res.status, error?.code ?? String(res.status), error?.message ?? `the server answered ${res.status}`, error?.details ?? {});
}

/** Go writes a nil slice as null. */
export function tidyDraft(d: Draft): Draft {
  return {
    ...d,
    issues: d.issues ?? [],
    graph: { ...d.graph, edges: d.graph?.edges ?? [], nodes: (d.graph?.nodes ?? []).map((n) => ({ ...n, ports: n.ports ?? [] })) },
  };
}

async function draftOf(res: Response): Promise<Draft> {
  return tidyDraft((await res.json()) as Draft);
}

function at(flow: string): string {
  return `/api/v1/flows/${encodeURIComponent(flow)}`;
}

export async function getDraft(flow: string): Promise<Draft> {
  return draftOf(await call(`${at(flow)}/draft`, { method: "GET" }));
}

/** renames are the steps that the text names otherwise than the one before, old and new: their tests follow. */
export async function putDraft(flow: string, etag: string, text: string, renames: readonly (readonly [string, string])[] = []): Promise<Draft> {
  const headers: Record<string, string> = { "Content-Type": "application/yaml", "If-Match": etag };
  const query = new URLSearchParams(renames.map(([from, to]) => ["renamed", `${from}:${to}`])).toString();
  return draftOf(await call(`${at(flow)}/draft${query && `?${query}`}`, { method: "PUT", headers, body: text }));
}

export async function postEdits(flow: string, etag: string, edits: EditOp[]): Promise<Draft> {
  const headers: Record<string, string> = { "Content-Type": "application/json", "If-Match": etag };
  return draftOf(await call(`${at(flow)}/draft/edits`, { method: "POST", headers, body: JSON.stringify({ edits }) }));
}

/** Joins changes made on one text with the draft as it is now; saves nothing. */
export async function mergeDraft(flow: string, base: string, changes: ({ edits: EditOp[] } | { text: string })[], choose: Record<string, string>): Promise<Merge> {
  const res = await call(`${at(flow)}/draft/merge`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ base, changes, choose }) });
  return (await res.json()) as Merge;
}

/** The places that a rename of a step would write anew, in the draft as it is saved and in its tests. */
export async function getReferences(flow: string, step: string): Promise<Reference[]> {
  const res = await call(`${at(flow)}/draft/references?step=${encodeURIComponent(step)}`, {});
  return ((await res.json()) as { references: Reference[] }).references;
}

/** The input schema of a version of a flow; undefined if it takes anything. */
export async function getInput(flow: string, version: number): Promise<Json | undefined> {
  const res = await call(`${at(flow)}/versions/${version}`, {});
  return ((await res.json()) as { input?: Json }).input;
}

/** What publishing the draft would do. */
export async function getPublication(flow: string): Promise<Publication> {
  return (await (await call(`${at(flow)}/draft/publication`, {})).json()) as Publication;
}

/** Publishes the draft that the etag names and returns the version's number. */
export async function publish(flow: string, etag: string, message: string): Promise<number> {
  const res = await call(`${at(flow)}/versions?message=${encodeURIComponent(message)}`, { method: "POST", headers: { "If-Match": etag } });
  return ((await res.json()) as { version: number }).version;
}

/** What may stand at a place of a text, and what stands there. */
export async function complete(text: string, at: Place, stop: AbortSignal): Promise<Assist> {
  const res = await call(`/api/v1/complete?line=${at.line}&column=${at.column}`, { method: "POST", headers: { "Content-Type": "application/yaml" }, body: text, signal: stop });
  return (await res.json()) as Assist;
}

/** The same for an expression that is being written in a form; the cursor counts code points from 0. */
export async function completeExpression(in_: { source: string; step: string; field: string; expression: string; cursor: number }, stop: AbortSignal): Promise<Assist> {
  const res = await call("/api/v1/complete", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(in_), signal: stop });
  return (await res.json()) as Assist;
}

/** A run as the list of runs has it. */
export interface RunEntry {
  id: string;
  version: number;
  status: string;
  created_at: string;
}

/** Runs of a flow, the newest first. */
export async function getRuns(flow: string, limit: number, status = ""): Promise<RunEntry[]> {
  const query = new URLSearchParams({ flow, limit: String(limit), ...(status ? { status } : {}) });
  return ((await (await call(`/api/v1/runs?${query}`, {})).json()) as { runs: RunEntry[] }).runs;
}

export async function getRun(id: string): Promise<RunEntry> {
  return (await (await call(`/api/v1/runs/${encodeURIComponent(id)}`, {})).json()) as RunEntry;
}

export interface Evaluation {
  step: string;
  for_each?: string;
  item: number;
  most?: number;
  expressions: { field: string; expression?: string; text?: string }[];
}

/** What expressions are worth with what a run has recorded. */
export async function evaluate(run: string, asked: Evaluation): Promise<Recorded> {
  const res = await call(`/api/v1/runs/${encodeURIComponent(run)}/evaluate`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  return (await res.json()) as Recorded;
}
