// A value that is written as YAML: a JSON Schema, or whatever has no field of its own. The server reads it; what it can't read stays here, with why.
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { toYaml } from "../model/yamltext";
import type { Issue, Json } from "../types.gen";
import { useSnapshot, useStep } from "./context";
import { Issues, Label, within } from "./fields";
import { Prose } from "./Prose";
import type { SetYaml } from "./SchemaForm";

interface Props {
  path: string;
  label: ReactNode;
  value: Json | undefined;
  issues: Issue[];
  placeholder?: string | undefined;
  required?: boolean;
  about?: string | undefined;
  action?: ReactNode;
  onYaml: SetYaml;
}

/** What was refused, by flow, step and field, so that looking at another step loses nothing. */
const refused = new Map<string, { text: string; why: string }>();

export function YamlField({ path, label, value, issues, placeholder, required = false, about, action, onYaml }: Props) {
  const id = useId();
  const step = useStep();
  const { draft, save } = useSnapshot();
  const key = `${draft.flow}/${step}/${path}`;
  const shown = value === undefined ? "" : toYaml(value);
  const [text, setText] = useState(refused.get(key)?.text ?? shown);
  const [why, setWhy] = useState(refused.get(key)?.why ?? "");
  const dirty = useRef(refused.has(key));
  const latest = useRef({ text, shown, commit: () => {} });
  const alive = useRef(true);
  // What the server says replaces the text, unless somebody is typing here, or what was typed could not be read.
  const settled = save === "saved" ? draft.etag : null;
  useEffect(() => {
    if (!dirty.current) setText(latest.current.shown);
  }, [shown, settled]);
  function commit() {
    const { text, shown } = latest.current;
    if (!dirty.current || text === shown) return void (dirty.current = false);
    dirty.current = false;
    refused.delete(key);
    if (alive.current) setWhy("");
    onYaml(path, text.trim() === "" ? undefined : text, (why) => {
      refused.set(key, { text, why });
      if (!alive.current) return;
      dirty.current = true;
      setText(text);
      setWhy(why);
    });
  }
  latest.current = { text, shown, commit };
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
      if (!refused.has(key)) latest.current.commit();
    };
  }, [key]);
  const own = within(issues, path);
  return (
    <div className="sg-field" data-invalid={why !== "" || own.some((i) => i.severity === "error") || undefined}>
      <Label id={id} label={label} required={required}>
        {action}
      </Label>
      <textarea
        id={id}
        data-testid={`field-${path}`}
        className="sg-mono"
        rows={Math.min(16, Math.max(3, text.split("\n").length))}
        spellCheck={false}
        autoComplete="off"
        placeholder={placeholder}
        aria-invalid={why !== "" || undefined}
        aria-describedby={`${id}-about`}
        value={text}
        onChange={(e) => {
          dirty.current = true;
          setText(e.target.value);
          latest.current.text = e.target.value;
        }}
        onBlur={commit}
        onKeyDown={(e) => {
          if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
            e.preventDefault();
            commit();
          } else if (e.key === "Escape" && dirty.current) {
            e.stopPropagation();
            dirty.current = false;
            refused.delete(key);
            setText(shown);
            setWhy("");
          }
        }}
      />
      {why ? (
        <p className="sg-issue" data-tone="fail" role="alert">
          Not saved: <Prose text={why} />
        </p>
      ) : null}
      <p className="sg-about" id={`${id}-about`}>
        {about ? `${about} ` : ""}YAML, saved when you leave the field or by Ctrl+Enter.
      </p>
      <Issues issues={own} />
    </div>
  );
}
