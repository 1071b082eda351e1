// The flow itself as a form: what the inspector shows while nothing is selected.
import { useEditor, useSnapshot } from "./context";
import { Field, Issues } from "./fields";
import { YamlField } from "./YamlField";
import type { SetYaml } from "./SchemaForm";
import { ValueFields } from "./sections";
import { isObject } from "../model/schema";
import type { Json } from "../types.gen";

const PLACED = /^(name|title|notes|timeout|on_failure|input|output)\b/;

export function FlowForm() {
  const { actions } = useEditor();
  const { draft } = useSnapshot();
  const spec = isObject(draft.spec) ? draft.spec : {};
  const issues = draft.issues.filter((i) => !i.step);
  const set = (path: string, value: Json | undefined, typed = false) => actions.set("", path, value, typed);
  const yaml: SetYaml = (path, text, refused) => actions.setYaml("", path, text, refused);
  return (
    <section className="sg-form" aria-label="Flow" data-testid="flow-form">
      <fieldset className="sg-frozen" disabled={draft.broken}>
      <h2 className="sg-form-title">
        <span className="sg-mono">{draft.flow}</span>
      </h2>
      <Issues issues={issues.filter((i) => i.field === "name" || !PLACED.test(i.field ?? ""))} />
      <Field path="title" label="Title" placeholder={draft.flow} value={spec["title"]} onCommit={(v, typed) => set("title", v, typed)} issues={issues} />
      <dl className="sg-facts">
        <dt>Steps</dt>
        <dd>{draft.graph.nodes.length}</dd>
        <dt>Published</dt>
        <dd>{draft.published ? <a href={`/flows/${draft.flow}/versions`}>version {draft.published}</a> : "not yet"}</dd>
        <dt>Draft</dt>
        <dd>{!draft.published ? "never published" : draft.changed ? "differs from it" : "the same"}</dd>
      </dl>
      <Field path="timeout" label="Timeout of a run" mono placeholder="none" value={spec["timeout"]} issues={issues} about="10m, 48h. A run that takes longer fails." onCommit={(v, typed) => set("timeout", v, typed)} />
      <Field
        path="on_failure"
        label="When a failure is not handled"
        kind="enum"
        options={["pause", "compensate"]}
        placeholder="pause"
        value={spec["on_failure"]}
        issues={issues}
        about="pause: stop, keep everything, let a person retry or compensate. compensate: undo at once."
        onCommit={(v) => set("on_failure", v)}
      />
      <h3 className="sg-cap">Output</h3>
      <ValueFields path="output" value={spec["output"]} memory={`${draft.flow}/`} issues={issues} set={set} yaml={yaml} />
      <details className="sg-more" open={spec["input"] !== undefined}>
        <summary>Input</summary>
        <YamlField path="input" label="JSON Schema, as YAML" value={spec["input"]} issues={issues} placeholder="anything" onYaml={yaml} />
      </details>
      <details className="sg-more" open={spec["notes"] !== undefined}>
        <summary>Notes</summary>
        <Field path="notes" label="For people" rows={3} value={spec["notes"]} issues={issues} about="They mean nothing, and are no part of the content hash." onCommit={(v, typed) => set("notes", v, typed)} />
      </details>
      </fieldset>
    </section>
  );
}
