// Which part of a graph is seen, and how large: geometry between the server's positions and the pane.
import type { Graph, Node } from "../types.gen";

/** A flow that can be read as a whole from this zoom on is shown as a whole; below it steps are blocks. */
export const FITS_FROM = 0.35;
/** The zoom at which a flow opens that can't be. */
export const OPENS_AT = 0.5;
/** The zoom at which everything on a step can be read. */
export const READS_AT = 0.75;
export const LEAST_ZOOM = 0.1;
export const MOST_ZOOM = 2;
/** Room around all steps, in CSS pixels; the zoom buttons stand at the bottom. */
export const ROOM = { x: 32, top: 24, bottom: 56 };

export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The size of the pane, in CSS pixels: an element has it. */
export interface Size {
  clientWidth: number;
  clientHeight: number;
}

/** The smallest box around all steps. */
export function bounds(graph: Graph): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const n of graph.nodes) {
    box.left = Math.min(box.left, n.x);
    box.top = Math.min(box.top, n.y);
    box.right = Math.max(box.right, n.x + n.w);
    box.bottom = Math.max(box.bottom, n.y + n.h);
  }
  return graph.nodes.length ? box : { left: 0, top: 0, right: 0, bottom: 0 };
}

/** The zoom at which all of a graph fits; 0 where there is nothing to fit. */
export function roomFor(graph: Graph, pane: Size | null): number {
  if (!pane || !graph.nodes.length) return 0;
  const b = bounds(graph);
  return Math.min((pane.clientWidth - 2 * ROOM.x) / (b.right - b.left), (pane.clientHeight - ROOM.top - ROOM.bottom) / (b.bottom - b.top));
}

/** All steps in the middle of the pane, as large as they fit and never larger than they are. If they do not fit, that part in which a step stands. */
export function whole(graph: Graph, pane: Size, step: string | null = null): View {
  const zoom = Math.max(LEAST_ZOOM, Math.min(1, roomFor(graph, pane)));
  const b = bounds(graph);
  const at = graph.nodes.find((n) => n.id === step) ?? { x: (b.left + b.right) / 2, y: b.top, w: 0, h: 0 };
  return {
    x: along(b.left, b.right, at.x + at.w / 2, pane.clientWidth, ROOM.x, ROOM.x, zoom),
    y: along(b.top, b.bottom, at.y + at.h / 2, pane.clientHeight, ROOM.top, ROOM.bottom, zoom),
    zoom,
  };
}

/** Where the view begins in one direction: everything in the middle, or what does not fit around a place without leaving a gap. */
function along(from: number, to: number, at: number, size: number, before: number, behind: number, zoom: number): number {
  const free = size - before - behind - (to - from) * zoom;
  if (free >= 0) return before + free / 2 - from * zoom;
  return Math.max(before + free, Math.min(before, size / 2 - (at - from) * zoom)) - from * zoom;
}

/** How much smaller everything may become so that something more is seen. */
const SHRINK = 0.6;

interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The largest view, no larger than this one, in which one step stays where its middle is and another is in sight; null if steps would be too small. */
export function zoomAround(fixed: Rect, shown: Rect, view: View, pane: Size): View | null {
  const [fx, fy] = [fixed.x + fixed.w / 2, fixed.y + fixed.h / 2];
  const [sx, sy] = [fx * view.zoom + view.x, fy * view.zoom + view.y];
  const edge = 8;
  /** The zoom at which what lies that far from the middle of the fixed step is still inside. */
  const most = (from: number, to: number, at: number, before: number, behind: number) =>
    Math.min(from < 0 ? (at - before) / -from : Infinity, to > 0 ? (behind - at) / to : Infinity);
  const zoom = Math.min(
    view.zoom,
    most(shown.x - fx, shown.x + shown.w - fx, sx, edge, pane.clientWidth - edge),
    most(shown.y - fy, shown.y + shown.h - fy, sy, edge, pane.clientHeight - edge),
  );
  if (zoom < Math.max(FITS_FROM, view.zoom * SHRINK)) return null;
  return { x: sx - fx * zoom, y: sy - fy * zoom, zoom };
}

/** Where on the edge of the pane the way to a step begins that is not wholly in sight, and on which side; null for one that is. */
export function beyond(node: Rect, view: View, pane: Size): { side: Side; x: number; y: number } | null {
  const [left, top] = [node.x * view.zoom + view.x, node.y * view.zoom + view.y];
  const [right, bottom] = [left + node.w * view.zoom, top + node.h * view.zoom];
  const past: [Side, number][] = [["below", bottom - pane.clientHeight], ["above", -top], ["right", right - pane.clientWidth], ["left", -left]];
  const [side, most] = past.reduce((a, b) => (b[1] > a[1] ? b : a));
  if (most <= 1) return null; // less than a pixel is rounding
  const inside = (v: number, size: number) => Math.max(0, Math.min(size, v));
  return { side, x: inside((left + right) / 2, pane.clientWidth), y: inside((top + bottom) / 2, pane.clientHeight) };
}

/** Whether any part of a step is in sight. */
export function sees(node: Rect, view: View, pane: Size): boolean {
  const [left, top] = [node.x * view.zoom + view.x, node.y * view.zoom + view.y];
  return left < pane.clientWidth && top < pane.clientHeight && left + node.w * view.zoom > 0 && top + node.h * view.zoom > 0;
}

export type Side = "above" | "below" | "left" | "right";

/**
 * The step that a new layout leaves where it is on the screen, and how far the layout has moved it: the first of those that somebody has worked on that is in
 * sight, and otherwise, for who has scrolled away from them, the one nearest to the middle. Null if the layouts share no step.
 */
export function steady(old: Graph, next: Graph, worked: readonly string[], view: View, pane: Size | null): { id: string; by: { x: number; y: number } } | null {
  const now = new Map(next.nodes.map((n) => [n.id, n]));
  const both = old.nodes.filter((n) => now.has(n.id));
  const middle = pane ? { x: (pane.clientWidth / 2 - view.x) / view.zoom, y: (pane.clientHeight / 2 - view.y) / view.zoom } : { x: 0, y: 0 };
  const away = (n: Rect) => Math.hypot(n.x + n.w / 2 - middle.x, n.y + n.h / 2 - middle.y);
  const seen = worked.map((id) => both.find((n) => n.id === id)).find((n) => n && pane && sees(n, view, pane));
  const stays = seen ?? both.reduce<Node | undefined>((a, b) => (a && away(a) <= away(b) ? a : b), undefined);
  if (!stays) return null;
  const to = now.get(stays.id)!;
  return { id: stays.id, by: { x: to.x - stays.x, y: to.y - stays.y } };
}

/** Whether this machine asks for as little motion as possible. */
export function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
