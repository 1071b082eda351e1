package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one page of a browser with a profile of its own. Its hands are the pointer, the finger and the keyboard; it looks at the page by script, from
// the browser's side, which no policy of the page and no disabled script hinders.
type tab struct {
	testing.TB
	ctx context.Context

	mu      sync.Mutex
	console []string
	bad     []string // what no page of ours may say
}

// open makes a tab of that size. Whatever goes wrong, its screenshot and its console are kept.
func open(t testing.TB, width, height int64, more ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	b := &tab{TB: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var listening sync.WaitGroup
	listening.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.hear(m)
		}
	})
	t.Cleanup(func() {
		if t.Failed() {
			b.keep()
		}
		cancel()
		listening.Wait()
	})
	b.do("opening a tab", chromedp.EmulateViewport(width, height, more...))
	return b
}

// hear keeps what the page's console says. A breach of the content security policy and an exception fail the journey at its end.
func (b *tab) hear(m chromedp.ConsoleMessage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line := fmt.Sprintf("%s (%s:%d)", m, m.URL, m.Line)
	b.console = append(b.console, line)
	if m.IsException() || strings.Contains(m.Text, "Content Security Policy") || strings.Contains(m.Text, "violates the following") {
		b.bad = append(b.bad, line)
	}
}

// clean fails the journey if the console has said what it may not.
func (b *tab) clean() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.bad {
		b.Errorf("the console says: %s", line)
	}
}

// keep writes a screenshot, the page and its console into a folder, and says where.
func (b *tab) keep() {
	dir, err := os.MkdirTemp("", "segno-e2e-failed-")
	if err != nil {
		b.Log(err)
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "page.png"), shot, 0o644)
	}
	html, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.documentElement.outerHTML"))
	_ = os.WriteFile(filepath.Join(dir, "page.html"), []byte(html), 0o644)
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = os.WriteFile(filepath.Join(dir, "console.txt"), []byte(strings.Join(b.console, "\n")), 0o644)
	b.Logf("screenshot, page and console are kept in %s (error %v)", dir, err)
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%s: %v", what, err)
	}
}

// goTo opens an address and waits for the page to be loaded.
func (b *tab) goTo(url string) {
	b.Helper()
	b.do("opening "+url, chromedp.Navigate(url))
}

// listens is true of a page whose scripts hear what is typed. htmx begins a little after the page's load event; it marks what it listens to.
const listens = `document.readyState === "complete" && (!document.querySelector('script[src*="/htmx."]') || document.querySelector("[data-htmx-powered]"))`

// goToType opens an address to type into the page at once: see listens.
func (b *tab) goToType(url string) {
	b.Helper()
	b.goTo(url)
	b.await("the page listens", listens)
}

// hold opens an address and keeps back those of its scripts whose address has this in it, as a slow network does, until release. It returns once the
// browser waits for one of them, which is before the page's load event.
func (b *tab) hold(url, script string) (release func()) {
	b.Helper()
	held := make(chan fetch.RequestID, 1)
	ctx, stop := context.WithCancel(b.ctx)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			select {
			case held <- e.RequestID:
			default: // one is enough; the others go on with it
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	cached := func(ctx context.Context, t *chromedp.Target, yes bool) error {
		_, err := cdp.Call(ctx, t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: !yes})
		return err
	}
	b.do("opening "+url, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if err := cached(ctx, t, false); err != nil { // what the browser has it does not ask for
			return err
		}
		patterns := []*fetch.RequestPattern{{URLPattern: "*" + script + "*"}}
		if _, err := cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{Patterns: patterns}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: url})
		return err
	}))
	var id fetch.RequestID
	select {
	case id = <-held:
	case <-time.After(patience):
		b.Fatalf("%s asks for no script with %q in its address", url, script)
	}
	return func() {
		b.Helper()
		stop()
		b.do("letting "+script+" through", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id}); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, t, fetch.Disable, cdp.Empty{}); err != nil {
				return err
			}
			return cached(ctx, t, true)
		}))
	}
}

// ask evaluates an expression. ok is false while the page is being replaced by another.
func ask[T any](b *tab, expression string) (value T, ok bool) {
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	return value, err == nil
}

// await waits until an expression is true, over any navigation.
func (b *tab) await(what, expression string) {
	b.Helper()
	until(b, func() string {
		said, _ := ask[string](b, "String("+expression+")")
		return what + "; the page says " + said
	}, func() bool {
		yes, _ := ask[bool](b, "Boolean("+expression+")")
		return yes
	})
}

// text is the text of an element, "" if there is none.
func (b *tab) text(selector string) string {
	b.Helper()
	s, _ := ask[string](b, fmt.Sprintf("(document.querySelector(%s)?.textContent ?? '').replace(/\\s+/g, ' ').trim()", quote(selector)))
	return s
}

// sees waits until an element's text contains these words.
func (b *tab) sees(selector, words string) {
	b.Helper()
	until(b, func() string { return fmt.Sprintf("%s says %q, want %q in it", selector, b.text(selector), words) },
		func() bool { return strings.Contains(b.text(selector), words) })
}

func quote(s string) string {
	q, _ := json.Marshal(s) // a string always can be
	return string(q)
}

// place is where an element is on the screen.
type place struct{ X, Y, W, H float64 }

// find waits until an element can be hit: it is there, in sight, at rest, and nothing covers its middle. It scrolls to it if need be.
func (b *tab) find(selector string) place {
	b.Helper()
	// Where it is, and what stands in the way of hitting it.
	look := fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		if (!e) return {why: 'it is not there'};
		const hit = () => {
			const r = e.getBoundingClientRect();
			return [r, document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)];
		};
		let [r, at] = hit();
		if (!at || !e.contains(at)) {
			e.scrollIntoView({block: 'center', inline: 'nearest'});
			[r, at] = hit();
		}
		const p = {X: r.x, Y: r.y, W: r.width, H: r.height};
		if (!r.width || !r.height) return {...p, why: 'it has no size'};
		if (e.disabled) return {...p, why: 'it is disabled'};
		if (!at || !e.contains(at)) return {...p, why: 'it is covered by ' + (at ? at.outerHTML.slice(0, 120) : 'nothing')};
		return {...p, why: ''};
	})()`, quote(selector))
	type answer struct {
		place
		Why string `json:"why"`
	}
	var last answer
	until(b, func() string { return fmt.Sprintf("%s can't be hit: %s", selector, last.Why) }, func() bool {
		got, ok := ask[answer](b, look)
		rests := ok && got.Why == "" && got.place == last.place
		if ok {
			last = got
		} else {
			last = answer{Why: "the page is changing"}
		}
		return rests
	})
	return last.place
}

func (p place) middle() (x, y float64) { return p.X + p.W/2, p.Y + p.H/2 }

func (b *tab) click(selector string) {
	b.Helper()
	x, y := b.find(selector).middle()
	b.do("clicking "+selector, chromedp.MouseEvent(chromedp.MouseMoved, x, y), chromedp.MouseClickXY(x, y))
}

// tap is a finger's. It fails on what is too small for one.
func (b *tab) tap(selector string) {
	b.Helper()
	p := b.find(selector)
	if p.W < 44 || p.H < 44 {
		b.Errorf("%s is %.0f by %.0f pixels, want 44 by 44 for a finger", selector, p.W, p.H)
	}
	x, y := p.middle()
	b.do("tapping "+selector, chromedp.TapXY(x, y))
}

// drag takes an element by its middle and lets it go at a point.
func (b *tab) drag(selector string, x, y float64) {
	b.Helper()
	fromX, fromY := b.find(selector).middle()
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.MouseEvent(chromedp.MouseMoved, fromX, fromY),
		chromedp.MouseEvent(chromedp.MousePressed, fromX, fromY, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	}
	held := func(p *input.DispatchMouseEventParams) { p.Buttons = 1; p.Button = input.MouseButtonLeft }
	for i := 1; i <= 12; i++ {
		part := float64(i) / 12
		steps = append(steps, chromedp.MouseEvent(chromedp.MouseMoved, fromX+(x-fromX)*part, fromY+(y-fromY)*part, held))
	}
	steps = append(steps, chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.do("dragging "+selector, steps...)
}

// write replaces what an input holds, by the keyboard.
func (b *tab) write(selector, text string) {
	b.Helper()
	b.click(selector)
	b.do("writing into "+selector, chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(text))
}

// choose takes an option of a select by typing its first letters, as a person at the keyboard does.
func (b *tab) choose(selector, option string) {
	b.Helper()
	b.find(selector)
	b.await("the focus on "+selector, fmt.Sprintf("(document.querySelector(%[1]s).focus(), document.activeElement === document.querySelector(%[1]s))", quote(selector)))
	b.do("choosing "+option, chromedp.KeyEvent(option))
	b.await(option+" is chosen", fmt.Sprintf("document.querySelector(%s).value === %s", quote(selector), quote(option)))
}
