package e2e

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axeCore is the minified axe-core that web/ui pins for the tests; a test there holds the two together. It is no part of the program.
//
//go:embed testdata/axe/axe.min.js
var axeCore string

// violation is what axe-core finds wrong, and where.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target  []any
		Summary string `json:"failureSummary"`
	}
}

func (v violation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&text, "\n\t%v: %s", n.Target, strings.Join(strings.Fields(n.Summary), " "))
	}
	return text.String()
}

// violations runs axe-core on the page as it is; only names the rules, none for all of them.
func (b *tab) violations(only ...string) []violation {
	b.Helper()
	options := `{resultTypes: ["violations"]`
	if len(only) > 0 {
		options += fmt.Sprintf(`, runOnly: {type: "rule", values: [%s]}`, quote(strings.Join(only, `", "`)))
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if there, _ := ask[bool](b, `typeof axe === "object"`); !there {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axeCore+"\n;true")); err != nil {
			b.Fatalf("loading axe-core: %v", err)
		}
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](`axe.run(document, `+options+`}).then(r => r.violations)`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("running axe-core: %v", err)
	}
	return found
}

// accessible fails on what axe-core finds. A theme changes colours only: in the second one of a width the colours are enough.
func (b *tab) accessible(name string, colours bool) {
	b.Helper()
	var only []string
	if colours {
		only = []string{"color-contrast"}
	}
	for _, v := range b.violations(only...) {
		b.Errorf("%s: %s", name, v)
	}
}

// TestAccessible runs axe-core on every page in every state, as wide as a desk's window and as a phone's, in both themes; then holds the page to its reflow.
func TestAccessible(t *testing.T) {
	all := states(t, boot(t), nothing(t))
	t.Run("pages", func(t *testing.T) {
		for _, st := range all {
			t.Run(st.name, func(t *testing.T) {
				t.Parallel()
				b := open(t, 1440, 900)
				b.see(st, "light")
				b.wear("light")
				b.accessible(st.name+", 1440 wide, light", false)
				b.wear("dark")
				b.accessible(st.name+", 1440 wide, dark", true)
				b.do("a phone's width", chromedp.EmulateViewport(390, 844))
				b.accessible(st.name+", 390 wide, dark", false)
				b.wear("light")
				b.accessible(st.name+", 390 wide, light", true)
				b.timesTold(st.name)
				b.reflows(st.name)
			})
		}
	})
}

// TestAccessibleParts runs axe-core on what comes and goes over the canvas: the search with what it found, the map of a flow that does not fit, and, on a phone,
// the sheet in its two larger heights and the search above it.
func TestAccessibleParts(t *testing.T) {
	s := boot(t)
	s.putDraft(t, "wide", largeFlow("wide", 60))
	both := func(b *tab, name string) {
		b.Helper()
		b.wear("light")
		b.accessible(name+", light", false)
		b.wear("dark")
		b.accessible(name+", dark", true)
	}
	search := func(b *tab) {
		b.Helper()
		b.do("Ctrl+F", chromedp.KeyEvent("f", chromedp.KeyModifiers(kb.ModifierCtrl)))
		b.await("the search", `document.activeElement?.dataset.testid === "find-query"`)
		b.press("mail")
		b.await("what it found", `/^1\/[0-9]+$/.test(document.querySelector('[data-testid="find-count"]').textContent) && document.querySelector('[data-testid="found"]')`)
	}
	desk := open(t, 1440, 900)
	desk.see(state{"wide", s.url + "/flows/wide/edit?step=b0_x", canvasPage, nil}, "light")
	search(desk)
	desk.find(`[data-testid="minimap"]`)
	both(desk, "search and map, 1440 wide")
	desk.clean()

	hand := phone(t)
	hand.see(state{"wide", s.url + "/flows/wide/edit?step=b0_x", canvasPage, nil}, "light")
	for _, height := range []string{"half", "full"} {
		hand.await("the sheet is "+height, fmt.Sprintf(`document.querySelector('.sg-inspector[data-height="%s"]:not([data-dragged])')`, height))
		both(hand, "the sheet, "+height+", 390 wide")
		if height == "half" {
			hand.tap(`[data-testid="sheet-larger"]`)
		}
	}
	hand.tap(`[data-testid="sheet-close"]`)
	search(hand)
	both(hand, "the search, 390 wide")
	hand.clean()
}

// TestAxeIsSharp plants a violation of each sort in a page: a button without a name, and words in the colour of the paper.
func TestAxeIsSharp(t *testing.T) {
	s := boot(t)
	b := open(t, 1440, 900)
	b.see(state{"flows", s.url + "/flows", plainPage, nil}, "dark")
	b.wear("dark")
	b.await("the plants", `(() => {
		const button = document.createElement("button"), words = document.createElement("p");
		words.textContent = "Who can read this?";
		words.style.color = getComputedStyle(document.documentElement).getPropertyValue("--line");
		document.querySelector("main").append(button, words);
		return true;
	})()`)
	var got []string
	for _, v := range b.violations() {
		got = append(got, v.ID)
	}
	if fmt.Sprint(got) != "[button-name color-contrast]" {
		t.Errorf("axe-core found %v, want button-name and color-contrast", got)
	}
	if found := b.violations("color-contrast"); len(found) != 1 {
		t.Errorf("asked for colours alone it found %v", found)
	}
}
