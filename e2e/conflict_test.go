package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestTwoEditors changes one draft in two browsers: what does not overlap is joined, and where both changed one field somebody chooses.
func TestTwoEditors(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "two", "name: two\nsteps:\n  a: # of both\n    wait: 1s\n  b:\n    needs: [a]\n    wait: 1s\n")
	ada, ben := open(t, 1280, 800), open(t, 1280, 800)
	for _, b := range []*tab{ada, ben} {
		b.goTo(s.url + "/flows/two/edit?step=a")
		b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	}
	set := func(b *tab, field, text string) {
		b.Helper()
		b.write(`[data-testid="field-`+field+`"]`, text)
		b.press(kb.Enter)
	}
	set(ada, "wait", "2s")
	ada.await("it is saved", saved)
	set(ben, "title", "First")
	ben.sees(`[data-testid="save-state"]`, "Conflict")
	ben.sees(`[data-testid="conflict-yours"]`, "steps.a.title First")
	ben.sees(`[data-testid="conflict-others"]`, "1s 2s")
	ben.click(`[data-testid="conflict-merge"]`)
	ben.await("both are there", saved+` && !document.querySelector('[data-testid="conflict"]') && document.querySelector('[data-testid="field-wait"]').value === "2s" && document.querySelector('[data-testid="field-title"]').value === "First"`)

	// The first editor does not know of that yet, and sets the same field.
	set(ada, "title", "Alpha")
	ada.sees(`[data-testid="conflict-both"]`, "steps.a.title")
	ada.await("it must be chosen first", `document.querySelector('[data-testid="conflict-merge"]').disabled`)
	for _, side := range []string{"theirs", "mine"} {
		choice := `[data-testid="choose-` + side + `-steps.a.title"]`
		ada.click(choice)
		ada.await(side+" is chosen", `document.querySelector('`+choice+`').checked`)
	}
	ada.click(`[data-testid="conflict-merge"]`)
	ada.await("mine is there", saved+` && !document.querySelector('[data-testid="conflict"]') && document.querySelector('[data-testid="field-title"]').value === "Alpha"`)
	var now struct{ Source string }
	s.send(t, "GET", "/flows/two/draft", "", &now)
	if want := "name: two\nsteps:\n  a: # of both\n    title: Alpha\n    wait: 2s\n  b:\n    needs: [a]\n    wait: 1s\n"; now.Source != want {
		t.Errorf("the draft is\n%s\nwant\n%s", now.Source, want)
	}
	ada.clean()
	ben.clean()
}
