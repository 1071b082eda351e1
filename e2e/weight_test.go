package e2e

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// weight is what a first visit of a page costs: bytes as they come over the wire, with fonts apart, and milliseconds.
type weight struct {
	bytes, fonts, requests float64
	paint, whole           float64
	heaviest               []string // the requests with their bytes, the heaviest first
}

// weigh loads a page in a profile that has never seen it.
func weigh(tb testing.TB, url, whole string) weight {
	tb.Helper()
	b := open(tb, 1280, 800)
	b.do("counting", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, page.Enable, page.EnableParams{})
		return err
	}))
	type answer struct {
		url  string
		font bool
	}
	var (
		mu      sync.Mutex
		w       weight
		sizes   = map[string]float64{}
		answers = map[network.RequestID]answer{}
	)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	if err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventResponseReceived:
			answers[ev.RequestID] = answer{ev.Response.URL, ev.Type == network.ResourceTypeFont}
		case *network.EventLoadingFinished:
			a := answers[ev.RequestID]
			if a.font {
				w.fonts += ev.EncodedDataLength
				return
			}
			w.bytes += ev.EncodedDataLength
			w.requests++
			sizes[a.url] += ev.EncodedDataLength
		}
	}); err != nil {
		tb.Fatal(err)
	}
	b.goTo(url)
	b.await("the whole page", whole)
	ready, _ := ask[float64](b, `performance.now()`)
	b.await("the first paint", `performance.getEntriesByName("first-contentful-paint").length`)
	paint, _ := ask[float64](b, `performance.getEntriesByName("first-contentful-paint")[0].startTime`)
	mu.Lock()
	defer mu.Unlock()
	w.whole, w.paint = ready, paint
	for _, url := range slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) }) {
		w.heaviest = append(w.heaviest, fmt.Sprintf("%7.1f kB  %s", sizes[url]/1000, url))
	}
	return w
}
