// Makes a part of the page equal to fresh HTML by changing only what differs, so that scroll, focus, open details and typed text survive.
import { back, holdsTyped, isChanged, isLeft, leave } from "./typed";

/** Turns old into what fresh says. Both are of the same kind. */
export function morph(old: Element, fresh: Element): void {
  if (old.isEqualNode(fresh)) return;
  if (isTyped(old)) return;
  if (isLeft(old)) back(old);
  attributes(old, fresh);
  if (old instanceof HTMLTextAreaElement) {
    old.value = fresh.textContent ?? "";
    return;
  }
  children(old, fresh);
}

/** A field that somebody has changed, or stands in. What it holds is theirs. */
function isTyped(el: Element): boolean {
  if (el instanceof HTMLInputElement) {
    if (el.type === "checkbox" || el.type === "radio") return el.checked !== el.defaultChecked;
    return el.type !== "hidden" && (el === document.activeElement || isChanged(el));
  }
  if (el instanceof HTMLTextAreaElement) return el === document.activeElement || isChanged(el);
  if (el instanceof HTMLSelectElement) return el === document.activeElement || [...el.options].some((o) => o.selected !== o.defaultSelected);
  return false;
}

function attributes(old: Element, fresh: Element): void {
  for (const { name, value } of [...fresh.attributes]) {
    if (kept(old, name)) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!kept(old, name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

/** Whether a person opened or shut it is theirs to say; data-sent is app.js's guard against a second click, data-tree says that a value has its tree. */
function kept(el: Element, name: string): boolean {
  return name === "data-sent" || name === "data-tree" || name === "open" && (el instanceof HTMLDetailsElement || el instanceof HTMLDialogElement);
}

/** What says that two elements are one and the same thing. */
function key(n: Node): string {
  if (!(n instanceof Element)) return "";
  const own = n.id || n.getAttribute("data-step") || n.getAttribute("data-seq") || n.getAttribute("data-item") || n.getAttribute("data-tab");
  return own ? `${n.tagName}#${own}` : "";
}

function children(old: Element, fresh: Element): void {
  const keyed = new Map<string, Node>();
  for (const c of old.childNodes) {
    const k = key(c);
    if (k) keyed.set(k, c);
  }
  let at: ChildNode | null = past(old.firstChild);
  for (const want of [...fresh.childNodes]) {
    const k = key(want);
    const have: Node | undefined = k ? keyed.get(k) : undefined;
    if (have) {
      keyed.delete(k);
      if (have === at) at = past(at.nextSibling);
      else old.insertBefore(have, at);
      morph(have as Element, want as Element);
    } else if (!k && at && alike(at, want)) {
      const next: ChildNode | null = past(at.nextSibling);
      if (at instanceof Element) morph(at, want as Element);
      else if (at.nodeValue !== want.nodeValue) at.nodeValue = want.nodeValue;
      at = next;
    } else old.insertBefore(arriving(document.importNode(want, true)), at);
  }
  while (at) {
    const next: ChildNode | null = past(at.nextSibling);
    if (at instanceof HTMLElement && holdsTyped(at)) leave(at, key(at) !== "");
    else if (!(at instanceof Element && isLeft(at))) at.remove();
    at = next;
  }
}

/** The log lines of a verdict that comes while somebody watches come folded: opening them is theirs, and until then nothing below moves. */
function arriving(n: Node): Node {
  if (n instanceof Element) for (const el of [n, ...n.querySelectorAll("*")]) if (el.id === "verdict-logs") el.removeAttribute("open");
  return n;
}

/** The next node that came from the server: what scripts have put beside it stays, as app.js's handle of the inspector and the tree of a value. */
function past(n: ChildNode | null): ChildNode | null {
  let at = n;
  while (at instanceof Element && (at.classList.contains("resizer") || at.hasAttribute("data-client"))) at = at.nextSibling;
  return at;
}

function alike(a: Node, b: Node): boolean {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === "";
}
