// The icons of web/static/icons.svg. Their address has a hash, so the page's body says it (data-icons).

const KINDS: Record<string, string> = { call: "square-function", flow: "workflow", switch: "split", set: "braces", wait: "timer", signal: "radio", approval: "user-check", fail: "circle-x" };

/** The names used here; each must stand in web/static/icons.txt. */
export type SignName =
  | "plus" | "x" | "undo-2" | "redo-2" | "code" | "maximize" | "minus" | "trash-2" | "history" | "triangle-alert" | "play" | "link" | "search" | "chevron-down" | "upload" | "list-tree" | "rotate-ccw" | "chevron-right" | "external-link";

export function KindIcon({ kind }: { kind: string }) {
  return <Use name={KINDS[kind] ?? "box"} />;
}

/** The address of a kind's icon. */
export function kindUrl(kind: string): string {
  return iconUrl(KINDS[kind] ?? "box");
}

function iconUrl(name: string): string {
  return `${document.body.dataset["icons"] ?? "/static/icons.svg"}#${name}`;
}

export function Sign({ name }: { name: SignName }) {
  return <Use name={name} />;
}

function Use({ name }: { name: string }) {
  return (
    <svg className="sg-icon" width="16" height="16" aria-hidden="true">
      <use href={iconUrl(name)} />
    </svg>
  );
}
