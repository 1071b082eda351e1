// The start form: rows that come and go, and the same input as JSON. With scripts off the server does both.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = $("#start-form");
  if (!form) return;
  const direct = (list, selector) => $$(selector, list).filter((el) => el.closest("[data-list]") === list);

  // renumber gives the rows of a list the paths that their places say: names, ids and what refers to them.
  const renumber = (list) => {
    const items = direct(list, ".list-row");
    direct(list, "[data-rows]")[0].value = String(items.length);
    items.forEach((row, i) => {
      const was = row.dataset.rowPath;
      const is = `${list.dataset.path}.${i}`;
      if (was === is) return;
      const rename = (value) => (value === was || value.startsWith(`${was}.`) ? is + value.slice(was.length) : value);
      for (const el of [row, ...$$("*", row), ...$$("template", row).flatMap((t) => [...t.content.querySelectorAll("*")])]) {
        for (const name of ["name", "value", "data-path", "data-row-path"]) {
          const value = el.getAttribute(name);
          if (value === null || (name === "value" && el.tagName !== "BUTTON")) continue;
          el.setAttribute(name, value.startsWith("_rows.") ? `_rows.${rename(value.slice(6))}` : rename(value));
        }
        for (const name of ["id", "for", "aria-describedby"]) {
          const value = el.getAttribute(name);
          if (value) el.setAttribute(name, value.replaceAll(`f-${was}`, `f-${is}`));
        }
      }
    });
  };
  const addRow = (list) => {
    const template = direct(list, "template")[0];
    if (!template) return null;
    const row = template.content.firstElementChild.cloneNode(true);
    direct(list, ".list-rows")[0].append(row);
    renumber(list);
    return row;
  };
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove]");
    if (!add && !remove) return;
    event.preventDefault();
    const list = event.target.closest("[data-list]");
    if (add) {
      $("input, select, textarea", addRow(list) ?? list)?.focus();
      return;
    }
    const row = remove.closest(".list-row");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    renumber(list);
    ($("[data-remove]", next ?? list) ?? direct(list, "[data-add]")[0]).focus();
  });

  // The form as a value, by the rules of form.go. Numbers keep their digits: they are written as typed, never through a float.
  const quoted = (text) => JSON.stringify(text);
  const literal = (el) => {
    const text = el.value;
    if (text === "" && !(el.required && el.dataset.kind === "string")) return null;
    switch (el.dataset.kind) {
      case "number":
      case "integer":
        return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text.trim()) ? text.trim() : quoted(text);
      case "boolean":
        return text;
      case "json":
        return text;
      default:
        return quoted(text);
    }
  };
  const key = (path) => path.slice(path.lastIndexOf(".") + 1);
  const members = (container, indent) => {
    const out = [];
    for (const el of children(container)) {
      const value = el.matches("[data-list]") ? array(el, indent) : el.matches(".group") ? object(el, indent) : oneValue(el);
      if (value !== null) out.push([key(el.dataset.path), value]);
    }
    return out;
  };
  const oneValue = (el) => {
    const control = $("[data-kind], select[name]", el);
    return control ? literal(control) : null;
  };
  // children are the fields directly inside a container: not those of a group or list within it.
  const children = (container) => $$("[data-path]", container).filter((el) => el.parentElement.closest("[data-path], .list-row, .pane-form") === container);
  const object = (el, indent) => block("{", members(el, `${indent}  `).map(([k, v]) => `${quoted(k)}: ${v}`), "}", indent);
  const array = (list, indent) => {
    const values = direct(list, ".list-row").map((row) => {
      const fields = children(row);
      const plain = fields.length === 1 && fields[0].dataset.path === row.dataset.rowPath;
      return plain ? (fields[0].matches("[data-list]") ? array(fields[0], `${indent}  `) : (oneValue(fields[0]) ?? "null")) : object(row, `${indent}  `);
    });
    return block("[", values, "]", indent);
  };
  const block = (open, parts, close, indent) => (parts.length ? `${open}\n${parts.map((p) => `${indent}  ${p}`).join(",\n")}\n${indent}${close}` : open + close);
  const pane = $(".pane-form", form);
  const json = $("#start-json");
  const toJSON = () => {
    const parts = members(pane, "  ").map(([k, v]) => `${quoted(k)}: ${v}`);
    const fail = $(".rehearse select", form);
    if (fail?.value) parts.push(`"fail": ${quoted(fail.value)}`);
    return block("{", parts, "}", "");
  };

  // A number that a float would change stays the digits that were typed, where the browser can say what they were.
  const exact = (_, v, context) => (typeof v === "number" && JSON.rawJSON && context?.source && String(v) !== context.source ? JSON.rawJSON(context.source) : v);

  // And back: fields that the form has are filled; what it has no field for stays in the JSON only.
  const fill = (container, value) => {
    for (const el of children(container)) {
      const v = value?.[key(el.dataset.path)];
      if (el.matches("[data-list]")) fillList(el, v);
      else if (el.matches(".group")) fill(el, v);
      else fillOne(el, v);
    }
  };
  const fillOne = (el, v) => {
    const control = $("[data-kind]", el);
    if (!control) return;
    control.value = v === undefined || v === null ? "" : control.dataset.kind === "json" || typeof v === "object" ? JSON.stringify(v, null, 2) : String(v);
  };
  const fillList = (list, values) => {
    const items = Array.isArray(values) ? values : [];
    let have = direct(list, ".list-row");
    while (have.length < items.length && addRow(list)) have = direct(list, ".list-row");
    for (const extra of have.slice(items.length)) extra.remove();
    renumber(list);
    direct(list, ".list-row").forEach((row, i) => {
      const fields = children(row);
      if (fields.length === 1 && fields[0].dataset.path === row.dataset.rowPath) fillOne(fields[0], items[i]);
      else fill(row, items[i]);
    });
  };
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[data-mode]")) return;
    if (event.target.value === "json") {
      json.value = toJSON();
      return;
    }
    try {
      const value = JSON.parse(json.value || "{}", exact);
      fill(pane, value);
      const fail = $(".rehearse select", form);
      if (fail) fail.value = value.fail ?? "";
      json.setCustomValidity("");
    } catch (error) {
      $("[data-mode][value=json]", form).checked = true; // what cannot be read stays where it was typed
      json.setCustomValidity(`This is not JSON: ${error.message}`);
      json.reportValidity();
    }
  });
  json.addEventListener("input", () => json.setCustomValidity(""));
})();
