// What the lists of runs gain with scripts on: rows that stay current without moving, and a count of what has come above them.
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
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask().catch(() => {});
  });
})();
