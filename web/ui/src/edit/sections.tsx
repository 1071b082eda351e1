// The parts of the inspector that belong to one kind of step, and the modifiers of a call.
import { useState } from "react";
import { Sign } from "../graph/icons";
import { isObject, resolve, type JsonObject } from "../model/schema";
import { asExpression, expressionOf } from "../model/template";
import type { Function as Fn, Issue, Json } from "../types.gen";
import { Field } from "./fields";
import { SchemaForm, type SetYaml } from "./SchemaForm";
import { YamlField } from "./YamlField";

export interface SectionProps {
  spec: JsonObject;
  issues: Issue[];
  memory: string;
  functions: Fn[];
  yaml: SetYaml;
  set(path: string, value: Json | undefined, typed?: boolean): void;
}

const NAME = /^[a-z][a-z0-9_]*$/;

function part(spec: JsonObject, key: string): JsonObject {
  const v = spec[key];
  return isObject(v) ? v : {};
}

function name(t: string): { ok: true; value: Json } | { ok: false; why: string } {
  return NAME.test(t.trim()) ? { ok: true, value: t.trim() } : { ok: false, why: "small letters, digits and _, beginning with a letter" };
}

function RemoveButton({ what, onClick }: { what: string; onClick(): void }) {
  return (
    <button type="button" className="sg-mini" aria-label={`Remove ${what}`} title={`Remove ${what}`} onClick={onClick}>
      <Sign name="x" />
    </button>
  );
}

/** Branches in written order: the first that is true is taken, so a new one goes before the one that always is. */
export function SwitchFields({ spec, issues, set }: SectionProps) {
  const branches = part(spec, "switch");
  const keys = Object.keys(branches);
  function write(entries: [string, Json][]) {
    set("switch", Object.fromEntries(entries));
  }
  function add() {
    let next = "branch";
    for (let i = 2; next in branches; i++) next = `branch_${i}`;
    const entries = Object.entries(branches);
    const always = entries.findIndex(([, v]) => isAlways(v));
    entries.splice(always < 0 ? entries.length : always, 0, [next, asExpression("false")]);
    write(entries);
  }
  return (
    <>
      <h3 className="sg-cap">Branches</h3>
      <p className="sg-about">The first that is true is taken.</p>
      {keys.map((key) => (
        <div className="sg-pair" key={key}>
          <Field
            path={`switch-name.${key}`}
            label="Branch"
            mono
            patient
            value={key}
            onText={name}
            onCommit={(v) => {
              if (typeof v === "string" && v !== key && !(v in branches)) write(Object.entries(branches).map(([k, c]) => [k === key ? v : k, c]));
            }}
          />
          <Field
            path={`switch.${key}`}
            label="When"
            expression="always"
            value={isAlways(branches[key]) ? "true" : branches[key]}
            issues={issues}
            onText={(t) => ({ ok: true, value: t.trim() === "true" || t.trim() === "" ? true : asExpression(expressionOf(t) ?? t) })}
            onCommit={(v, typed) => set(`switch.${key}`, v, typed)}
            action={<RemoveButton what={`branch ${key}`} onClick={() => set(`switch.${key}`, undefined)} />}
          />
        </div>
      ))}
      <button type="button" className="sg-button" data-testid="add-branch" onClick={add}>
        <Sign name="plus" /> Branch
      </button>
    </>
  );
}

function isAlways(v: Json | undefined): boolean {
  return v === true || v === "true" || expressionOf(v) === "true";
}

export function SetFields({ spec, issues, set, yaml, memory }: SectionProps) {
  return (
    <>
      <h3 className="sg-cap">Values</h3>
      <ValueFields path="set" value={spec["set"]} issues={issues} set={set} yaml={yaml} memory={memory} />
    </>
  );
}

/** Values by name: those of a set, and a flow's output. */
export function ValueFields({ path, value, issues, set, yaml, memory }: Omit<SectionProps, "spec" | "functions"> & { path: string; value: Json | undefined }) {
  const entries = isObject(value) ? value : {};
  const [fresh, setFresh] = useState("");
  const ok = NAME.test(fresh) && !(fresh in entries) && (value === undefined || isObject(value));
  return (
    <>
      {value === undefined ? (
        <p className="sg-about">Nothing yet.</p>
      ) : (
        <SchemaForm memory={memory} path={path} root={undefined} schema={{ properties: {} }} value={value} issues={issues} onSet={set} onYaml={yaml} />
      )}
      {value === undefined || isObject(value) ? (
        <form
          className="sg-add"
          onSubmit={(e) => {
            e.preventDefault();
            if (!ok) return;
            set(`${path}.${fresh}`, "");
            setFresh("");
          }}
        >
          <input className="sg-mono" placeholder="name" aria-label="Name of a new value" data-testid={`add-${path}-name`} value={fresh} onChange={(e) => setFresh(e.target.value)} />
          <button type="submit" className="sg-button" disabled={!ok} data-testid={`add-${path}`}>
            <Sign name="plus" /> Value
          </button>
        </form>
      ) : null}
    </>
  );
}

export function SignalFields({ spec, issues, set, yaml }: SectionProps) {
  const signal = part(spec, "signal");
  return (
    <>
      <Field
        path="signal.name"
        label="Signal"
        mono
        required
        value={signal["name"]}
        issues={issues}
        about="Sent with POST /api/v1/runs/{id}/signals/{name}; kept if it comes early."
        onText={name}
        onCommit={(v, typed) => set("signal.name", v, typed)}
      />
      <Field path="signal.timeout" label="Wait at most" mono placeholder="no limit" value={signal["timeout"]} issues={issues} onCommit={(v, typed) => set("signal.timeout", v, typed)} />
      <YamlField path="signal.schema" label="What is sent, as JSON Schema" placeholder="anything" value={signal["schema"]} issues={issues} onYaml={yaml} />
    </>
  );
}

export function WaitFields({ spec, issues, set, memory }: SectionProps) {
  const wait = spec["wait"];
  const until = isObject(wait);
  return (
    <>
      <div className="sg-label">
        <h3 className="sg-cap">Wait</h3>
        <span className="sg-grow" />
        <select aria-label="Wait for a time or until a time" data-testid="field-wait.kind" value={until ? "until" : "for"} onChange={(e) => set("wait", e.target.value === "until" ? { until: asExpression("run.started_at") } : "10s")}>
          <option value="for">for</option>
          <option value="until">until</option>
        </select>
      </div>
      {until ? (
        <Field path="wait.until" label="Time" value={wait["until"]} issues={issues} expression="either" memory={`${memory}/wait.until`} about="A time such as 2026-01-31T09:00:00Z." onCommit={(v, typed) => set("wait.until", v, typed)} />
      ) : (
        <Field path="wait" label="Duration" mono value={wait} issues={issues} about="10s, 5m, 48h" onCommit={(v, typed) => v !== undefined && set("wait", v, typed)} />
      )}
    </>
  );
}

export function ApprovalFields({ spec, issues, set }: SectionProps) {
  const approval = part(spec, "approval");
  return (
    <>
      <Field path="approval.title" label="Question" required template value={approval["title"]} issues={issues} about="May hold expressions: Release ${{ input.order_id }}?" onCommit={(v, typed) => set("approval.title", v, typed)} />
      <Field path="approval.timeout" label="Answer within" mono placeholder="no limit" value={approval["timeout"]} issues={issues} onCommit={(v, typed) => set("approval.timeout", v, typed)} />
    </>
  );
}

export function FailFields({ spec, issues, set }: SectionProps) {
  return <Field path="fail.message" label="Message" required template value={part(spec, "fail")["message"]} issues={issues} onCommit={(v, typed) => set("fail.message", v, typed)} />;
}

export function UntilFields({ spec, issues, set }: SectionProps) {
  const until = part(spec, "until");
  return (
    <details className="sg-more" open={spec["until"] !== undefined || undefined}>
      <summary>Again until</summary>
      <Field
        path="until.condition"
        label="Condition"
        expression="always"
        value={until["condition"]}
        issues={issues}
        about="Of each iteration: `output` and `iteration` are known here, `iteration` and `previous` in the input."
        onCommit={(v, typed) => set(v === undefined ? "until" : "until.condition", v, typed)}
      />
      <div className="sg-two">
        <Field path="until.every" label="Pause between" mono placeholder="1s" value={until["every"]} issues={issues} onCommit={(v, typed) => set("until.every", v, typed)} />
        <Field path="until.max" label="Iterations at most" kind="integer" mono placeholder="100" value={until["max"]} issues={issues} onCommit={(v, typed) => set("until.max", v, typed)} />
      </div>
    </details>
  );
}

const RETRY: [string, string, "integer" | "number" | "string", string][] = [
  ["max_attempts", "Attempts in all", "integer", "3"],
  ["backoff", "First pause", "string", "1s"],
  ["factor", "Times each pause by", "number", "2"],
  ["max_backoff", "Longest pause", "string", "5m"],
];

export function RetryFields({ spec, issues, set }: SectionProps) {
  const retry = part(spec, "retry");
  const on = retry["on"];
  return (
    <details className="sg-more" open={spec["retry"] !== undefined || spec["timeout"] !== undefined || spec["deadline"] !== undefined || undefined}>
      <summary>Timeout and retry</summary>
      <Field path="timeout" label="Timeout of one attempt" mono placeholder="the function’s" value={spec["timeout"]} issues={issues} onCommit={(v, typed) => set("timeout", v, typed)} />
      <Field path="deadline" label="Deadline of the step" mono placeholder="none" value={spec["deadline"]} issues={issues} about="With all its attempts and items." onCommit={(v, typed) => set("deadline", v, typed)} />
      <div className="sg-two">
        {RETRY.map(([key, label, kind, preset]) => (
          <Field key={key} path={`retry.${key}`} label={label} kind={kind} mono placeholder={preset} value={retry[key]} issues={issues} onCommit={(v, typed) => set(`retry.${key}`, v, typed)} />
        ))}
      </div>
      <Field
        path="retry.on"
        label="On these classes"
        mono
        placeholder="every class that is safe"
        value={Array.isArray(on) ? on.join(", ") : on}
        issues={issues}
        about="timeout, rate_limited, unavailable, function_error, …"
        onText={(t) => {
          const list = t.split(/[\s,]+/).filter(Boolean);
          return { ok: true, value: list.length ? list : undefined };
        }}
        onCommit={(v, typed) => set("retry.on", v, typed)}
      />
    </details>
  );
}

export function CompensateFields({ spec, issues, set, yaml, memory, functions }: SectionProps) {
  const compensate = part(spec, "compensate");
  const callee = typeof compensate["call"] === "string" ? compensate["call"] : "";
  const fn = functions.find((f) => f.name === callee);
  return (
    <details className="sg-more" open={spec["compensate"] !== undefined}>
      <summary>Compensation</summary>
      <Field
        path="compensate.call"
        label="Undone by"
        kind="enum"
        value={callee || undefined}
        options={functions.map((f) => f.name)}
        issues={issues}
        about="Called when the run is compensated."
        onCommit={(v) => (v === undefined ? set("compensate", undefined) : spec["compensate"] === undefined ? set("compensate", { call: v }) : set("compensate.call", v))}
      />
      {callee ? (
        <Field
          path="compensate.after"
          label="Undone after"
          kind="enum"
          value={compensate["after"] === undefined ? undefined : String(compensate["after"])}
          options={["success", "attempt"]}
          placeholder="success"
          issues={issues}
          about={
            compensate["after"] === "attempt"
              ? "What completed, and an attempt of which nobody knows whether it happened. Give the function the call’s ${{ key }}."
              : "What completed. Choose attempt to undo what may have happened, too."
          }
          onCommit={(v) => set("compensate.after", v)}
        />
      ) : null}
      {callee ? <SchemaForm memory={memory} path="compensate.with" root={fn?.input} schema={resolve(fn?.input, fn?.input)} value={compensate["with"]} issues={issues} onSet={set} onYaml={yaml} /> : null}
    </details>
  );
}
