// What an expression is worth in the chosen run, below its field.
import { useEffect, useState, useSyncExternalStore } from "react";
import { expressionOf } from "../model/template";
import { isObject } from "../model/schema";
import type { RecordedValue } from "../types.gen";
import { useEditor, useSnapshot, useStep } from "./context";
import { Prose } from "./Prose";
import type { Chosen } from "./recorded";

/** How long typing rests before the server is asked. */
const REST_MS = 120;

export function useChosen(): Chosen {
  const { values } = useEditor();
  useEffect(() => void values.begin(), [values]);
  return useSyncExternalStore(values.subscribe, values.get);
}

/** The list of the step's for_each as it is written now; null if it has none. */
export function useForEach(): string | null {
  const step = useStep();
  const { draft } = useSnapshot();
  const spec = draft.graph.nodes.find((n) => n.id === step)?.spec;
  const written = isObject(spec) ? spec["for_each"] : undefined;
  return written === undefined ? null : (expressionOf(written) ?? (typeof written === "string" ? written : null));
}

/** text: it has `${{ }}` in it. quiet: what is wrong with it is said already. */
export function Worth({ field, expression, text, quiet = false }: { field: string; expression?: string; text?: string; quiet?: boolean }) {
  const { values } = useEditor();
  const { run, item } = useChosen();
  const step = useStep();
  const forEach = useForEach();
  const [got, setGot] = useState<{ of: string; value: RecordedValue | null } | null>(null);
  const source = (expression ?? text ?? "").trim();
  useEffect(() => {
    if (!run || !source) return;
    let gone = false;
    const timer = setTimeout(() => {
      const question = { step, forEach, field, ...(text !== undefined ? { text } : { expression: source }) };
      void values.ask(question).then((value) => gone || setGot({ of: source, value }));
    }, REST_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [values, run, item, step, forEach, field, source, text === undefined]);
  if (!run || !source) return null;
  const value = got?.value;
  // The line is there before its words are: nothing below it moves.
  return (
    <p className="sg-worth" data-testid={`worth-${field}`} data-stale={got?.of !== source || undefined}>
      {value?.text !== undefined && value.text !== "" ? (
        <code title={value.text.length > 60 ? value.text.slice(0, 600) : undefined}>
          {value.text}
          {value.cut ? "…" : ""}
        </code>
      ) : value?.why && !quiet ? (
        <span>
          <Prose text={value.why} />
        </span>
      ) : (
        <span>{value || quiet ? "no value" : "…"}</span>
      )}
    </p>
  );
}
