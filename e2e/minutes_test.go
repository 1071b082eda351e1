package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// newcomer is somebody who has never seen Segno: whoever knows only what the screen says. Each use of the pointer counts.
type newcomer struct {
	*tab
	clicks int
}

func (n *newcomer) click(selector string) {
	n.Helper()
	n.clicks++
	n.Logf("click %2d: %s", n.clicks, selector)
	n.tab.click(selector)
}

// enough is how many clicks the first five minutes may take.
const enough = 25

// TestTheFirstFiveMinutes walks them as they are told to a new user: break an order and repair it, kill the server in the middle, change the flow and
// publish it, connect a function. No page is loaded again, commands are those that the screen shows.
func TestTheFirstFiveMinutes(t *testing.T) {
	s := launch(t, "100ms")
	if log := s.Logged(); !strings.Contains(log, "msg=database using=") || !strings.Contains(log, s.url) {
		t.Errorf("the terminal does not say the address and the database:\n%s", log)
	}
	n := &newcomer{tab: open(t, 1280, 800)}
	n.goTo(s.url)
	n.breakAndRepair(s.site)
	n.pullThePlug(s)
	n.changeTheFlow()
	n.connectAFunction()
	if n.clicks > enough {
		t.Errorf("it took %d clicks, want %d at most", n.clicks, enough)
	}
	n.clean()
}

func (n *newcomer) breakAndRepair(s site) {
	n.Helper()
	n.await("Order and SnapVault with their graphs", `document.querySelectorAll(".flow-card .thumb svg").length === 2`)
	n.sees("a.strip", "Break it, then repair it.")
	n.click("a.strip")
	n.await("a filled form that fails at ship", `document.querySelector("#start-form")?.elements.amount?.value === "129.5" && document.querySelector("select[name=fail]").value === "ship"`)
	n.click("#start-form button.primary")
	n.await("ship fails", `document.querySelector("#run-header[data-status=failed]") && document.querySelector('[data-testid="node-ship"][data-status=failed]')`)
	n.sees("#run-header .verdict-sentence", "ship")
	id, _ := ask[string](n.tab, `document.body.dataset.run`)
	before := s.run(n, id)
	n.click("#action-retry")
	n.await("the order is done", `document.querySelector("#run-header[data-status=succeeded]")`)
	for i, st := range s.run(n, id).Steps {
		if was := before.Steps[i]; was.Status == "succeeded" && fmt.Sprintf("%s", was.Attempts) != fmt.Sprintf("%s", st.Attempts) {
			n.Errorf("%s was done before Retry, and its attempts changed from %s to %s", st.ID, was.Attempts, st.Attempts)
		}
	}
}

// pullThePlug runs the line that kills the server as it stands on the page, while an order waits for a person.
func (n *newcomer) pullThePlug(s *program) {
	n.Helper()
	n.click("#tour-next")
	n.await("the dear order", `document.querySelector("#start-form")?.elements.amount?.value === "12000"`)
	n.click("#start-form button.primary")
	n.await("the question", `document.querySelector("#run-header[data-status=waiting]") && document.querySelector("#action-approve")`)
	id, _ := ask[string](n.tab, `document.body.dataset.run`)
	before := s.run(n, id)
	line := n.text("#tour-kill")
	if want := fmt.Sprintf("kill -9 %d", s.PID()); line != want {
		n.Fatalf("the line that kills the server is %q, want %q", line, want)
	}
	if again, want := n.text("#tour-again"), "--data "+s.data; !strings.Contains(again, want) || !strings.Contains(again, "--addr "+strings.TrimPrefix(s.url, "http://")) {
		n.Errorf("the line that starts it again is %q", again)
	}
	n.await("the page is marked", `window.unbroken = true`)
	n.paste(line)
	<-s.Done()
	n.await("two seconds without a server", `/[2-9] s behind/.test(document.querySelector("#live-state").textContent)`)
	s.startAgain(n)
	n.await("the page has come back", `/Server was away \d+ s\. Nothing was repeated\./.test(document.querySelector("#run-log .log-note")?.textContent)`)
	n.click("#action-approve")
	n.await("the order is done", `document.querySelector("#run-header[data-status=succeeded]")`)
	for i, st := range s.run(n, id).Steps {
		if was := before.Steps[i]; was.Status == "succeeded" && fmt.Sprintf("%s", was.Attempts) != fmt.Sprintf("%s", st.Attempts) {
			n.Errorf("%s was done before the kill, and its attempts changed from %s to %s", st.ID, was.Attempts, st.Attempts)
		}
	}
}

// changeTheFlow misspells a field, sees that it can't be published, mends it, adds a step on an edge, publishes version 2 and looks at the difference.
func (n *newcomer) changeTheFlow() {
	n.Helper()
	n.click(`#run-header .crumbs a[href="/flows/order"]`)
	n.click(`.overview-actions a[href="/flows/order/edit"]`)
	n.await("the canvas", canvasPage)
	n.click(`[data-testid="node-reserve_funds"] .sg-node-title`)
	n.replace(`[data-testid="field-compensate.with.hold"]`, "steps.reserve_funds.?output.hld")
	n.sees(`[data-testid="inspector"] .sg-issue`, "hold")
	n.click(`[data-testid="publish-open"]`)
	n.await("publishing is blocked", `(() => { const b = document.querySelector('[data-testid="publish-confirm"]'); return !b || b.disabled })()`)
	n.do("closing the dialog", chromedp.KeyEvent(kb.Escape))
	n.click(`[data-testid="inspector"] [data-testid="mend"]`)
	n.await("it is mended", `!document.querySelector('[data-testid="inspector"] .sg-issue')`)

	n.click(`[data-testid="insert-big.otherwise>ship"]`)
	n.await("the picker", `document.activeElement?.dataset.testid === "picker-search"`)
	n.do("looking for mail", chromedp.KeyEvent("mail.send"), chromedp.KeyEvent(kb.Enter))
	n.await("the mail is on the edge", `document.querySelector('[data-testid="edge-big.otherwise>send"]') && document.querySelector('[data-testid="edge-send.done>ship"]')`)
	n.replace(`[data-testid="field-with.to"]`, "ada@example.org")
	n.replace(`[data-testid="field-with.subject"]`, "Your order is on its way")
	n.click(`[data-testid="publish-open"]`)
	n.await("the message", `document.querySelector('[data-testid="publish-message"]')`)
	n.replace(`[data-testid="publish-message"]`, "Tell the customer")
	n.click(`[data-testid="publish-confirm"]`)
	n.sees(`[data-testid="published"]`, "Version 2 published")
	n.click(`[data-testid="published-versions"]`)
	n.await("the difference", `document.querySelector("h1") && /mail\.send/.test(document.querySelector("main").textContent)`)
}

// replace writes into a field: a click into it unless it has the focus already.
func (n *newcomer) replace(selector, text string) {
	n.Helper()
	n.await(selector, fmt.Sprintf("document.querySelector(%s)", quote(selector)))
	if focused, _ := ask[bool](n.tab, fmt.Sprintf("document.activeElement === document.querySelector(%s)", quote(selector))); !focused {
		n.click(selector)
	}
	n.do("writing into "+selector, chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(text))
}

// connectAFunction does what the page says: it builds the Lambda handler that the page shows, runs the line that registers it, and tries it.
func (n *newcomer) connectAFunction() {
	n.Helper()
	n.click(`nav[aria-label="Main"] a[href="/functions"]`)
	n.click("#connect > summary")
	n.click(`#connect a[href*="connect=lambda"]`)
	n.await("the snippets", `document.querySelector("#connect[open] #connect-run")?.textContent.includes("go build")`)
	dir := n.TempDir()
	source, _ := ask[string](n.tab, `document.querySelector("#connect-code").textContent`)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		n.Fatal(err)
	}
	// The modules are those of this repository: a test asks no proxy for them.
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "hello"), filepath.Join(dir, "main.go"))
	if out, err := build.CombinedOutput(); err != nil {
		n.Fatalf("building the handler: %v\n%s", err, out)
	}
	n.paste(strings.Replace(n.rawText("#connect-register"), "/tmp/hello", filepath.Join(dir, "hello"), 1))
	n.click("#connect-try")
	n.await("its page", `document.querySelector("#try-input")?.value.includes("name")`)
	n.click(".try button.primary")
	n.sees(".tried", "Hello, ")
}

func (n *newcomer) rawText(selector string) string {
	n.Helper()
	s, _ := ask[string](n.tab, fmt.Sprintf("document.querySelector(%s).textContent", quote(selector)))
	return s
}

// paste runs a line in a shell.
func (n *newcomer) paste(line string) {
	n.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		n.Fatalf("%s: %v\n%s", line, err, out)
	}
}
