// The Tests tab's file: the textarea of the server becomes the YAML editor of the canvas, and stays what the form sends.
import type { YamlEditor } from "./edit/yaml";
import type { Issue } from "./types.gen";

let editor: YamlEditor | null = null;

/** What is told of the file above it, at its lines. */
function issues(form: Element): Issue[] {
  return [...form.querySelectorAll<HTMLElement>(".test-issues > li")].map((li) => ({
    severity: li.classList.contains("tone-fail") ? "error" : "warning",
    line: Number(li.dataset["line"]),
    column: 1,
    message: li.querySelector(".test-issue-text")?.textContent?.replace(/\s+/g, " ").trim() ?? "",
  }));
}

/** The line that the address names, as in #L12. */
function go(): void {
  const line = Number(/^#L([0-9]+)$/.exec(location.hash)?.[1] ?? 0);
  if (line > 0) editor?.focus(line);
}

async function dress(): Promise<void> {
  const text = document.querySelector<HTMLTextAreaElement>("#test-source");
  if (!text || text.hidden) return;
  const { createYamlEditor } = await import("./edit/yaml").catch(() => ({ createYamlEditor: null })); // without it there is the textarea
  if (!createYamlEditor || !text.isConnected || text.hidden) return;
  const host = document.createElement("div");
  host.className = "sg-yaml test-yaml";
  const focused = document.activeElement === text;
  text.before(host);
  text.hidden = true;
  editor = createYamlEditor({
    parent: host,
    text: text.value,
    nonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "",
    label: text.getAttribute("aria-label") ?? "",
    wrap: matchMedia("(max-width: 640px)").matches,
    readOnly: text.readOnly || text.disabled,
    onChange: (t) => (text.value = t),
  });
  const form = text.closest("form");
  if (form) editor.setIssues(issues(form));
  if (focused) editor.focus();
  go();
}

/** The part of the page that is swapped. */
const around = document.getElementById("tests")?.parentElement;
if (around) new MutationObserver(() => void dress()).observe(around, { childList: true });
addEventListener("hashchange", go);
void dress();
