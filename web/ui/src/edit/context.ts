// What every part of the editor needs: the session, the actions on it, and the functions and flows that a step may call or run.
import { createContext, useContext, useSyncExternalStore } from "react";
import type { FlowRef, Function as Fn } from "../types.gen";
import type { Actions } from "./actions";
import type { RunValues } from "./recorded";
import type { Session, Snapshot } from "./session";

export interface Editor {
  session: Session;
  actions: Actions;
  functions: Fn[];
  flows: FlowRef[];
  values: RunValues;
}

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("a part of the editor stands outside of it");
  return editor;
}

export function useSnapshot(): Snapshot {
  const { session } = useEditor();
  return useSyncExternalStore(session.subscribe, session.get);
}

/** The step whose fields are shown; empty for those of the flow. */
export const StepContext = createContext("");

export function useStep(): string {
  return useContext(StepContext);
}
