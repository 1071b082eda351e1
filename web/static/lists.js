// What the lists of runs gain with scripts on: filters that lose nothing typed early, rows that stay current without moving, a count of what has come above
// them, and a time line on which a stretch is drawn or, with the arrow keys, walked.
(() => {
  const every = 3000;
  const texts = new Map(); // by run: what the server last said of its row, so that nothing is touched that is the same
  const show = (answer) => {
    const page = new DOMParser().parseFromString(answer, "text/html");
    for (const row of page.querySelectorAll("tr[data-run]")) {
      const id = row.dataset.run;
      const mine = document.querySelector(`#runs tr[data-run="${CSS.escape(id)}"]`);
      if (!mine || texts.get(id) === row.innerHTML) continue;
      texts.set(id, row.innerHTML);
      mine.dataset.status = row.dataset.status;
      // The cell with the link stays: the focus may be on it.
      for (const name of ["c-status", "c-why", "c-took"]) {
        const from = row.querySelector(`.${name}`);
        const to = mine.querySelector(`.${name}`);
        if (from && to && from.innerHTML !== to.innerHTML) to.replaceChildren(...from.childNodes);
      }
    }
    const said = page.querySelector("[data-above]")?.dataset.above ?? "";
    const link = document.querySelector("#new-rows");
    if (link) {
      link.hidden = said === "";
      if (link.textContent !== said) link.textContent = said;
      link.href = document.querySelector("#runs")?.dataset.all ?? "/runs";
    }
  };
  const ask = async () => {
    const list = document.querySelector("#runs[data-live]");
    const address = list?.dataset.live;
    if (!address || document.hidden) return;
    const ids = [...list.querySelectorAll("tr[data-run]")].map((row) => row.dataset.run);
    const response = await fetch(`${address}&ids=${ids.join(",")}`, { headers: { Accept: "text/html" } });
    // The filter may have changed while the answer was on its way.
    if (response.ok && document.querySelector("#runs")?.dataset.live === address) show(await response.text());
  };
  const round = async () => {
    try {
      await ask();
    } catch {
      // The server is away: the next round asks again.
    }
    setTimeout(round, every);
  };
  setTimeout(round, every);
  // What was put into a field before htmx listened to the form is in no address: once it listens, the form asks for it.
  const differs = (field) =>
    field instanceof HTMLSelectElement ? field.selectedOptions[0] !== ([...field.options].find((o) => o.defaultSelected) ?? field.options[0]) : field instanceof HTMLInputElement && field.value !== field.defaultValue;
  document.addEventListener("htmx:after:init", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && form.matches(".filters") && [...form.elements].some(differs)) form.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask().catch(() => {});
  });

  // The time line. Its bars are one stop for Tab; Shift and the arrows walk over a stretch, Enter takes it.
  const line = () => document.querySelector(".histogram");
  const bars = () => [...document.querySelectorAll(".histogram svg a")];
  const stop = (bar) => {
    for (const b of bars()) b.tabIndex = b === bar ? 0 : -1;
  };
  const mark = (one, other) => {
    const all = bars();
    const [from, to] = [all.indexOf(one), all.indexOf(other)].sort((a, b) => a - b);
    all.forEach((b, i) => b.classList.toggle("in", from >= 0 && i >= from && i <= to));
  };
  const take = (one, other) => {
    const all = bars();
    const [first, last] = [one, other].sort((a, b) => all.indexOf(a) - all.indexOf(b));
    const to = new URL(line().dataset.range, location.href);
    to.searchParams.set("from", first.dataset.from);
    to.searchParams.set("to", last.dataset.to);
    leave(other);
    location.assign(to);
  };
  // The next page has the same bars: the focus comes back to the one that was taken.
  const leave = (bar) => {
    try {
      sessionStorage.setItem("segno-bar", bar.dataset.from);
    } catch {
      // Storage is denied: the focus begins at the top.
    }
  };
  const ready = () => {
    const all = bars();
    if (!all.length) return;
    stop(all.find((b) => b.classList.contains("on")) ?? all.at(-1));
    let at = null;
    try {
      at = sessionStorage.getItem("segno-bar");
      sessionStorage.removeItem("segno-bar");
    } catch {
      // As above.
    }
    const bar = at && all.find((b) => b.dataset.from === at);
    if (bar) {
      stop(bar);
      bar.focus({ preventScroll: true });
    }
  };
  ready();
  document.addEventListener("htmx:afterSettle", ready);
  document.addEventListener("htmx:after:settle", ready);
  let anchor = null; // where a stretch begins, drawn or walked
  let drawn = false; // by the pointer, over more than one bar
  const barAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".histogram svg a") ?? null;
  document.addEventListener("pointerdown", (event) => {
    const bar = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.pointerType !== "touch" ? event.target.closest?.(".histogram svg a") : null;
    drawn = false;
    anchor = bar;
  });
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".histogram")) event.preventDefault(); // a link is not to be dragged away
  });
  document.addEventListener("pointermove", (event) => {
    if (!anchor || !(event.buttons & 1)) return;
    const bar = barAt(event);
    if (!bar || bar === anchor && !drawn) return;
    drawn = true;
    mark(anchor, bar);
  });
  document.addEventListener("pointerup", (event) => {
    if (!anchor || !drawn) return;
    const bar = barAt(event);
    const from = anchor;
    anchor = null;
    if (bar) take(from, bar);
    else {
      mark(null, null);
      drawn = false;
    }
  });
  document.addEventListener("click", (event) => {
    const bar = event.target.closest?.(".histogram svg a");
    if (!bar) return;
    if (drawn) event.preventDefault();
    else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) leave(bar);
  });
  document.addEventListener("keydown", (event) => {
    const bar = event.target.closest?.(".histogram svg a");
    if (!bar || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = bars();
    const at = all.indexOf(bar);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const other = all[Math.min(Math.max(next, 0), all.length - 1)];
      if (event.shiftKey) anchor ??= bar;
      else anchor = null;
      mark(anchor, anchor && other);
      stop(other);
      other.focus();
    } else if (event.key === "Enter" && anchor && anchor !== bar) {
      event.preventDefault();
      take(anchor, bar);
    } else if (event.key === "Escape" && anchor) {
      event.preventDefault();
      anchor = null;
      mark(null, null);
    }
  });
})();
