package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const manyItems = 10_000

// BenchmarkManyItems measures the page of a run of 10,000 items: how long a key waits for it while about a thousand events a second pour in, at which rate they
// did, how much the page moved by itself, and when it is first seen once the run has ended.
func BenchmarkManyItems(b *testing.B) {
	for b.Loop() {
		s := boot(b)
		fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-time.After(55 * time.Millisecond) // 64 at a time: about a thousand events a second
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{}"))
		}))
		b.Cleanup(fn.Close)
		s.api(b, "PUT", "/functions/bench.work", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true, "concurrency": 64}`, nil)
		s.publish(b, "many", "input: {type: array}\nsteps:\n  go: {signal: {name: go}}\n"+
			"  work: {needs: [go], for_each: \"${{ input }}\", max_parallel: 64, call: bench.work, with: {}}\n")
		id := s.start(b, "many", "["+strings.Repeat("1,", manyItems-1)+"1]")
		t := open(b, 1280, 800)
		t.goTo(s.url + "/runs/" + id + "?step=work") // with its grid of items and its inspector, which change with every event
		t.await("the page is live", `document.body.dataset.live === "open"`)
		t.await("keys and shifts are watched", `(() => {
			window.delays = [], window.shifts = 0, window.messages = 0;
			new PerformanceObserver(l => { for (const e of l.getEntries()) shifts += e.value }).observe({type: "layout-shift"});
			new MutationObserver(() => messages++).observe(document.body, {attributes: true, attributeFilter: ["data-seq"]});
			new PerformanceObserver(l => { for (const e of l.getEntries()) if (e.name === "keydown") delays.push(e.processingStart - e.startTime) }).observe({type: "event", durationThreshold: 16});
			return true;
		})()`)
		s.api(b, "POST", "/runs/"+id+"/signals/go", "1", nil)
		t.await("the first events", `Number(document.body.dataset.seq) > 5`)
		from, began, keys := s.run(b, id).Seq, time.Now(), 0
		var last run
		for last = s.run(b, id); last.Status == "running" || last.Status == "waiting"; last = s.run(b, id) {
			for range 5 {
				t.do("pressing a key", chromedp.KeyEvent("x"))
				keys++
			}
		}
		if last.Status != "succeeded" {
			b.Fatalf("the run ended as %s", last.Status)
		}
		rate := float64(last.Seq-from) / time.Since(began).Seconds()
		t.await("the end on the page", `document.querySelector("#run-header[data-status=succeeded]")`)
		delays, _ := ask[[]float64](t, "delays")
		for len(delays) < keys {
			delays = append(delays, 0) // it was so quick that the browser does not tell it
		}
		slices.Sort(delays)
		shifts, _ := ask[float64](t, "shifts")
		frames, _ := ask[float64](t, "messages")
		fresh := weigh(b, s.url+"/runs/"+id+"?step=work", runPage)
		b.ReportMetric(rate, "events/s")
		b.ReportMetric(float64(keys), "keys")
		b.ReportMetric(delays[len(delays)*95/100], "key_p95_ms")
		b.ReportMetric(delays[len(delays)-1], "key_max_ms")
		b.ReportMetric(shifts, "CLS")
		b.ReportMetric(frames, "frames")
		b.ReportMetric(fresh.paint, "first_paint_ms")
		b.ReportMetric(fresh.whole, "ready_ms")
		b.ReportMetric(fresh.bytes/1000, "kB")
	}
}

// BenchmarkLargeOutput measures how long the largest value that a function may return, 1 MiB, takes until it can be read on the page of its run.
func BenchmarkLargeOutput(b *testing.B) {
	s := boot(b)
	var value bytes.Buffer
	value.WriteString(`{"rows": [`)
	for i := 0; value.Len() < 1_040_000; i++ {
		if i > 0 {
			value.WriteByte(',')
		}
		fmt.Fprintf(&value, `{"id": %d, "name": "row number %d", "ok": true}`, i, i)
	}
	value.WriteString("]}")
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(value.Bytes())
	}))
	b.Cleanup(fn.Close)
	s.api(b, "PUT", "/functions/bench.large", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(b, "large", "steps:\n  read: {call: bench.large, with: {}}\n")
	id := s.start(b, "large", "{}")
	until(b, func() string { return "the run is " + s.run(b, id).Status }, func() bool { return s.run(b, id).Status == "succeeded" })
	var paint, whole, kB float64
	for b.Loop() {
		w := weigh(b, s.url+"/runs/"+id+"?step=read&view=output", runPage+` && document.querySelector("#run-inspector").textContent.includes("row number 0")`)
		paint, whole, kB = paint+w.paint, whole+w.whole, kB+w.bytes/1000
	}
	n := float64(b.N)
	b.ReportMetric(paint/n, "first_paint_ms")
	b.ReportMetric(whole/n, "readable_ms")
	b.ReportMetric(kB/n, "kB")
	b.ReportMetric(float64(value.Len())/1e6, "value_MB")
}

// BenchmarkHugeValue measures how long a step's output of 10 MB takes until its tree can be read, how long the page does not answer meanwhile, how long a
// search takes in it, and how long it takes to open all of it and go to its end.
func BenchmarkHugeValue(b *testing.B) {
	s := boot(b)
	value := hugeValue(10_000_000)
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(value)
	}))
	b.Cleanup(fn.Close)
	s.api(b, "PUT", "/functions/bench.huge", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
	s.publish(b, "huge", "steps:\n  read: {call: bench.huge, with: {n: 1}}\n")
	id := s.start(b, "huge", "{}")
	until(b, func() string { return "the run is " + s.run(b, id).Status }, func() bool { return s.run(b, id).Status == "succeeded" })
	var readable, stuck, search, far float64
	for b.Loop() {
		t := open(b, 1280, 800)
		t.goTo(s.url + "/runs/" + id + "?step=read&view=resolved")
		t.await("the page", runPage+` && document.querySelector("#value-input[data-tree]")`)
		t.await("long tasks are watched", `(() => {
			window.stuck = 0;
			new PerformanceObserver(l => { for (const e of l.getEntries()) window.stuck = Math.max(stuck, e.duration) }).observe({type: "longtask"});
			return true;
		})()`)
		t.await("the tab is chosen", `(() => {
			const began = performance.now();
			document.querySelector('#run-inspector a[data-tab="output"]').click();
			const look = () => {
				const row = document.querySelector("#value-output[data-tree] [role=treeitem]");
				if (row && row.checkVisibility()) window.readable = performance.now() - began;
				else requestAnimationFrame(look);
			};
			requestAnimationFrame(look);
			return true;
		})()`)
		t.await("the tree", `window.readable`)
		t.await("a search", `(() => {
			const field = document.querySelector("#value-output .jtree-search"), began = performance.now();
			field.value = "number 99999";
			field.dispatchEvent(new Event("input"));
			const look = () => {
				if (document.querySelector("#value-output .jtree-found").textContent) window.searched = performance.now() - began;
				else requestAnimationFrame(look);
			};
			look();
			return true;
		})()`)
		t.await("it was found", `window.searched && document.querySelector("#value-output .jtree-row[aria-selected=true] mark")`)
		t.await("opening all of it, and its end", `(() => {
			const began = performance.now();
			document.querySelector('#value-output [aria-label="Open all"]').click();
			const tree = document.querySelector("#value-output .jtree-rows");
			tree.scrollTop = tree.scrollHeight;
			const look = () => {
				const rows = [...tree.querySelectorAll("[role=treeitem]")];
				if (rows.some(r => r.textContent.startsWith("last"))) window.far = performance.now() - began;
				else requestAnimationFrame(look);
			};
			look();
			return true;
		})()`)
		t.await("the last row", `window.far`)
		for at, into := range map[string]*float64{"readable": &readable, "stuck": &stuck, "searched": &search, "far": &far} {
			ms, _ := ask[float64](t, at)
			*into += ms
		}
		t.clean()
	}
	n := float64(b.N)
	b.ReportMetric(readable/n, "readable_ms")
	b.ReportMetric(stuck/n, "longest_task_ms")
	b.ReportMetric(search/n, "search_ms")
	b.ReportMetric(far/n, "open_all_to_the_end_ms")
	b.ReportMetric(float64(len(value))/1e6, "value_MB")
}

// hugeValue is JSON of so many bytes.
func hugeValue(size int) []byte {
	value := []byte(`{"rows": [{"id": 0}`)
	for i := 1; len(value) < size; i++ {
		value = fmt.Appendf(value, `, {"id": %d, "name": "row number %d", "price": %d.10, "tags": ["a", "b"], "ok": true}`, i, i, i)
	}
	return append(value, `], "last": true}`...)
}
