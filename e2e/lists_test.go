package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPaletteAndKeys: from anywhere to a flow, a run by the end of its id, and an action, by the keyboard alone; single keys are dead in fields and can
// be switched off.
func TestPaletteAndKeys(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, ""))
	b := open(t, 1280, 720)
	b.goTo(s.url + "/functions")
	palette := func(text string) {
		t.Helper()
		b.await("the page listens", plainPage)
		b.do("Ctrl+K", chromedp.KeyEvent("k", chromedp.KeyModifiers(2)))
		b.await("the palette is open with the focus in it", `document.querySelector('#palette[open]') && document.activeElement.id === 'palette-input'`)
		b.do("typing", chromedp.KeyEvent(text))
	}
	palette("canvas order")
	b.await("the canvas comes first", `document.querySelector('#palette [aria-selected=true]')?.textContent.startsWith('Canvasorder')`)
	b.do("Esc", chromedp.KeyEvent(kb.Escape))
	b.await("Esc closes", `!document.querySelector('#palette[open]')`)

	palette(id[28:])
	b.await("the run is found by the end of its id", `document.querySelector('#palette [aria-selected=true]')?.textContent.includes('`+id+`')`)
	b.do("Enter", chromedp.KeyEvent(kb.Enter))
	b.await("the run's page", `location.pathname === '/runs/`+id+`'`)

	b.goTo(s.url + "/runs")
	b.do("J", chromedp.KeyEvent("j"))
	b.await("J is at the first row", `document.activeElement.closest('tr')?.dataset.run === '`+id+`'`)
	b.do("Enter", chromedp.KeyEvent(kb.Enter))
	b.await("Enter opens it", `location.pathname === '/runs/`+id+`'`)

	b.goToType(s.url + "/runs")
	b.press("/")
	b.await("/ is in the search", `document.activeElement.name === 'q'`)
	b.press("?")
	b.await("a field takes it as text", `document.activeElement.value === '?' && !document.querySelector('#keys[open]')`)
	b.await("and the address has it", `location.search === '?q=%3F'`)

	b.goTo(s.url + "/runs")
	b.do("?", chromedp.KeyEvent("?"))
	b.await("? lists the keys", `document.querySelector('#keys[open]')`)
	b.await("exact times are UTC", `document.querySelector('time[data-relative]').title.endsWith('UTC')`)
	b.click("[data-time-local]")
	b.await("exact times are this machine's", `/[+-][0-9]{2}:[0-9]{2}$/.test(document.querySelector('time[data-relative]').title)`)
	b.click("[data-keys-single]")
	b.do("Esc", chromedp.KeyEvent(kb.Escape))
	b.do("J", chromedp.KeyEvent("j"))
	palette("functions") // a chord still works
	b.await("J does nothing while single keys are off", `!document.querySelector('tr :focus')`)
	b.do("Enter", chromedp.KeyEvent(kb.Enter))
	b.await("the functions", `location.pathname === '/functions'`)

	// The page of servers stays current by itself.
	palette("servers")
	b.do("Enter", chromedp.KeyEvent(kb.Enter))
	b.await("the servers, this one among them", `location.pathname === '/replicas' && document.querySelector('#replicas tr[data-replica]')?.textContent.includes('this one')`)
	b.await("what is left of its lease", `(window.lease = document.querySelector('.c-lease').textContent) !== ''`)
	b.await("another word of that, in the same page", `window.lease && document.querySelector('.c-lease').textContent !== window.lease`)
	b.clean()
}

// TestTypedEarly: what is typed while scripts are still on their way is not lost. The list of runs, which waits for htmx, and the steps of a version, which
// wait for the page's bundle, are filtered by it once these listen.
func TestTypedEarly(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20, ""))
	s.start(t, "order", fmt.Sprintf(order, 20, ""))
	b := open(t, 1280, 720)
	one := `document.querySelectorAll('tr[data-run]').length === 1 && document.querySelector('tr[data-run="` + id + `"]')`
	for _, late := range []struct {
		script string
		into   func() // the field
	}{
		{"/htmx.", func() { b.press("/") }},
		{"/app.js", func() { b.click("[data-filter]") }},
	} {
		release := b.hold(s.url+"/runs", late.script)
		b.await("the list", `document.querySelectorAll('tr[data-run]').length === 2`)
		if late.script == "/htmx." {
			b.await("the scripts before it have run", `document.documentElement.dataset.keys === 'heard'`)
		}
		late.into()
		b.await("the search has the focus", `document.activeElement.name === 'q'`)
		b.press(id)
		b.await("the text", `document.activeElement.value === '`+id+`'`)
		release()
		b.await("the list is filtered by it", one)
		b.await("and the address has it", `location.search === '?q=`+id+`'`)
		b.await("the focus and the text stay", `document.activeElement.name === 'q' && document.activeElement.value === '`+id+`'`)
		b.press(kb.End, kb.Backspace)
		b.await("the next key asks as ever", `location.search === '?q=`+id[:len(id)-1]+`'`)
	}

	release := b.hold(s.url+"/runs", "/htmx.")
	b.await("the list", `document.querySelectorAll('tr[data-run]').length === 2`)
	b.choose("[name=status]", "failed")
	release()
	b.sees("#runs", "No run fits this filter")
	b.await("the address has what was chosen", `location.search === '?status=failed'`)

	release = b.hold(s.url+"/flows/order/versions/1", "/read.js")
	b.click("#read-find")
	b.press("s", "h", "i", "p", "p", "i", "n", "g")
	release()
	b.await("the step that has these words", `[...document.querySelectorAll("#read-list li")].filter((li) => !li.hidden).map((li) => li.dataset.step).join() === "ship"`)
	b.clean()
}

// TestListStaysPut: a list that is read does not move when runs come; its rows stay current, and one click shows what is new.
func TestListStaysPut(t *testing.T) {
	s := boot(t)
	first := s.start(t, "order", fmt.Sprintf(order, 20, ""))
	b := open(t, 1280, 720)
	b.goTo(s.url + "/runs")
	b.await("the row", `document.querySelector('tr[data-run="`+first+`"]')`)
	for range 3 {
		s.start(t, "order", fmt.Sprintf(order, 20, ""))
	}
	b.sees("#new-rows", "3 new")
	b.await("nothing was put in", `document.querySelectorAll('tr[data-run]').length === 1`)
	b.await("the row is current", `document.querySelector('tr[data-run="`+first+`"]').dataset.status === 'succeeded'`)
	b.click("#new-rows")
	b.await("all are shown", `document.querySelectorAll('tr[data-run]').length === 4`)
	b.click(".more-filters summary")
	b.click(".more-fields [name=step]")
	b.do("typing", chromedp.KeyEvent("nowhere"))
	b.await("the filter is in the address", `location.search === '?step=nowhere'`)
	b.sees("#runs", "No run fits this filter")
	b.click("#runs .chosen a")
	b.await("without it all are there again", `document.querySelectorAll('tr[data-run]').length === 4 && location.search === ''`)
	b.clean()
}
