// The grid of items: keys for its failures, and the selected row in sight.

/** Brings the selected row into sight of the grid's own box; the page does not move. */
export function showItem(): void {
  const box = document.getElementById("items-box");
  const row = box?.querySelector<HTMLElement>("tr[aria-selected=true]");
  if (!box || !row || row.dataset["item"] === shown) return;
  shown = row.dataset["item"];
  const head = box.querySelector("thead")?.getBoundingClientRect().height ?? 0;
  const top = row.offsetTop - head;
  const bottom = row.offsetTop + row.offsetHeight;
  if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight) box.scrollTop = top - (box.clientHeight - head - row.offsetHeight) / 2;
}

let shown: string | undefined; // the item that was brought into sight last: a reader may have scrolled on since

/** Shift J and Shift K go to the next failure and the one before, unless somebody types or has single keys off. */
export function watchItemKeys(): void {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || (e.key !== "J" && e.key !== "K")) return;
    const at = e.target;
    if (at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) return;
    if (document.querySelector("dialog[open]") || off()) return;
    const link = document.getElementById(e.key === "J" ? "next-failure" : "previous-failure");
    if (!link) return;
    link.click();
    e.preventDefault();
  });
}

function off(): boolean {
  try {
    return localStorage.getItem("segno-keys") === "off";
  } catch {
    return false; // storage is denied: nothing was switched off
  }
}
