package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestScenariosInTheBrowser opens the Tests tab of Order, runs all, breaks the draft, reads the failing story, mends it, and tries every fault.
func TestScenariosInTheBrowser(t *testing.T) {
	s := boot(t)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows/order")
	b.click(`nav[aria-label="Flow"] a[href="/flows/order/tests"]`)
	b.sees(".tests-sum", "Not run against the draft yet")
	stays := `document.querySelector("h1").dataset.stays = "1"`
	b.await("a mark on the page", stays)
	b.click("#tests-run")
	b.sees(".tests-sum", " scenarios passed against the draft")

	good := s.draft(t, "")
	s.draft(t, strings.Replace(good, "input.amount > 10000", "input.amount > 100", 1))
	b.click("#tests-run")
	b.sees(".tests-sum", " scenarios failed against the draft")
	b.sees(".claim-first", "path: big took review, expected otherwise")
	b.sees(".story-first", "Here it left what was expected")
	b.await("the tab is swapped, not loaded", `document.querySelector("h1").dataset.stays === "1"`)
	b.click(`.scenario-list li[data-result="passed"] a`)
	b.sees(".scenario", "All that it expects held")
	b.await("the address names the scenario", `new URL(location.href).searchParams.get("scenario") !== null`)

	s.draft(t, good)
	b.click("#scenario-run")
	b.sees(".tests-sum", "1 scenario passed")
	b.click("#tests-run")
	b.sees(".tests-sum", " scenarios passed against the draft")

	b.click(`nav[aria-label="Tests"] a[href*="view=faults"]`)
	b.sees(".tests-sum", "Not tried against the draft yet")
	b.click("#tests-run")
	b.sees(".tests-sum", "Nothing found that nobody has accepted")
	b.click(`[data-cell="ship.after"]`)
	b.sees("#cell", "called back by telephone")

	// A file is edited in place.
	b.click(`nav[aria-label="Tests"] a[href*="view=file"]`)
	b.await("the editor", `document.querySelector("#test-source")?.value.startsWith("# Scenarios of the sample saga")`)
	b.await("it is the canvas's", `document.querySelector("#test-source").hidden && document.querySelector(".test-yaml .cm-content")`)
	b.click(".test-yaml .cm-content .cm-line")
	b.do("writing at its beginning", chromedp.KeyEvent(kb.Home, chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent("# Mine "))
	b.click(".test-form-actions .button:not(.primary)")
	b.sees("#tests", "saved")
	b.await("it is there again", `document.querySelector("#test-source")?.value.startsWith("# Mine # Scenarios of the sample saga") && document.querySelector(".test-yaml .cm-content")?.textContent.startsWith("# Mine")`)
	b.clean()
}

// draft replaces the draft of Order, unless text is empty, and returns it as it was.
func (s site) draft(t testing.TB, text string) string {
	t.Helper()
	var before struct{ Source string }
	s.send(t, http.MethodGet, "/flows/order/draft", "", &before)
	if text != "" {
		s.send(t, http.MethodPut, "/flows/order/draft", text, nil)
	}
	return before.Source
}

// TestScenariosWithoutScripts writes and runs a first scenario on plain HTML.
func TestScenariosWithoutScripts(t *testing.T) {
	s := boot(t)
	b := scriptless(t)
	b.goTo(s.url + "/flows/snapvault/tests?view=file&new=1")
	b.write("#test-file", "mine.yaml")
	b.submit(".test-form button.primary")
	b.sees(".tests-sum", " scenarios passed against the draft")
	b.submit(`nav[aria-label="Tests"] a[href*="view=faults"]`)
	b.submit("#tests-run")
	b.sees(".matrix", "clean")
	b.clean()
}

// TestScenariosOnAPhone: nothing is wider than the screen.
func TestScenariosOnAPhone(t *testing.T) {
	s := boot(t)
	s.api(t, http.MethodPost, "/flows/order/tests/run", "", nil)
	s.api(t, http.MethodPost, "/flows/order/tests/faults", "", nil)
	b := phone(t)
	for _, query := range []string{"", "view=faults&cell=reserve_funds.after", "view=file", "view=file&new=1"} {
		b.goTo(fmt.Sprintf("%s/flows/order/tests?%s", s.url, query))
		b.sees("#tests", "Scenarios")
		b.fits()
	}
	b.clean()
}
