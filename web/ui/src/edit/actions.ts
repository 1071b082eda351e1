// Gestures in the words of the undo list, turned into operations. Nothing here decides what a flow means.
import type { EditOp } from "../api";
import type { Wire } from "../graph/context";
import { defaultPort, edgesOf, freeName } from "../model/graph";
import type { Edge, Json } from "../types.gen";
import type { Session } from "./session";

/** What the palette and the picker offer. */
export interface Choice {
  kind: string;
  function?: string;
  flow?: string;
}

export class Actions {
  constructor(private readonly session: Session) {}

  private get graph() {
    return this.session.get().draft.graph;
  }

  edge(id: string): Edge | undefined {
    return this.graph.edges.find((e) => e.id === id);
  }

  /** Adds a step: on a wire that was dropped, after a step, or loose. Returns its name. */
  add(choice: Choice, on: { wire?: Wire | null; after?: string | null } = {}): string {
    const step = freeName(this.graph, choice.function ?? choice.flow ?? choice.kind);
    const after = on.after ? this.graph.nodes.find((n) => n.id === on.after) : undefined;
    const wire = on.wire ?? (after && after.ports.some((p) => p.name !== "error") ? { from: after.id, port: defaultPort(after) } : null);
    const op: EditOp = { op: "add_step", step, kind: choice.kind };
    if (choice.function) op.function = choice.function;
    if (choice.flow) op.flow = choice.flow;
    if (wire) {
      op.needs = [wire.port === "done" ? wire.from : `${wire.from}.${wire.port}`];
      op.after = wire.from;
    }
    this.session.edit(`Add ${step}`, [op], { select: step });
    return step;
  }

  insert(choice: Choice, edge: Edge): void {
    const step = freeName(this.graph, choice.function ?? choice.flow ?? choice.kind);
    const { from, port, to } = edge;
    const op: EditOp = { op: "insert_between", from, port, to, step, kind: choice.kind };
    if (choice.function) op.function = choice.function;
    if (choice.flow) op.flow = choice.flow;
    this.session.edit(`Insert ${step} between ${from} and ${to}`, [op], { select: step });
  }

  connect(from: string, port: string, to: string): void {
    this.session.edit(`Connect ${from}${port === "done" ? "" : `.${port}`} to ${to}`, [{ op: "connect", from, port, to }]);
  }

  disconnect(edge: Edge): void {
    const { from, port, to } = edge;
    this.session.edit(`Disconnect ${from} from ${to}`, [{ op: "disconnect", from, port, to }]);
  }

  /** Removes a step; bridge joins what stood around it. The step before it is selected then, or else the one behind. */
  remove(step: string, bridge = true): void {
    const { before, behind } = edgesOf(this.graph, step);
    this.session.edit(`Delete ${step}`, [{ op: "delete_step", step, bridge }], { select: before[0]?.from ?? behind[0]?.to ?? null });
  }

  /** Removes several steps and joins what stood around them. */
  removeAll(steps: readonly string[]): void {
    this.session.edit(`Delete ${steps.length} steps`, steps.map((step) => ({ op: "delete_step", step, bridge: true })), { select: null });
  }

  /** Writes copied steps behind a step. */
  paste(yaml: string, after: string | undefined): void {
    this.session.edit("Paste steps", [{ op: "paste_steps", yaml, ...(after ? { after } : {}) }]);
  }

  rename(step: string, to: string): void {
    this.session.edit(`Rename ${step} to ${to}`, [{ op: "rename_step", step, to }], { select: to });
  }

  /** Writes a field as YAML; undefined removes it. What can't be read is told to refused. */
  setYaml(step: string, path: string, yaml: string | undefined, refused: (why: string) => void): void {
    if (yaml === undefined) this.set(step, path, undefined);
    else this.session.edit(`Set ${step ? `${path} of ${step}` : path}`, [{ op: "set_field", step, path, yaml }], { refused });
  }

  /** Writes a field of a step, or of the flow if step is empty; undefined removes it. */
  set(step: string, path: string, value: Json | undefined, typed = false): void {
    const what = step ? `${path} of ${step}` : path;
    if (value === undefined) this.session.edit(`Clear ${what}`, [{ op: "remove_field", step, path }]);
    else this.session.edit(`Set ${what}`, [{ op: "set_field", step, path, value }], { typed });
  }
}
