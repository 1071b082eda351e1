// What every page gains with scripts on: the theme's switch, keys, times that stay current, copying, confirmations that close, a wider or
// narrower inspector. Nothing here is needed to use a page.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  const store = {
    get(key) {
      try {
        return localStorage.getItem(key);
      } catch {
        return null; // storage is denied: nothing is remembered
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        /* as above */
      }
    },
  };

  // Theme: system, light, dark, and round again.
  const themes = { system: "monitor", light: "sun", dark: "moon" };
  const themeButton = $("[data-theme-toggle]");
  const showTheme = () => {
    const choice = root.dataset.themeChoice || "system";
    if (!themeButton) return;
    $("use", themeButton).setAttribute("href", `${document.body.dataset.icons}#${themes[choice]}`);
    themeButton.title = `Theme: ${choice}`;
    themeButton.setAttribute("aria-label", `Theme: ${choice}`);
  };
  themeButton?.addEventListener("click", () => {
    const order = Object.keys(themes);
    const next = order[(order.indexOf(root.dataset.themeChoice || "system") + 1) % order.length];
    store.set("segno-theme", next);
    dispatchEvent(new Event("segno-theme"));
    showTheme();
  });
  showTheme();

  // Times: the words of format.go.
  const coarse = (s) => (s < 60 ? `${Math.floor(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`);
  const ago = (s) => (s < -1 ? `in ${coarse(-s)}` : s < 10 ? "just now" : `${coarse(s)} ago`);
  // Zone: what is exact is UTC, as the server writes it, or this machine's time. ?tz=utc or ?tz=local says it for a page, the dialog of keys for all.
  const local = () => (new URLSearchParams(location.search).get("tz") ?? store.get("segno-time")) === "local";
  const here = (date) => {
    const two = (n) => String(Math.trunc(n)).padStart(2, "0");
    const off = -date.getTimezoneOffset();
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
    const zone = `${off < 0 ? "-" : "+"}${two(Math.abs(off) / 60)}:${two(Math.abs(off) % 60)}`;
    return { clock, full: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock} ${zone}` };
  };
  const zones = () => {
    if (!local()) return;
    for (const t of $$("time[datetime][title]")) {
      const said = here(new Date(t.dateTime));
      if (t.title !== said.full) t.title = said.full;
      if (t.hasAttribute("data-edge")) {
        const day = new Date(t.dateTime).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
        if (t.textContent !== `${day} ${said.clock.slice(0, 5)}`) t.textContent = `${day} ${said.clock.slice(0, 5)}`;
      } else if (t.hasAttribute("data-exact")) {
        const text = said.full.replace(/\.\d{3} /, " ");
        if (t.textContent !== text) t.textContent = text;
      } else if (!t.hasAttribute("data-relative") && t.textContent !== said.clock) t.textContent = said.clock;
    }
  };
  const tick = () => {
    for (const t of $$("time[data-relative]")) {
      const text = ago((Date.now() - Date.parse(t.dateTime)) / 1000);
      if (t.textContent !== text) t.textContent = text;
    }
  };
  tick();
  zones();
  setInterval(() => {
    tick();
    zones();
  }, 5000);
  const zone = $("[data-time-local]");
  if (zone) {
    zone.checked = local();
    zone.addEventListener("change", () => {
      const tz = zone.checked ? "local" : "utc";
      store.set("segno-time", tz);
      const here = new URL(location.href);
      here.searchParams.set("tz", tz); // so that whoever gets the address sees the same
      history.replaceState(history.state, "", here);
      if (zone.checked) zones();
      else location.reload(); // the server's words are UTC
    });
  }

  // Copying. Away from TLS and this machine there is no clipboard but the old way.
  const copyText = (text, button) => {
    const said = () => {
      button.dataset.copied = "";
      setTimeout(() => delete button.dataset.copied, 1200);
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(said, () => {});
      return;
    }
    const area = document.createElement("textarea");
    area.className = "visually-hidden";
    area.value = text;
    document.body.append(area);
    area.select();
    if (document.execCommand("copy")) said();
    area.remove();
    button.focus({ preventScroll: true });
  };

  // The list of keys says what this page has.
  const showKeys = () => {
    for (const line of $$("#keys [data-needs]")) line.hidden = !$(line.dataset.needs);
    $("#keys").showModal();
  };

  // Clicks: copying, dialogs, confirmations.
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const copy = target?.closest("[data-copy]");
    if (copy) {
      const from = $(copy.dataset.copy);
      if (!from) return;
      const lines = $$("li > code", from);
      const text = lines.length ? lines.map((l) => l.textContent.trim() === "" ? "" : l.textContent).join("\n") + "\n" : (from.value ?? from.textContent);
      copyText(text, copy);
    }
    // The address has the page's state; what a button promised a moment ago is none of it.
    const share = target?.closest("[data-copy-address]");
    if (share) {
      const address = new URL(location.href);
      address.searchParams.delete("flash");
      copyText(address.href, share);
    }
    const opener = target?.closest("[data-dialog]");
    if (opener) $(opener.dataset.dialog)?.showModal();
    if (target?.closest("[data-keys-open]")) showKeys();
    if (target?.closest("[data-dialog-close]")) target.closest("dialog").close();
    if (target instanceof HTMLDialogElement) target.close(); // the backdrop
    for (const open of $$("details.confirm[open]")) if (!open.contains(target)) open.open = false;
  });

  // A form that was sent once is not sent twice by an impatient click.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.target.dataset.sent) event.preventDefault();
    else event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of $$("form[data-sent]")) delete form.dataset.sent;
  });

  // The address of a line of a test file opens its editor there.
  const toLine = () => {
    const text = $("#test-source");
    const line = Number(/^#L([0-9]+)$/.exec(location.hash)?.[1] ?? 0);
    if (!text || line < 1) return;
    const lines = text.value.split("\n");
    const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
    text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
  };
  toLine();
  addEventListener("hashchange", toLine);

  // Keys. Single ones are dead in text fields and can be switched off.
  const single = $("[data-keys-single]");
  if (single) {
    single.checked = store.get("segno-keys") !== "off";
    single.addEventListener("change", () => store.set("segno-keys", single.checked ? "on" : "off"));
  }
  const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const rows = () => $$("[data-row]");
  const rowLink = (row) => $(".row-link, a[href]:not([tabindex='-1'])", row);
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((r) => r.contains(document.activeElement));
    const next = all[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)];
    rowLink(next)?.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  let went = Number.NEGATIVE_INFINITY; // when G was pressed
  root.dataset.keys = "heard"; // by the time anybody sees it: this script is not interrupted
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      const open = $("details.confirm[open]");
      if (open) {
        open.open = false;
        $("summary", open).focus();
        event.preventDefault();
      }
      return;
    }
    if (typing(event.target) || $("dialog[open]") || store.get("segno-keys") === "off") return;
    const places = { f: "/flows", r: "/runs", u: "/functions", s: "/replicas" };
    const after = event.timeStamp - went < 1200;
    went = Number.NEGATIVE_INFINITY;
    if (after && places[event.key]) {
      location.href = places[event.key];
      return;
    }
    switch (event.key) {
      case "?":
        showKeys();
        break;
      case "/": {
        const filter = $("[data-filter]");
        if (!filter) return;
        filter.focus();
        filter.select();
        break;
      }
      case "g":
        went = event.timeStamp;
        return;
      case "j":
        step(1);
        break;
      case "k":
        step(-1);
        break;
      case "r":
        $("#action-retry, #confirm-retry > summary")?.focus();
        break;
      case "[":
      case "]": {
        const all = $$("#run-inspector .tabs a");
        const at = all.findIndex((a) => a.hasAttribute("aria-current"));
        all[at + (event.key === "]" ? 1 : -1)]?.click();
        break;
      }
      default:
        return;
    }
    event.preventDefault();
  });

  // The inspector's width: by pointer or arrow keys, remembered.
  const body = $(".run-body");
  if (body) {
    const clamp = (w) => Math.round(Math.min(Math.max(w, 280), Math.max(280, innerWidth * 0.6)));
    const apply = (w) => body.style.setProperty("--inspector", `${clamp(w)}px`);
    const width = () => Number.parseInt(getComputedStyle(body).getPropertyValue("--inspector"), 10) || 400;
    const saved = Number(store.get("segno-inspector"));
    if (saved) apply(saved);
    // The inspector is a fragment: the handle is put back whenever it was swapped.
    const handle = document.createElement("div");
    handle.className = "resizer";
    handle.tabIndex = 0;
    handle.setAttribute("role", "separator");
    handle.setAttribute("aria-orientation", "vertical");
    handle.setAttribute("aria-label", "Width of the inspector");
    const describe = () => {
      handle.setAttribute("aria-valuenow", String(width()));
      handle.setAttribute("aria-valuemin", "280");
    };
    const place = () => {
      const inspector = $("#run-inspector");
      if (inspector && handle.parentElement !== inspector) inspector.prepend(handle);
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) apply(innerWidth - event.clientX);
    });
    handle.addEventListener("pointerup", () => {
      store.set("segno-inspector", String(width()));
      describe();
    });
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (!by) return;
      apply(width() + by);
      store.set("segno-inspector", String(width()));
      describe();
      event.preventDefault();
    });
    place();
    describe();
    new MutationObserver(place).observe(body, { childList: true });
    const inspector = $("#run-inspector");
    if (inspector) new MutationObserver(place).observe(inspector, { childList: true });
  }
})();
