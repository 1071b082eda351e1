// The canvas page's entry: reads the draft that the server put into the page and takes the place of the plain HTML.
import { createRoot } from "react-dom/client";
import type { Draft, FlowRef, Function as Fn } from "./types.gen";
import { Actions } from "./edit/actions";
import { App } from "./edit/App";
import { EditorContext } from "./edit/context";
import { RunValues } from "./edit/recorded";
import { Session } from "./edit/session";

function embedded<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

const host = document.getElementById("canvas");
const draft = embedded<Draft>("draft");
if (host && draft) {
  const session = new Session(draft);
  const editor = { session, actions: new Actions(session), functions: embedded<Fn[]>("functions") ?? [], flows: embedded<FlowRef[]>("flows") ?? [], values: new RunValues(draft.flow) };
  fill(host);
  createRoot(host).render(
    <EditorContext value={editor}>
      <App />
    </EditorContext>,
  );
}

/** The canvas takes what the window has left below the page's bar. */
function fill(el: HTMLElement): void {
  const size = () => el.style.setProperty("--canvas-top", `${Math.round(el.getBoundingClientRect().top + scrollY)}px`);
  size();
  addEventListener("resize", size);
}
