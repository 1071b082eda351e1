// A graph with React Flow alone, for the benchmark of the canvas to be held against: its own nodes and edges, as many, as large and in the same places.
import { ReactFlow } from "@xyflow/react";
import { createRoot } from "react-dom/client";
import type { Graph, Node } from "../src/types.gen";

declare global {
  interface Window {
    show(graph: Graph, zoom: number, culled: boolean): void;
  }
}

window.show = (graph, zoom, culled) => {
  const top = graph.nodes.reduce((a: Node, b: Node) => (b.y < a.y ? b : a));
  createRoot(document.getElementById("root")!).render(
    <ReactFlow
      defaultNodes={graph.nodes.map((n) => ({ id: n.id, position: { x: n.x, y: n.y }, width: n.w, height: n.h, data: { label: n.id } }))}
      defaultEdges={graph.edges.map((e) => ({ id: e.id, source: e.from, target: e.to, type: "smoothstep" }))}
      defaultViewport={{ x: innerWidth / 2 - (top.x + top.w / 2) * zoom, y: 24 - top.y * zoom, zoom }}
      minZoom={0.1}
      panOnScroll
      onlyRenderVisibleElements={culled}
    />,
  );
};
