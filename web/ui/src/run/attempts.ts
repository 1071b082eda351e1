// The attempt that the address names, in sight.

let shown = "";

/** Brings the selected attempt into sight of the inspector, once for each that is selected: a reader may have scrolled on since. */
export function showAttempt(): void {
  const query = new URLSearchParams(location.search);
  const name = `${query.get("step")} ${query.get("item")} ${query.get("attempt")}`;
  if (name === shown) return;
  const chosen = document.querySelector("#inspector-body .attempt-selected");
  if (query.has("attempt") && !chosen) return;
  shown = name;
  chosen?.scrollIntoView({ block: "nearest" });
}
