// A step that was put in where it can't be seen: it is said at the edge on its side, and one key or click away. Nothing moves before that.
import { useStore } from "@xyflow/react";
import { useEffect, useRef, type CSSProperties } from "react";
import type { Node } from "../types.gen";
import { Sign } from "./icons";
import { beyond, type Side } from "./view";

const WHERE: Record<Side, string> = { above: "above", below: "below", left: "to the left", right: "to the right" };

interface Props {
  node: Node;
  /** How much of the pane's lower part something else covers, in CSS pixels. */
  covered(): number;
  onShow(id: string): void;
  /** Told once the step has come into sight in another way. */
  onSeen(id: string): void;
}

export function Away({ node, covered, onShow, onSeen }: Props) {
  const [x, y, zoom] = useStore((s) => s.transform);
  const hidden = covered();
  const size = { clientWidth: useStore((s) => s.width), clientHeight: useStore((s) => s.height) - hidden };
  const now = beyond(node, { x, y, zoom }, size);
  const last = useRef(now); // drawn until it is taken back: what holds the focus must not go before the focus does
  if (now) last.current = now;
  useEffect(() => {
    if (!now) onSeen(node.id);
  }, [now === null, node.id]);
  const at = last.current;
  if (!at) return null;
  const level = at.side === "above" || at.side === "below";
  const style = { ["--at" as string]: `${level ? at.x : at.y}px`, ...(level ? { top: at.side === "above" ? 0 : size.clientHeight } : { left: at.side === "left" ? 0 : size.clientWidth }) } satisfies CSSProperties;
  return (
    <div className="sg-away-edge" role="status" data-side={at.side} data-covered={hidden > 0 || undefined} style={style}>
      <button type="button" className="sg-away" data-id={node.id} onClick={() => onShow(node.id)} data-testid="away">
        <Sign name="chevron-down" />
        <span className="sg-away-text">
          <b>{node.id}</b> added {WHERE[at.side]}
        </span>
        <span className="sg-away-show">
          Show <kbd>Enter</kbd>
        </span>
      </button>
    </div>
  );
}
