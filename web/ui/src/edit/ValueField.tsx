// One value of a form by its schema: a field, a group of fields, a list, one of several alternatives, or YAML. Each is a literal or an expression, and
// going from one to the other and back loses neither.
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Sign } from "../graph/icons";
import { isObject, type JsonObject } from "../model/schema";
import { alternativeOf, begin, setIn, shapeOf, type Alternative, type Shape } from "../model/shape";
import { expressionOf } from "../model/template";
import type { Issue, Json } from "../types.gen";
import { Field, Issues } from "./fields";
import { SchemaForm, type SetValue, type SetYaml } from "./SchemaForm";
import { YamlField } from "./YamlField";

/** How deep groups that are not written are shown with all their fields; deeper ones are added by a button, for a schema may refer to itself. */
const DEEP = 1;

interface Props {
  name: string;
  path: string;
  memory: string; // flow and step
  root: Json | undefined;
  written: Json | undefined; // the schema
  required: boolean;
  value: Json | undefined;
  issues: Issue[];
  onSet: SetValue;
  onYaml: SetYaml | null;
  action?: ReactNode;
  depth: number;
}

export function ValueField(p: Props) {
  const shape = shapeOf(p.root, p.written);
  if (shape.kind === "choice") return <Choice {...p} alternatives={shape.alternatives} schema={shape.schema} />;
  if (shape.kind !== "field") return <Whole {...p} shape={shape} />;
  const { schema, field, options } = shape;
  return (
    <Field
      path={p.path}
      memory={`${p.memory}/${p.path}`}
      label={<span className="sg-mono">{p.name}</span>}
      kind={field}
      options={options}
      required={p.required}
      about={aboutOf(schema)}
      placeholder={placeholder(schema)}
      value={p.value}
      issues={p.issues}
      expression="either"
      action={p.action}
      onCommit={(v, typed) => p.onSet(p.path, v, typed)}
    />
  );
}

/** The other values of toggled groups, lists and YAML, and of alternatives that were left. */
const kept = new Map<string, { literal?: Json; expression?: string; alternatives?: Map<number, Json> }>();

function keptOf(p: Props) {
  const key = `${p.memory}/${p.path}`;
  const known = kept.get(key) ?? {};
  kept.set(key, known);
  return known;
}

/** What is more than one field, or one of several things (then select chooses which): literal, or one expression for all of it. */
function Whole(p: Props & { shape: Exclude<Shape, { kind: "choice" }>; select?: ReactNode; at?: number; about?: string | undefined }) {
  const { path, name, value, shape, issues, onSet } = p;
  const source = expressionOf(value);
  const written = source !== null;
  const [mode, setMode] = useState<"literal" | "expression">(written ? "expression" : "literal");
  useEffect(() => {
    if (value !== undefined) setMode(written ? "expression" : "literal");
  }, [written, value === undefined]);
  const memory = keptOf(p);

  function toggle() {
    if (mode === "expression") {
      if (source) memory.expression = source;
      setMode("literal");
      if (memory.literal !== undefined) onSet(path, memory.literal, false);
      else if (value !== undefined) onSet(path, undefined, false);
    } else {
      if (value !== undefined) memory.literal = value;
      setMode("expression");
      if (memory.expression) onSet(path, `\${{ ${memory.expression} }}`, false);
    }
  }
  const toggler = (
    <>
      {p.action}
      <button
        type="button"
        className="sg-toggle"
        data-testid={`toggle-${path}`}
        aria-pressed={mode === "expression"}
        aria-label={`${name}: ${mode === "expression" ? "an expression" : "a value"}`}
        onClick={toggle}
        title={mode === "expression" ? "An expression. Click to write a value" : "A value. Click to write an expression"}
      >
        {"{}"}
      </button>
    </>
  );
  const label = <span className="sg-mono">{name}</span>;
  const about = p.about ?? aboutOf(shape.schema);

  if (mode === "expression") {
    return <Field path={path} label={label} required={p.required} about={about} expression="always" value={written ? value : undefined} issues={issues} action={toggler} onCommit={(v, typed) => onSet(path, v, typed)} />;
  }
  const fits = value === undefined || (shape.kind === "group" ? isObject(value) : shape.kind === "list" ? Array.isArray(value) : true);
  if ((shape.kind === "yaml" || !fits) && !p.select) {
    const shared = { path, label, required: p.required, about: about ?? (shape.kind === "yaml" ? typeWords(shape.schema) : undefined), value, issues, action: toggler, placeholder: placeholder(shape.schema) };
    return p.onYaml ? <YamlField {...shared} onYaml={p.onYaml} /> : <Field {...shared} kind="json" onCommit={(v, typed) => onSet(path, v, typed)} />;
  }
  return (
    <fieldset className="sg-group" data-testid={`group-${path}`}>
      <legend>
        {name}
        {p.required ? <span className="sg-required">*</span> : null}
        {shape.kind === "list" && Array.isArray(value) ? <span className="sg-dim"> {value.length === 1 ? "1 item" : `${value.length} items`}</span> : null}
        <span className="sg-grow" />
        {p.select}
        {toggler}
      </legend>
      {about ? <p className="sg-about">{about}</p> : null}
      <Body key={p.at} {...p} fits={fits} />
      <Issues issues={issues.filter((i) => i.field === path)} />
    </fieldset>
  );
}

/** What a whole consists of. Of one of several things it may be a single field, which has no name of its own. */
function Body(p: Props & { shape: Exclude<Shape, { kind: "choice" }>; fits: boolean }) {
  const { shape, path, value, onSet } = p;
  const shared = { path, label: <span className="visually-hidden">{p.name}</span>, value, issues: [], placeholder: placeholder(shape.schema) };
  if (shape.kind === "yaml" || !p.fits) {
    return p.onYaml ? <YamlField {...shared} about={typeWords(shape.schema)} onYaml={p.onYaml} /> : <Field {...shared} kind="json" onCommit={(v, typed) => onSet(path, v, typed)} />;
  }
  if (shape.kind === "field") return <Field {...shared} kind={shape.field} options={shape.options} onCommit={(v, typed) => onSet(path, v, typed)} />;
  return shape.kind === "list" ? <List {...p} items={shape.items} list={Array.isArray(value) ? value : []} /> : <Group {...p} schema={shape.schema} />;
}

function Group(p: Props & { schema: JsonObject }) {
  const { path, name, root, schema, value, depth } = p;
  if (value === undefined && depth >= DEEP) {
    return (
      <button type="button" className="sg-button" data-testid={`add-${path}`} onClick={() => p.onSet(path, begin(root, schema), false)}>
        <Sign name="plus" /> {name}
      </button>
    );
  }
  return <SchemaForm memory={p.memory} path={path} root={root} schema={schema} value={value} issues={p.issues} onSet={p.onSet} onYaml={p.onYaml} depth={depth + 1} />;
}

function List(p: Props & { items: JsonObject; list: Json[] }) {
  const { path, name, list, items, root } = p;
  const set: SetValue = (at, value, typed) => p.onSet(path, setIn(list, at.slice(path.length), value), typed);
  return (
    <>
      {list.map((value, i) => (
        <ValueField
          key={i}
          name={String(i)}
          path={`${path}[${i}]`}
          memory={p.memory}
          root={root}
          written={items}
          required={false}
          value={value}
          issues={p.issues}
          onSet={set}
          onYaml={null}
          depth={0}
          action={
            <button type="button" className="sg-mini" aria-label={`Remove ${name} ${i}`} title="Remove" data-testid={`remove-${path}[${i}]`} onClick={() => p.onSet(path, list.filter((_, n) => n !== i), false)}>
              <Sign name="x" />
            </button>
          }
        />
      ))}
      <button type="button" className="sg-button" data-testid={`add-${path}`} onClick={() => p.onSet(path, [...list, begin(root, items)], false)}>
        <Sign name="plus" /> Item
      </button>
    </>
  );
}

/** One of several schemas: the selector stands in the header of what it chose. */
function Choice(p: Props & { alternatives: Alternative[]; schema: JsonObject }) {
  const { alternatives, path } = p;
  const [picked, pick] = useState<{ at: number; value: Json } | null>(null);
  const last = useRef(-1);
  // What was chosen is shown at once; when the draft has it, or something else, the draft counts.
  const told = JSON.stringify(p.value);
  const was = useRef(told);
  if (was.current !== told) {
    was.current = told;
    if (picked && told !== JSON.stringify(picked.value)) pick(null);
  }
  const value = picked && told !== JSON.stringify(picked.value) ? picked.value : p.value;
  const open = value === undefined || expressionOf(value) !== null; // may be any of them: the one that was there stays
  const at = picked ? picked.at : open ? Math.max(last.current, 0) : last.current >= 0 && alternativeOf([alternatives[last.current]!], value) === 0 ? last.current : alternativeOf(alternatives, value);
  last.current = at;
  const memory = keptOf(p);

  function choose(next: number) {
    const left = (memory.alternatives ??= new Map());
    if (value !== undefined && at >= 0) left.set(at, value);
    const begun = left.get(next) ?? begin(p.root, alternatives[next]!.schema);
    pick({ at: next, value: begun });
    p.onSet(path, begun, false);
  }
  const select = (
      <select
        data-testid={`choice-${path}`}
        aria-label={`Which ${p.name}`}
        value={at < 0 ? "" : alternatives[at]!.label}
        onChange={(e) => choose(alternatives.findIndex((a) => a.label === e.target.value))}
      >
        {at < 0 ? <option value="">none of these</option> : null}
        {alternatives.map((a) => (
          <option key={a.label}>{a.label}</option>
        ))}
      </select>
  );
  const chosen = shapeOf(p.root, at < 0 ? {} : alternatives[at]!.schema);
  // Alternatives within an alternative are rare: they are YAML.
  return <Whole {...p} value={value} shape={chosen.kind === "choice" ? { kind: "yaml", schema: chosen.schema } : chosen} select={select} at={at} about={aboutOf(p.schema)} />;
}

function aboutOf(schema: JsonObject): string | undefined {
  return typeof schema["description"] === "string" ? schema["description"] : undefined;
}

/** What a schema without a form of its own asks for. */
function typeWords(schema: JsonObject): string | undefined {
  const type = schema["type"];
  return typeof type === "string" ? `Wanted: ${type}.` : Array.isArray(type) ? `Wanted: ${type.join(" or ")}.` : undefined;
}

function placeholder(schema: JsonObject): string | undefined {
  if (schema["default"] !== undefined) return JSON.stringify(schema["default"]);
  return Array.isArray(schema["examples"]) && schema["examples"].length ? (typeof schema["examples"][0] === "string" ? schema["examples"][0] : JSON.stringify(schema["examples"][0])) : undefined;
}
