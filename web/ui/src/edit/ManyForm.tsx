// Several steps at once: what the inspector shows of them, and what can be done with all.
import { KindIcon, Sign } from "../graph/icons";
import { selectionOf, type Selection } from "../graph/context";
import { downstream, reading } from "../model/graph";
import { useEditor, useSnapshot } from "./context";

export function ManyForm({ ids, onSelect }: { ids: readonly string[]; onSelect(selection: Selection): void }) {
  const { actions } = useEditor();
  const { draft } = useSnapshot();
  const chosen = reading(draft.graph.nodes).filter((n) => ids.includes(n.id));
  const after = downstream(draft.graph, ids);
  return (
    <section className="sg-form" aria-label="Selected steps" data-testid="many">
      <h2 className="sg-form-title">{chosen.length} steps</h2>
      <div className="sg-actions">
        <button type="button" className="sg-button" data-testid="many-extend" disabled={after.size === ids.length} title="E" onClick={() => onSelect(selectionOf(reading(draft.graph.nodes).filter((n) => after.has(n.id)).map((n) => n.id)))}>
          And all behind them
        </button>
        <button type="button" className="sg-button sg-danger" data-testid="many-delete" disabled={draft.broken} title="Del" onClick={() => actions.removeAll(ids)}>
          <Sign name="trash-2" /> Delete
        </button>
      </div>
      <p className="sg-about">
        <kbd>Ctrl</kbd> <kbd>C</kbd> copies them as YAML.
      </p>
      <ul className="sg-outline">
        {chosen.map((n) => (
          <li key={n.id}>
            <button type="button" onClick={() => onSelect({ kind: "step", id: n.id })}>
              <KindIcon kind={n.kind} />
              <span className="sg-clip">{n.title || n.id}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
