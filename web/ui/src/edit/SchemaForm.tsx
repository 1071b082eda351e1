// A form made from a callee's input schema. Whatever the schema does not name is shown too, so nothing that is written is ever hidden.
import { below, isObject, resolve, type JsonObject } from "../model/schema";
import { shapeOf } from "../model/shape";
import type { Issue, Json } from "../types.gen";
import { Sign } from "../graph/icons";
import { Field, Issues } from "./fields";
import { ValueField } from "./ValueField";
import { YamlField } from "./YamlField";

export type SetValue = (path: string, value: Json | undefined, typed: boolean) => void;
/** Writes a value as YAML; undefined removes it. */
export type SetYaml = (path: string, text: string | undefined, refused: (why: string) => void) => void;

interface Props {
  memory: string; // flow and step
  path: string; // such as "with"
  root: Json | undefined;
  schema: JsonObject;
  value: Json | undefined;
  issues: Issue[];
  onSet: SetValue;
  onYaml: SetYaml | null; // null: inside of a list, which is written as a whole
  depth?: number;
}

export function SchemaForm({ memory, path, root, schema: written, value, issues, onSet, onYaml, depth = 0 }: Props) {
  const { schema } = shapeOf(root, written);
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
        const at = below(path, key);
        return (
          <ValueField
            key={key}
            name={key}
            path={at ?? `${path}.${key}`}
            memory={memory}
            root={root}
            written={properties[key]}
            required={required.has(key)}
            value={have[key]}
            issues={issues}
            onSet={at ? onSet : (_, next, typed) => set(key, next, typed)}
            onYaml={at ? onYaml : null}
            depth={depth}
          />
        );
      })}
      {extra.map((key) => {
        const at = below(path, key);
        const mine = have[key];
        const shared = {
          path: at ?? `${path}.${key}`,
          label: (
            <>
              <span className="sg-mono">{key}</span> {Object.keys(properties).length ? <span className="sg-dim">not in the schema</span> : null}
            </>
          ),
          value: mine,
          issues,
          action: (
            <button type="button" className="sg-mini" aria-label={`Remove ${key}`} title={`Remove ${key}`} onClick={() => set(key, undefined, false)}>
              <Sign name="x" />
            </button>
          ),
        };
        if (at && onYaml && typeof mine === "object" && mine !== null) return <YamlField key={key} {...shared} onYaml={onYaml} />;
        const kind = typeof mine === "string" ? "string" : typeof mine === "number" ? "number" : typeof mine === "boolean" ? "boolean" : "json";
        return <Field key={key} {...shared} memory={`${memory}/${path}.${key}`} kind={kind} expression="either" onCommit={(v, typed) => set(key, v, typed)} />;
      })}
      {value !== undefined && !isObject(value) ? (
        <Field path={path} label={path} kind="json" value={value} issues={issues} expression="either" memory={`${memory}/${path}`} onCommit={(v, typed) => onSet(path, v, typed)} />
      ) : null}
      {named.length + extra.length === 0 && value === undefined && depth === 0 ? <p className="sg-none">{Object.keys(resolve(root, written)).length ? "No fields." : "This takes no input."}</p> : null}
      {depth === 0 ? <Issues issues={issues.filter((i) => i.field === path)} /> : null}
    </>
  );
}
