// The right column: the selected step as a form, an edge, or the flow itself.
import { useEffect, useMemo, useState } from "react";
import { KindIcon, Sign } from "../graph/icons";
import type { Selection, Wire } from "../graph/context";
import { defaultPort, freeSources, into } from "../model/graph";
import { isObject, resolve, type JsonObject } from "../model/schema";
import { getInput } from "../api";
import type { FlowRef, Function as Fn, Issue, Json, Node } from "../types.gen";
import { StepContext, useEditor, useSnapshot } from "./context";
import { Field, Issues } from "./fields";
import { FlowForm } from "./FlowForm";
import { ManyForm } from "./ManyForm";
import { SchemaForm, type SetYaml } from "./SchemaForm";
import { ApprovalFields, CompensateFields, FailFields, RetryFields, SetFields, SignalFields, SwitchFields, UntilFields, WaitFields, type SectionProps } from "./sections";

interface Props {
  selection: Selection;
  onSelect(selection: Selection): void;
  onWire(wire: Wire): void;
  onDelete(step: string): void;
}

export function Inspector({ selection, onSelect, onWire, onDelete }: Props) {
  const { actions } = useEditor();
  const { draft } = useSnapshot();
  if (selection?.kind === "step") {
    const node = draft.graph.nodes.find((n) => n.id === selection.id);
    if (node) {
      return (
        <StepContext value={node.id}>
          <StepForm key={node.id} node={node} onSelect={onSelect} onWire={onWire} onDelete={onDelete} />
        </StepContext>
      );
    }
    return <p className="sg-none sg-pad">There is no step “{selection.id}”.</p>;
  }
  if (selection?.kind === "edge") {
    const edge = actions.edge(selection.id);
    if (edge) {
      return (
        <section className="sg-form" aria-label="Edge">
          <h2 className="sg-form-title">
            {edge.from} → {edge.to}
          </h2>
          <p className="sg-about">
            <span className="sg-mono">{edge.to}</span> starts when <span className="sg-mono">{edge.from}</span>{" "}
            {edge.port === "done" ? "has completed" : edge.port === "error" ? "has failed" : `takes ${edge.port}`}.
          </p>
          <div className="sg-actions">
            <button type="button" className="sg-button sg-danger" data-testid="disconnect" disabled={draft.broken} onClick={() => actions.disconnect(edge)}>
              <Sign name="trash-2" /> Disconnect
            </button>
          </div>
        </section>
      );
    }
  }
  if (selection?.kind === "steps") return <ManyForm ids={selection.ids} onSelect={onSelect} />;
  return <FlowForm />;
}

function StepForm({ node, onSelect, onWire, onDelete }: { node: Node } & Pick<Props, "onSelect" | "onWire" | "onDelete">) {
  const { actions, functions, session } = useEditor();
  const { draft } = useSnapshot();
  const spec: JsonObject = isObject(node.spec) ? node.spec : {};
  const issues = useMemo(() => draft.issues.filter((i) => i.step === node.id), [draft.issues, node.id]);
  const set = (path: string, value: Json | undefined, typed = false) => actions.set(node.id, path, value, typed);
  const memory = `${draft.flow}/${node.id}`;
  const yaml: SetYaml = (path, text, refused) => actions.setYaml(node.id, path, text, refused);
  const section: SectionProps = { spec, issues, set, yaml, memory, functions };

  return (
    <section className="sg-form" aria-label={`Step ${node.id}`} data-testid="inspector">
      <fieldset className="sg-frozen" disabled={draft.broken}>
      <div className="sg-form-head">
        <KindIcon kind={node.kind} />
        <h2 className="sg-cap">{node.kind}</h2>
        <span className="sg-grow" />
        {node.ports.some((p) => p.name !== "error") ? (
          <button type="button" className="sg-mini" title="Connect to another step (C)" aria-label="Connect to another step" data-testid="connect" onClick={() => onWire({ from: node.id, port: defaultPort(node) })}>
            <Sign name="link" />
          </button>
        ) : null}
        <button type="button" className="sg-mini" title="Delete this step (Del)" aria-label={`Delete ${node.id}`} data-testid="delete-step" onClick={() => onDelete(node.id)}>
          <Sign name="trash-2" />
        </button>
      </div>
      <Issues issues={issues.filter((i) => !i.field)} />
      <Field
        path="name"
        label="Name"
        mono
        patient
        required
        value={node.id}
        issues={[]}
        onText={(t) => (/^[a-z][a-z0-9_]*$/.test(t.trim()) ? { ok: true, value: t.trim() } : { ok: false, why: "small letters, digits and _, beginning with a letter" })}
        onCommit={(v) => {
          if (typeof v !== "string" || v === node.id) return;
          if (draft.graph.nodes.some((n) => n.id === v)) session.say(`There is a step “${v}” already.`, "fail");
          else actions.rename(node.id, v);
        }}
      />
      <Field path="title" label="Title" placeholder={node.id} value={spec["title"]} issues={issues} onCommit={(v, typed) => set("title", v, typed)} />

      {node.kind === "call" ? <CallFields {...section} /> : null}
      {node.kind === "flow" ? <ChildFields {...section} /> : null}
      {node.kind === "switch" ? <SwitchFields {...section} /> : null}
      {node.kind === "set" ? <SetFields {...section} /> : null}
      {node.kind === "wait" ? <WaitFields {...section} /> : null}
      {node.kind === "signal" ? <SignalFields {...section} /> : null}
      {node.kind === "approval" ? <ApprovalFields {...section} /> : null}
      {node.kind === "fail" ? <FailFields {...section} /> : null}

      <Needs node={node} spec={spec} issues={issues} onSelect={onSelect} set={set} />
      <Field path="if" label="Only if" expression="always" value={spec["if"]} issues={issues} about="Otherwise the step is skipped." onCommit={(v, typed) => set("if", v, typed)} />

      {node.kind === "call" || node.kind === "flow" ? (
        <details className="sg-more" open={spec["for_each"] !== undefined}>
          <summary>For each item</summary>
          <Field path="for_each" label="List" expression="always" value={spec["for_each"]} issues={issues} about={`${node.kind === "call" ? "Calls" : "Runs"} once an item; \`item\` and \`index\` are known in the input.`} onCommit={(v, typed) => set("for_each", v, typed)} />
          <Field path="max_parallel" label="At once" kind="integer" placeholder="10" value={spec["max_parallel"]} issues={issues} onCommit={(v, typed) => set("max_parallel", v, typed)} />
          <Field
            path="tolerated_failures"
            label="Tolerated failures"
            mono
            placeholder="0"
            value={spec["tolerated_failures"] === undefined ? undefined : String(spec["tolerated_failures"])}
            issues={issues}
            about="How many items may fail without failing the step: 2, or 10%."
            onText={(t) => ({ ok: true, value: /^\s*\d+\s*$/.test(t) ? Number(t) : t.trim() || undefined })}
            onCommit={(v, typed) => set("tolerated_failures", v, typed)}
          />
        </details>
      ) : null}
      {node.kind === "call" || node.kind === "flow" ? <UntilFields {...section} /> : null}
      {node.kind === "call" ? (
        <>
          <RetryFields {...section} />
          <CompensateFields {...section} />
        </>
      ) : null}
      <details className="sg-more" open={spec["notes"] !== undefined}>
        <summary>Notes</summary>
        <Field path="notes" label="For people" rows={3} value={spec["notes"]} issues={issues} about="They mean nothing, and are no part of the content hash." onCommit={(v, typed) => set("notes", v, typed)} />
      </details>
      <Unplaced issues={issues} />
      </fieldset>
    </section>
  );
}

/** Issues of fields that have no place in the form: never silent. */
function Unplaced({ issues }: { issues: Issue[] }) {
  const placed = /^(name|title|call|flow|version|with|switch|set|wait|signal|approval|fail|if|needs|for_each|max_parallel|tolerated_failures|until|timeout|deadline|notes|retry|compensate)\b/;
  const rest = issues.filter((i) => i.field && !placed.test(i.field));
  return rest.length ? <Issues issues={rest} /> : null;
}

function CallFields({ spec, issues, set, yaml, memory, functions }: SectionProps) {
  const name = typeof spec["call"] === "string" ? spec["call"] : "";
  const fn: Fn | undefined = functions.find((f) => f.name === name);
  const schema = resolve(fn?.input, fn?.input);
  return (
    <>
      <FunctionField path="call" label="Function" value={name} issues={issues} functions={functions} onCommit={(v) => set("call", v)} />
      {fn ? (
        <p className="sg-about">
          {fn.title ? `${fn.title}. ` : ""}
          {fn.idempotent ? "Calling it twice with one key is harmless." : "Not idempotent: an outcome that nobody knows stops as uncertain."}
        </p>
      ) : null}
      <h3 className="sg-cap">Input</h3>
      <SchemaForm memory={memory} path="with" root={fn?.input} schema={schema} value={spec["with"]} issues={issues} onSet={set} onYaml={yaml} />
    </>
  );
}

/** The flow that the step runs, in which version, and with what. */
function ChildFields({ spec, issues, set, yaml, memory }: SectionProps) {
  const { flows } = useEditor();
  const name = typeof spec["flow"] === "string" ? spec["flow"] : "";
  const version = typeof spec["version"] === "number" ? spec["version"] : 0;
  const ref = flows.find((f) => f.name === name);
  const input = useInput(ref, version);
  const numbers = Array.from({ length: ref?.version ?? 0 }, (_, i) => (ref?.version ?? 0) - i);
  return (
    <>
      <Field path="flow" label="Flow" kind="enum" mono required value={name || undefined} options={flows.map((f) => f.name)} issues={issues} onCommit={(v) => v !== undefined && set("flow", v)} />
      <Field
        path="version"
        label="Version"
        kind="enum"
        placeholder={ref ? `the latest when published, now ${ref.version}` : "the latest when published"}
        value={spec["version"]}
        options={numbers}
        issues={issues}
        onText={(t) => (/^[1-9][0-9]*$/.test(t) ? { ok: true, value: Number(t) } : { ok: true, value: undefined })}
        onCommit={(v) => set("version", v)}
      />
      {ref ? (
        <p className="sg-about">
          {ref.title ? `${ref.title}. ` : ""}
          <a href={`/flows/${ref.name}`} data-testid="child-flow">
            Open {ref.name}
          </a>
        </p>
      ) : null}
      <h3 className="sg-cap">Input</h3>
      <SchemaForm memory={memory} path="with" root={input} schema={resolve(input, input)} value={spec["with"]} issues={issues} onSet={set} onYaml={yaml} />
    </>
  );
}

/** The input schema of a version of a flow; that of the latest is on the page. */
function useInput(ref: FlowRef | undefined, version: number): Json | undefined {
  const [read, setRead] = useState<{ of: string; input: Json | undefined } | null>(null);
  const of = ref && version && version !== ref.version ? `${ref.name}/${version}` : "";
  useEffect(() => {
    if (!of || !ref) return;
    let gone = false;
    getInput(ref.name, version).then(
      (input) => gone || setRead({ of, input }),
      () => gone || setRead({ of, input: undefined }), // the checker says what is wrong with the version
    );
    return () => {
      gone = true;
    };
  }, [of, ref, version]);
  if (!of) return ref?.input;
  return read?.of === of ? read.input : undefined;
}

export function FunctionField({ path, label, value, issues, functions, onCommit }: { path: string; label: string; value: string; issues: Issue[]; functions: Fn[]; onCommit(v: Json | undefined): void }) {
  return <Field path={path} label={label} kind="enum" mono required value={value || undefined} options={functions.map((f) => f.name)} issues={issues} onCommit={onCommit} />;
}

/** More options than these are there only once the list is about to be opened. */
const MOST_OPTIONS = 60;

function Needs({ node, spec, issues, onSelect, set }: { node: Node; spec: JsonObject; issues: Issue[]; onSelect(s: Selection): void; set: SectionProps["set"] }) {
  const { actions } = useEditor();
  const { draft } = useSnapshot();
  const edges = into(draft.graph, node.id);
  const free = useMemo(() => freeSources(draft.graph, node.id).map((f) => ({ ...f, value: `${f.from}.${f.port}` })), [draft.graph, node.id]);
  const [asked, setAsked] = useState(false);
  const list = edges.map((e) => (e.port === "done" ? e.from : `${e.from}.${e.port}`));
  const any = node.any ?? (isObject(spec["needs"]) && "any" in spec["needs"]);
  return (
    <fieldset className="sg-needs">
      <legend className="sg-cap">Needs</legend>
      {edges.length > 1 ? (
        <select data-testid="field-needs.join" aria-label="How the needed steps join" value={any ? "any" : "all"} onChange={(e) => set("needs", e.target.value === "any" ? { any: list } : list)}>
          <option value="all">all of</option>
          <option value="any">any of</option>
        </select>
      ) : null}
      <ul data-testid="field-needs">
        {edges.map((e) => (
          <li key={e.id}>
            <button type="button" className="sg-link sg-mono" onClick={() => onSelect({ kind: "step", id: e.from })}>
              {e.port === "done" ? e.from : `${e.from}.${e.port}`}
            </button>
            <button type="button" className="sg-mini" aria-label={`No longer need ${e.from}`} title="Remove" onClick={() => actions.disconnect(e)}>
              <Sign name="x" />
            </button>
          </li>
        ))}
      </ul>
      {edges.length === 0 ? <p className="sg-about">Nothing: it starts with the run.</p> : null}
      {free.length ? (
        <select
          data-testid="add-need"
          aria-label="Add a step that is needed"
          value=""
          onPointerDown={() => setAsked(true)}
          onFocus={() => setAsked(true)}
          onChange={(e) => {
            const pick = free.find((f) => f.value === e.target.value);
            if (pick) actions.connect(pick.from, pick.port, node.id);
          }}
        >
          <option value="">Add…</option>
          {(asked || free.length <= MOST_OPTIONS ? free : []).map((f) => (
            <option key={f.value} value={f.value}>
              {f.value}
            </option>
          ))}
        </select>
      ) : null}
      <Issues issues={issues.filter((i) => i.field?.startsWith("needs"))} />
    </fieldset>
  );
}
