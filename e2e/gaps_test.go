package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// wire is a way to a server that can be cut: every connection over it breaks at once, and new ones are refused until it is mended. It can be stopped, too:
// all stay open, and nothing comes through until it flows again.
type wire struct {
	site
	mu    sync.Mutex
	ends  map[net.Conn]bool
	down  bool
	still chan struct{} // closed when it flows again; nil while it flows
}

func newWire(t testing.TB, to site) *wire {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{site: site{url: "http://" + at.Addr().String()}, ends: map[net.Conn]bool{}}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := at.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", strings.TrimPrefix(to.url, "http://"))
			if err != nil || !w.keep(near, far) {
				_ = near.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				carrying.Go(func() {
					_, _ = io.Copy(pair[0], held{pair[1], w}) // it ends when either end is closed
					w.drop(near, far)
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = at.Close()
		w.cut()
		w.flow()
		carrying.Wait()
	})
	return w
}

func (w *wire) keep(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		if w.down {
			_ = c.Close()
		} else {
			w.ends[c] = true
		}
	}
	return !w.down
}

func (w *wire) drop(ends ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		_ = c.Close()
		delete(w.ends, c)
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.ends {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// held is what comes from one end, once the wire flows.
type held struct {
	io.Reader
	w *wire
}

func (h held) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.w.mu.Lock()
	still := h.w.still
	h.w.mu.Unlock()
	if still != nil {
		<-still
	}
	return n, err
}

func (w *wire) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still = make(chan struct{})
}

func (w *wire) flow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still != nil {
		close(w.still)
		w.still = nil
	}
}

// shown is all that a run page says: header, steps, log, inspector, and the graph's steps with their status. A time that is told relative to now is
// told as it is; what the log says of the page's own connection is left out.
const shown = `(() => {
	const part = e => {
		const copy = e.cloneNode(true);
		copy.querySelectorAll("time").forEach(t => { t.textContent = t.getAttribute("datetime") });
		copy.querySelectorAll(".log-note").forEach(n => { if (n.textContent.includes("Server was away")) n.remove() });
		const texts = [], walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) texts.push(walk.currentNode.data.replace(/\s+/g, " ").trim());
		return texts.filter(Boolean).join(" ");
	};
	const parts = ["#run-header", "#run-steps", "#run-log", "#run-detail", "#run-inspector"].map(s => s + ": " + part(document.querySelector(s)));
	const rows = [...document.querySelectorAll("#run-steps [data-step]")].map(r => r.dataset.step + " " + r.dataset.status);
	const nodes = [...document.querySelectorAll(".sg-node")].map(n => n.dataset.testid + " " + n.dataset.status).sort();
	return [...parts, ...rows, ...nodes].join("\n");
})()`

// TestAfterGapsThePageIsThatOfAFreshLoad cuts the connection 20 times, each time while the run goes on: by a signal, and by items of a for_each, once
// by more of them than a page lists events.
func TestAfterGapsThePageIsThatOfAFreshLoad(t *testing.T) {
	const gaps, few, many = 20, 5, 400
	s := boot(t)
	calls := make(chan struct{}, gaps*few+many)
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-calls:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(fn.Close)
	s.api(t, "PUT", "/functions/gaps.work", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	var text strings.Builder
	text.WriteString("input: {type: array}\nsteps:\n  s0: {signal: {name: g0}}\n")
	for i := 1; i < gaps; i++ {
		fmt.Fprintf(&text, "  s%d: {needs: [s%d], signal: {name: g%d}}\n", i, i-1, i)
	}
	text.WriteString("  work: {for_each: \"${{ input }}\", max_parallel: 8, call: gaps.work, with: {}}\n")
	s.publish(t, "gaps", text.String())
	items := (gaps-1)*few + many
	id := s.start(t, "gaps", "["+strings.Repeat("1,", items-1)+"1]")
	w := newWire(t, s)
	b := open(t, 1280, 800)
	b.goTo(w.url + "/runs/" + id + "?step=work&item=3")
	b.await("the page is live", `window.unbroken = document.body.dataset.live === "open"`)
	done := 0
	for i := range gaps {
		w.cut()
		b.await(fmt.Sprintf("gap %d", i+1), `document.body.dataset.live === "paused"`)
		s.api(t, "POST", fmt.Sprintf("/runs/%s/signals/g%d", id, i), "1", nil)
		n := few
		if i == gaps/2 {
			n = many
		}
		done += n
		for range n {
			calls <- struct{}{}
		}
		until(t, said("s%d has its signal, and %d items are done", i, done), func() bool {
			now := s.run(t, id)
			return now.Steps[i].Status == "succeeded" && now.Steps[gaps].Items.Succeeded == done
		})
		w.mend()
		b.await(fmt.Sprintf("the end of gap %d", i+1), `document.body.dataset.live === "open"`)
	}
	b.await("the run ends", `document.querySelector("#run-header[data-status=succeeded]")`)

	b.likeAFresh(s.url + "/runs/" + id + "?step=work&item=3")
	b.clean()
}

// likeAFresh fails unless the run page, which was never loaded again since it was marked as unbroken, comes to say what a fresh load of it says.
func (b *tab) likeAFresh(url string) {
	b.Helper()
	fresh := open(b, 1280, 800)
	fresh.goTo(url)
	fresh.await("the page", runPage)
	var live, loaded string
	until(b, func() string { return "the page differs from a fresh one:\n" + differences(live, loaded) }, func() bool {
		live, _ = ask[string](b, shown)
		loaded, _ = ask[string](fresh, shown)
		return live != "" && live == loaded
	})
	b.await("the page was never loaded again", `window.unbroken`)
}

// differences are the lines that are not the same in both.
func differences(a, b string) string {
	var out strings.Builder
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		var l, r string
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			fmt.Fprintf(&out, "live:  %s\nfresh: %s\n", l, r)
		}
	}
	return out.String()
}
