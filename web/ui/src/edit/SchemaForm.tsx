// A form made from a callee's input schema. Whatever the schema does not name is shown too, so nothing that is written is ever hidden.
import { below, fieldKind, isObject, resolve, type JsonObject } from "../model/schema";
import { expressionOf } from "../model/template";
import type { Issue, Json } from "../types.gen";
import { Sign } from "../graph/icons";
import { Field, Issues } from "./fields";

interface Props {
  memory: string; // flow and step
  path: string; // such as "with"
  root: Json | undefined;
  schema: JsonObject;
  value: Json | undefined;
  issues: Issue[];
  onSet(path: string, value: Json | undefined, typed: boolean): void;
}

export function SchemaForm({ memory, path, root, schema, value, issues, onSet }: Props) {
  const have = isObject(value) ? value : {};
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  // Required fields first, each group in the schema's order; then what is written and not in the schema.
  const named = Object.keys(properties).sort((a, b) => Number(required.has(b)) - Number(required.has(a)));
  const extra = Object.keys(have).filter((k) => !(k in properties));

  function set(key: string, next: Json | undefined, typed: boolean) {
    const at = below(path, key);
    if (at) return onSet(at, next, typed);
    const { [key]: _, ...rest } = have;
    onSet(path, next === undefined ? rest : { ...rest, [key]: next }, typed);
  }

  return (
    <>
      {named.map((key) => {
        const sub = resolve(root, properties[key]);
        const at = below(path, key) ?? `${path}.${key}`;
        const kind = fieldKind(sub);
        const mine = have[key];
        if (kind === "object" && (mine === undefined || isObject(mine))) {
          return (
            <fieldset className="sg-group" key={key}>
              <legend>
                {key}
                {required.has(key) ? <span className="sg-required">*</span> : null}
              </legend>
              {typeof sub["description"] === "string" ? <p className="sg-about">{sub["description"]}</p> : null}
              <SchemaForm memory={memory} path={at} root={root} schema={sub} value={mine} issues={issues} onSet={onSet} />
            </fieldset>
          );
        }
        return (
          <Field
            key={key}
            path={at}
            memory={`${memory}/${at}`}
            label={<span className="sg-mono">{key}</span>}
            kind={kind === "object" && expressionOf(mine) === null ? "json" : kind}
            options={Array.isArray(sub["enum"]) ? sub["enum"] : []}
            required={required.has(key)}
            about={typeof sub["description"] === "string" ? sub["description"] : undefined}
            placeholder={placeholder(sub, kind)}
            value={mine}
            issues={issues}
            expression="either"
            onCommit={(v, typed) => set(key, v, typed)}
          />
        );
      })}
      {extra.map((key) => (
        <Field
          key={key}
          path={below(path, key) ?? `${path}.${key}`}
          memory={`${memory}/${path}.${key}`}
          label={
            <>
              <span className="sg-mono">{key}</span> {Object.keys(properties).length ? <span className="sg-dim">not in the schema</span> : null}
            </>
          }
          kind={typeof have[key] === "string" ? "string" : typeof have[key] === "number" ? "number" : typeof have[key] === "boolean" ? "boolean" : "json"}
          value={have[key]}
          issues={issues}
          expression="either"
          onCommit={(v, typed) => set(key, v, typed)}
          action={
            <button type="button" className="sg-mini" aria-label={`Remove ${key}`} title={`Remove ${key}`} onClick={() => set(key, undefined, false)}>
              <Sign name="x" />
            </button>
          }
        />
      ))}
      {value !== undefined && !isObject(value) ? (
        <Field path={path} label={path} kind="json" value={value} issues={issues} expression="either" memory={`${memory}/${path}`} onCommit={(v, typed) => onSet(path, v, typed)} />
      ) : null}
      {named.length + extra.length === 0 && value === undefined ? <p className="sg-none">This function takes no input.</p> : null}
      <Issues issues={issues.filter((i) => i.field === path)} />
    </>
  );
}

function placeholder(schema: JsonObject, kind: string): string | undefined {
  if (schema["default"] !== undefined) return JSON.stringify(schema["default"]);
  if (kind === "json") return schema["type"] === "array" ? "[…]" : "JSON";
  return Array.isArray(schema["examples"]) && typeof schema["examples"][0] === "string" ? schema["examples"][0] : undefined;
}
