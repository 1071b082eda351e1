package e2e

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"
)

const twoEditors = "name: two\ntitle: Two editors\nsteps:\n  first:\n    wait: %s\n  then:\n    needs: [first]\n    wait: 1m\n"

// wrongStates lists what is seen when something goes wrong around a page: somebody else saved, the network is away, the server fails. broken is a server
// whose runs can't be looked for by their input from then on.
func wrongStates(t testing.TB, s, broken site) []state {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), "host="+broken.data+"/run user=segno dbname=segno")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `ALTER TABLE run_keys RENAME TO run_keys_gone`); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.putDraft(t, "dark", "name: dark\ntitle: No network\nsteps:\n  first:\n    wait: 1m\n")
	s.putDraft(t, "two", fmt.Sprintf(twoEditors, "1m"))
	var saved atomic.Int64 // each time somebody else saves something new
	set := func(b *tab, field, text string) {
		b.Helper()
		b.write(`[data-testid="field-`+field+`"]`, text)
		b.press(kb.Enter)
		b.sees(`[data-testid="save-state"]`, "Offline, kept here")
	}
	return []state{
		{"canvas-offline", s.url + "/flows/dark/edit?step=first", canvasPage, func(b *tab) {
			b.network(false)
			set(b, "title", "Written in the dark")
		}},
		{"canvas-conflict", s.url + "/flows/two/edit?step=first", canvasPage, func(b *tab) {
			b.network(false)
			set(b, "title", "Mine alone")
			set(b, "wait", "5m")
			n := saved.Add(1)
			s.putDraft(b, "two", fmt.Sprintf(twoEditors, fmt.Sprintf("%ds", 10+n))+fmt.Sprintf("    title: Theirs, the save %d\n", n))
			b.network(true)
			b.find(`[data-testid="conflict-both"]`)
		}},
		{"error-500", broken.url + "/runs?input.order_id=A-1", plainPage + ` && document.querySelector('.error-links a[href="/runs?input.order_id=A-1"]')`, nil},
	}
}
