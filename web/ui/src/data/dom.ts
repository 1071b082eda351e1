// The few things that a part without a framework needs of the page.

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  el.className = className;
  return el;
}

/** An icon of the server's sprite. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset["icons"] ?? ""}#${name}`);
  svg.append(use);
  return svg;
}

export function button(name: string, words: string, press: () => void): HTMLButtonElement {
  const b = element("button", "icon-button");
  b.type = "button";
  b.title = words;
  b.setAttribute("aria-label", words.replace(/ \(.*\)$/, ""));
  b.append(icon(name));
  b.addEventListener("click", press);
  return b;
}

/** What can't be seen, or turns the text around it, as its code. Line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (c) => (c === "\t" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

/** Puts a text into an element, with what was searched for marked. */
export function marked<E extends HTMLElement>(el: E, text: string, want: string): E {
  const lower = want ? text.toLowerCase() : "";
  const find = want.toLowerCase();
  if (!want || lower.length !== text.length || !lower.includes(find)) {
    el.textContent = text;
    return el;
  }
  let from = 0;
  for (let at = lower.indexOf(find); at >= 0; at = lower.indexOf(find, from)) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + find.length);
    el.append(text.slice(from, at), mark);
    from = at + find.length;
  }
  el.append(text.slice(from));
  return el;
}

/** Puts a text on the clipboard. False if the browser does not let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no clipboard but the old way.
  }
  const area = element("textarea", "visually-hidden");
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return done;
}
