// One step on the graph, in every mode. Its place and size are the server's.
import { Handle, Position, type Node as FlowNode, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useState, type CSSProperties } from "react";
import { markGlyph } from "../model/diff";
import { stepDuration } from "../model/live";
import { isObject } from "../model/schema";
import type { Items, Node, Step } from "../types.gen";
import { stepsOf, useShared } from "./context";
import { KindIcon, Sign } from "./icons";
import { Segno, StatusGlyph } from "./status";
import { MARKS } from "../words.gen";

export type StepFlowNode = FlowNode<{ node: Node }, "step">;

export const StepNode = memo(function StepNode({ data }: NodeProps<StepFlowNode>) {
  const { node } = data;
  const shared = useShared();
  const { mode, selection, wire, refusals, onWire } = shared;
  const step = mode === "live" ? shared.steps.get(node.id) : undefined;
  const selected = stepsOf(selection).includes(node.id);
  const refusal = wire ? refusals.get(node.id) : undefined;
  const editable = shared.gestures !== null;
  const inlet = shared.inlets.get(node.id);
  const bottom = node.ports.filter((p) => p.name !== "error");
  const hasError = node.ports.some((p) => p.name === "error");
  const labelled = bottom.length > 1 || (bottom[0] !== undefined && bottom[0].name !== "done");

  return (
    <div
      className="sg-node"
      data-testid={`node-${node.id}`}
      data-kind={node.kind}
      data-status={step?.status}
      data-selected={selected || undefined}
      data-mark={node.mark}
      data-refused={refusal !== undefined || undefined}
      data-target={(wire !== null && refusal === undefined) || undefined}
      data-asks={(step?.status === "waiting" && step.deciding !== undefined) || undefined}
      data-checkpointed={step?.status === "succeeded" || undefined}
      title={refusal ?? why(step)}
      style={inlet ? ({ "--inlet": `${inlet}px` } as CSSProperties) : undefined}
    >
      <Handle type="target" position={Position.Top} id="in" className="sg-in" isConnectableStart={false} isConnectable={editable} data-testid={`in-${node.id}`} />
      <div className="sg-node-body">
        <div className="sg-node-head">
          <KindIcon kind={node.kind} />
          <span className="sg-node-title">{node.title || node.id}</span>
          <NodeMark node={node} step={step} />
        </div>
        <div className="sg-node-sub">{node.was ? `was ${node.was}` : summary(node)}</div>
        <NodeFoot node={node} step={step} />
      </div>
      {step?.items ? <ItemsBar items={step.items} /> : null}
      {shared.resumesAt.has(node.id) ? <Segno /> : null}
      {node.any ? (
        <span className="sg-any" title="Starts when every edge is settled and one of them is live">
          any
        </span>
      ) : null}
      {bottom.map((p, i) => {
        const share = `${((i + 1) / (bottom.length + 1)) * 100}%`;
        return (
          <Handle
            key={p.name}
            type="source"
            position={Position.Bottom}
            id={p.name}
            className="sg-port"
            style={{ left: share, "--apart": `${Math.floor(node.w / (bottom.length + 1))}px` } as CSSProperties}
            isConnectableEnd={false}
            isConnectable={editable}
            data-testid={`port-${node.id}-${p.name}`}
            data-wired={p.wired || undefined}
            data-wiring={(wire?.from === node.id && wire.port === p.name) || undefined}
            title={editable ? `${node.id}.${p.name}: drag to a step, or click and then click a step` : `${node.id}.${p.name}`}
            onClick={(e) => {
              if (!editable) return;
              e.stopPropagation();
              onWire({ from: node.id, port: p.name });
            }}
          />
        );
      })}
      {labelled
        ? bottom.map((p, i) => editable || p.wired ? (
            <span key={p.name} className="sg-port-label" style={labelPlace(node.w, i, bottom.length, p.name)}>
              {p.name}
            </span>
          ) : null)
        : null}
      {hasError ? (
        <Handle
          type="source"
          position={Position.Right}
          id="error"
          className="sg-port sg-port-error"
          isConnectableEnd={false}
          isConnectable={editable}
          data-testid={`port-${node.id}-error`}
          data-wired={node.ports.some((p) => p.name === "error" && p.wired) || undefined}
          data-wiring={(wire?.from === node.id && wire.port === "error") || undefined}
          title={`${node.id}.error: taken when the step fails`}
          onClick={(e) => {
            if (!editable) return;
            e.stopPropagation();
            onWire({ from: node.id, port: "error" });
          }}
        />
      ) : null}
    </div>
  );
});

/** Why a step does not run. What others keep from starting is not told anew with every event, so the list of steps says that. */
function why(step: Step | undefined): string | undefined {
  return step?.reason && step.status !== "pending" ? step.reason.replaceAll("`", "") : undefined;
}

/** How far a label may stand out beside its node, in CSS pixels: less than half of what the layout leaves between two. */
const BESIDE = 22;
/** The width of a letter of the labels' font, by its size. */
const LETTER = 0.61;

/** Left of the first port and right of the last, where there is room; right of those between, as far as the next one. --fit is the size at which the name fits. */
function labelPlace(w: number, i: number, ports: number, name: string): CSSProperties {
  const step = w / (ports + 1);
  const left = i === 0 && ports > 1;
  const room = Math.floor(left || i === ports - 1 ? (left ? step : w - step * (i + 1)) - 8 + BESIDE : step - 12);
  const fit = { maxWidth: room, "--fit": `${Math.max(9, Math.floor((room - 4) / name.length / LETTER * 10) / 10)}px` };
  return left ? { right: Math.round(w - step) + 8, ...fit } : { left: Math.round(step * (i + 1)) + 8, ...fit };
}

/** The upper right corner: how the step is doing, or what is wrong with it. */
function NodeMark({ node, step }: { node: Node; step: Step | undefined }) {
  if (node.mark) {
    return (
      <span className="sg-mark" data-mark={node.mark} role="img" aria-label={MARKS[node.mark] ?? node.mark}>
        {markGlyph(node.mark)}
      </span>
    );
  }
  if (step) return <StatusGlyph status={step.status} person={step.deciding !== undefined} />;
  if (node.errors) {
    return (
      <span className="sg-count" data-tone="fail" title={`${node.errors} ${node.errors === 1 ? "error" : "errors"}`}>
        <StatusGlyph status="failed" size={12} label="Error" /> {node.errors}
      </span>
    );
  }
  if (node.warnings) {
    return (
      <span className="sg-count" data-tone="retry" title={`${node.warnings} ${node.warnings === 1 ? "warning" : "warnings"}`}>
        <Sign name="triangle-alert" /> {node.warnings}
      </span>
    );
  }
  return null;
}

function NodeFoot({ node, step }: { node: Node; step: Step | undefined }) {
  const loop = step?.loop;
  const attempts = loop ? "" : step && step.attempt > 1 ? `${step.attempt}${step.max_attempts ? `/${step.max_attempts}` : ""}` : "";
  if (!node.for_each && !node.until && !node.retry && !node.compensate && !step) return null;
  return (
    <div className="sg-node-foot">
      {node.for_each ? (
        <span className="sg-badge" title="once for each item of a list">
          ×{step?.items ? step.items.total : "n"}
        </span>
      ) : null}
      {node.until ? (
        <span className="sg-badge" data-testid="badge-until" title={`again until a condition is true, in at most ${node.until} iterations`}>
          <span aria-hidden="true">↻</span>
          {loop?.max ? `${loop.iteration}/${loop.max}` : node.until}
        </span>
      ) : null}
      {node.retry ? (
        <span className="sg-badge" title={`up to ${node.retry} attempts`}>
          <Sign name="rotate-ccw" />
          {node.retry}
        </span>
      ) : null}
      {node.compensate ? (
        <span className="sg-badge" title={`undone by ${node.compensate}${node.after === "attempt" ? ", also if nobody knows whether it happened" : ""}`}>
          <Sign name="undo-2" />
        </span>
      ) : null}
      <span className="sg-grow" />
      {attempts ? <span className="sg-attempts" data-retrying={step?.status === "retrying" || undefined}>{attempts}</span> : null}
      {step ? <Elapsed step={step} /> : null}
    </div>
  );
}

/** The step's duration; it counts while the step is under way. */
function Elapsed({ step }: { step: Step }) {
  const counting = step.started_at !== undefined && step.ended_at === undefined && (step.status === "running" || step.status === "retrying");
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!counting) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counting]);
  if (!counting && !step.ended_at) return null;
  return <span className="sg-elapsed">{stepDuration(step, now)}</span>;
}

function ItemsBar({ items }: { items: Items }) {
  const { retrying = 0, waiting = 0, uncertain = 0 } = items;
  const rest = Math.max(0, items.total - items.succeeded - items.failed - items.running - uncertain);
  const parts: [string, number][] = [
    ["succeeded", items.succeeded], ["failed", items.failed], ["uncertain", uncertain], ["retrying", retrying], ["running", items.running - retrying - waiting],
    ["waiting", waiting], ["pending", rest],
  ];
  return (
    <div className="sg-items" role="img" aria-label={`${items.succeeded} of ${items.total} items done, ${items.failed} failed`}>
      {parts.map(([status, n]) => (n > 0 ? <span key={status} data-status={status} style={{ flexGrow: n }} /> : null))}
    </div>
  );
}

/** The second line: what the step does, in the words of the file. */
function summary(node: Node): string {
  if (node.function) return node.function;
  if (node.flow) return node.version ? `${node.flow} v${node.version}` : node.flow;
  const spec = isObject(node.spec) ? node.spec : {};
  const own = spec[node.kind];
  switch (node.kind) {
    case "switch":
      return node.ports.filter((p) => p.name !== "error" && p.name !== "done").map((p) => p.name).join(" · ") || "switch";
    case "set":
      return isObject(own) ? Object.keys(own).join(", ") || "set" : "set";
    case "wait":
      return typeof own === "string" ? `wait ${own}` : "wait";
    case "approval":
      return isObject(own) && typeof own["title"] === "string" ? own["title"] : "approval";
    case "fail":
      return isObject(own) && typeof own["message"] === "string" ? own["message"] : "fail";
    default:
      return node.kind === "call" ? "no function yet" : node.kind;
  }
}
