// The command palette, Ctrl+K: flows, functions and runs by id, the places of this page and what can be done on it. A dialog with a combobox; what it
// finds comes from /palette once, runs by id as they are typed.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const kinds = { flow: "Flow", canvas: "Canvas", start: "Start run", runs: "Runs of", function: "Function", run: "Run", go: "Go to", make: "Make", here: "On this page" };
  const places = [
    { kind: "go", name: "Flows", href: "/flows" },
    { kind: "go", name: "Runs", href: "/runs" },
    { kind: "go", name: "Runs that wait for a person", href: "/runs?needs=person" },
    { kind: "go", name: "Runs that are retrying", href: "/runs?needs=retry" },
    { kind: "go", name: "Failed runs", href: "/runs?status=failed" },
    { kind: "go", name: "Functions", href: "/functions" },
    { kind: "go", name: "Servers", href: "/replicas" },
    { kind: "make", name: "New flow", href: "/flows/new?template=blank" },
  ];
  if ("viewer" in document.body.dataset) places.splice(places.findIndex((p) => p.kind === "make"), 1);
  const shownAtMost = 30;

  // What can be done here: the page's own buttons, tabs and links of its head. A link is followed; anything else gets the focus, so that nothing is
  // pressed that was only looked for.
  const here = () => {
    const all = [];
    for (const element of $$("#main .button, #main .tabs a, .topbar-end button")) {
      if (!element.checkVisibility?.() || element.disabled || element.matches("[data-palette-open]")) continue;
      const name = (element.getAttribute("aria-label") ?? element.textContent).replace(/\s+/g, " ").trim();
      if (name) all.push({ kind: "here", name, element });
    }
    return all;
  };

  // rank says how well words fit a text: lower is better, undefined is not at all.
  const rank = (item, words) => {
    const text = `${kinds[item.kind]} ${item.name} ${item.note ?? ""}`.toLowerCase();
    let sum = 0;
    for (const word of words) {
      const at = text.indexOf(word);
      if (item.name.toLowerCase().startsWith(word)) continue;
      if (at >= 0) {
        sum += at === 0 || /[^a-z0-9]/.test(text[at - 1]) ? 1 : 3;
        continue;
      }
      let from = 0; // the letters in their order, with others between
      for (const letter of word) {
        from = text.indexOf(letter, from) + 1;
        if (from === 0) return undefined;
      }
      sum += 10;
    }
    return sum;
  };

  let dialog, input, list, status;
  let known = []; // what the server has, but for runs
  let runs = [];
  let shown = [];
  let active = 0;
  let asked = 0;

  const build = () => {
    list = make("ul", { id: "palette-list", role: "listbox", "aria-label": "Results" });
    input = make("input", {
      type: "text", id: "palette-input", role: "combobox", "aria-label": "Go to a flow, a function, a run, or an action", "aria-expanded": "true",
      "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: "Flow, function, run id, action",
    });
    status = make("p", { class: "visually-hidden", role: "status" });
    dialog = make("dialog", { id: "palette", class: "dialog palette", "aria-label": "Command palette" }, input, list, status);
    document.body.append(dialog);
    input.addEventListener("input", () => {
      active = 0;
      draw();
      findRuns();
    });
    input.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      if (by && shown.length) {
        active = Math.abs(by) === 1 ? (active + by + shown.length) % shown.length : Math.min(Math.max(active + by, 0), shown.length - 1);
        mark();
      } else if (event.key === "Enter") choose(shown[active], event.ctrlKey || event.metaKey);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    list.addEventListener("click", (event) => {
      const at = $$("[role=option]", list).indexOf(event.target.closest("[role=option]"));
      if (at >= 0) choose(shown[at], event.ctrlKey || event.metaKey);
    });
    list.addEventListener("pointermove", (event) => {
      const at = $$("[role=option]", list).indexOf(event.target.closest("[role=option]"));
      if (at >= 0 && at !== active) {
        active = at;
        mark();
      }
    });
  };

  // A field in a closed dialog keeps the focus until the next frame, and would take the next key for text.
  const close = () => {
    dialog.close();
    input.blur();
  };

  const choose = (item, beside) => {
    if (!item) return;
    close();
    if (item.href) {
      if (beside) window.open(item.href, "_blank", "noopener");
      else location.href = item.href;
    } else if (item.element instanceof HTMLAnchorElement) item.element.click();
    else {
      item.element.focus();
      item.element.scrollIntoView({ block: "nearest" });
    }
  };

  const mark = () => {
    $$("[role=option]", list).forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === active));
      if (i === active) option.scrollIntoView({ block: "nearest" });
    });
    if (shown.length) input.setAttribute("aria-activedescendant", `palette-${active}`);
    else input.removeAttribute("aria-activedescendant");
  };

  const draw = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...runs, ...here(), ...places, ...known];
    if (words.length) {
      const ranked = all.map((item) => ({ item, at: item.kind === "run" ? 0 : rank(item, words) })).filter((r) => r.at !== undefined);
      const close = ranked.filter((r) => r.at < 10);
      shown = (close.length ? close : ranked).sort((a, b) => a.at - b.at).map((r) => r.item);
    } else shown = all.filter((item) => ["here", "go", "make", "flow"].includes(item.kind));
    shown = shown.slice(0, shownAtMost);
    active = Math.min(active, Math.max(shown.length - 1, 0));
    list.replaceChildren(...shown.map((item, i) => {
      const option = make("li", { id: `palette-${i}`, role: "option" }, make("span", { class: "palette-kind" }, kinds[item.kind]), make("span", { class: "palette-name" }, item.name));
      if (item.note) option.append(make("span", { class: "palette-note" }, item.note));
      return option;
    }));
    status.textContent = shown.length ? `${shown.length} results` : "Nothing is called that.";
    if (!shown.length) list.append(make("li", { class: "palette-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing is called that."));
    mark();
  };

  const findRuns = async () => {
    const part = input.value.trim().toLowerCase();
    const turn = ++asked;
    if (!/^[0-9a-f][0-9a-f-]{2,35}$/.test(part)) {
      runs = [];
      return;
    }
    try {
      const response = await fetch(`/palette?q=${encodeURIComponent(part)}`);
      if (!response.ok || turn !== asked) return;
      runs = (await response.json()).found;
      draw();
    } catch {
      // The server is away: what is known already can still be gone to.
    }
  };

  const open = async () => {
    if ($("dialog[open]")) return;
    if (!dialog) build();
    input.value = "";
    runs = [];
    active = 0;
    dialog.showModal();
    input.focus();
    draw();
    try {
      const response = await fetch("/palette");
      if (response.ok) known = (await response.json()).found;
      draw();
    } catch {
      // As above.
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (dialog?.open) close();
    else open();
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-palette-open]")) open();
  });
})();
