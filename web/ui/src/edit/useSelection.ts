// The selection, with the step in the address: ?step=. A link opens on it, Back returns to the one before.
import { useCallback, useEffect, useState } from "react";
import type { Selection } from "../graph/context";

function fromAddress(): Selection {
  const step = new URLSearchParams(location.search).get("step");
  return step ? { kind: "step", id: step } : null;
}

export function useSelection(): [Selection, (s: Selection, way?: "push" | "replace") => void] {
  const [selection, set] = useState<Selection>(fromAddress);
  useEffect(() => {
    const back = () => set(fromAddress());
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const select = useCallback((next: Selection, way: "push" | "replace" = "push") => {
    set(next);
    const url = new URL(location.href);
    const step = next?.kind === "step" ? next.id : null;
    if (url.searchParams.get("step") === step) return;
    if (step) url.searchParams.set("step", step);
    else url.searchParams.delete("step");
    history[way === "push" ? "pushState" : "replaceState"](null, "", url);
  }, []);
  return [selection, select];
}
