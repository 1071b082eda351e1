// What a person has typed into a form of the page. The server's parts come and go as the run goes on; what was typed stays until its person lets it go.

/** A text field that somebody has changed: here, or before the server sent it back. */
export function isChanged(field: HTMLInputElement | HTMLTextAreaElement): boolean {
  return field.value !== field.defaultValue || field.hasAttribute("data-typed");
}

/** Whether text was typed within an element, into a form that sends it: of those that open, only into an open one. */
export function holdsTyped(el: Element): boolean {
  return [el, ...el.querySelectorAll("input, textarea")].some((f) => {
    if (!(f instanceof HTMLTextAreaElement || (f instanceof HTMLInputElement && ["text", "number"].includes(f.type)))) return false;
    if (f.form?.method !== "post" || !isChanged(f) || f.value.trim() === "") return false;
    const dialog = f.closest<HTMLDetailsElement>("details.confirm");
    return !dialog || dialog.open;
  });
}

/**
 * Leaves an element on the page that the server's has no more, for the text in it: nothing of it can be sent, and a word says why. whole is one that may come back, such as a dialog;
 * anything else is a part of a form that does go on, and is sent without it.
 */
export function leave(el: HTMLElement, whole: boolean): void {
  if (isLeft(el)) return;
  el.dataset["left"] = "";
  if (whole) {
    for (const b of el.querySelectorAll("button")) if (b.type === "submit") b.disabled = true;
    el.addEventListener("submit", (e) => {
      if (isLeft(el)) e.preventDefault();
    });
    el.querySelector(":scope > h2")?.classList.remove("visually-hidden"); // what was asked: the head of the page speaks of something else now
    const name = el.querySelector(":scope > summary > span");
    if (name) name.textContent = "What you typed";
  } else {
    el.dataset["client"] = "";
    for (const f of el.querySelectorAll("[name]")) f.removeAttribute("name");
  }
  const [head, summary] = [el.querySelector(".plan-head"), el.querySelector(":scope > summary")];
  if (whole && head) head.append(note(el));
  else if (summary) summary.after(note(el));
  else el.prepend(note(el));
}

/** Whether an element is only there for the text in it. */
export function isLeft(el: Element): boolean {
  return el.hasAttribute("data-left");
}

/** What was left fits again. */
export function back(el: Element): void {
  el.removeAttribute("data-left");
  el.querySelector(".left-note")?.remove();
}

function note(of: HTMLElement): HTMLElement {
  const p = document.createElement("p");
  p.className = "left-note";
  p.dataset["client"] = "";
  p.setAttribute("role", "status");
  const b = document.createElement("button");
  b.type = "button";
  b.className = "button small";
  b.textContent = "Discard it";
  b.addEventListener("click", () => {
    of.remove();
    document.querySelector<HTMLElement>("#verdict-actions :is(button, summary, a)")?.focus();
  });
  p.append("The run has gone on, and this fits no more. What you typed stays here until you leave the page. ", b);
  return p;
}
