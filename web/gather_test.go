package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/segno-run/segno/web/view"
)

// followGathered opens the websocket of a run for somebody whom it is enough to know how it stands.
func (s *site) followGathered(id string, after int64) *websocket.Conn {
	s.t.Helper()
	url := fmt.Sprintf("ws%s/runs/%s/live?gather=1&after=%d", strings.TrimPrefix(s.http.URL, "http"), id, after)
	conn, _, err := websocket.DefaultDialer.DialContext(s.t.Context(), url, map[string][]string{"Origin": {s.http.URL}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

func nextGathered(t testing.TB, conn *websocket.Conn) (g view.Gathered) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := conn.ReadJSON(&g); err != nil {
		t.Fatalf("reading a message: %v", err)
	}
	return g
}

// TestGathered: one message says how a run of a thousand items stands, and from wherever one comes the messages lead to the state of a fresh look.
func TestGathered(t *testing.T) {
	const items = 1000
	s := open(t)
	id := s.many(t, items)
	seq := s.engine.runs[id].state.Seq

	far := nextGathered(t, s.followGathered(id, 0))
	if far.After != 0 || far.Seq != seq || len(far.Events) != 300 || far.Skipped != seq-300 || far.Events[0].Seq != seq-299 {
		t.Errorf("from the beginning: got after %d, seq %d, %d events from %d, %d skipped", far.After, far.Seq, len(far.Events), far.Events[0].Seq, far.Skipped)
	}
	if len(far.Steps) != 1 || far.Steps[0].Items == nil || far.Steps[0].Items.Succeeded != items-1 {
		t.Errorf("its steps: got %+v", far.Steps)
	}

	conn := s.followGathered(id, seq-2)
	near := nextGathered(t, conn)
	if near.After != seq-2 || near.Seq != seq || len(near.Events) != 2 || near.Skipped != 0 || near.Run.Status != "running" || near.Sent.IsZero() {
		t.Errorf("from two before the end: got %+v", near)
	}
	plain := s.follow(id, seq-2) // beside one that gathers: every event, whole
	for want := seq - 1; want <= seq; want++ {
		if e := next(t, plain); e.Seq != want || e.Run == nil {
			t.Errorf("one by one: got %d, want %d", e.Seq, want)
		}
	}
	s.last(t, id, items)
	last := nextGathered(t, conn)
	if last.After != seq || last.Seq != seq+1 || last.Run.Status != "succeeded" || last.Steps[0].Status != "succeeded" {
		t.Errorf("the end: got %+v", last)
	}
	if beat := nextGathered(t, conn); beat.After != seq+1 || beat.Seq != seq+1 || len(beat.Events) != 0 || len(beat.Steps) != 0 || beat.BeatMS == 0 || !beat.Sent.After(last.Sent) {
		t.Errorf("when nothing happens: got %+v", beat)
	}
	if e := next(t, plain); e.Seq != seq+1 || e.Run.Status != "succeeded" {
		t.Errorf("the end, one by one: got %+v", e)
	}
}

// TestItemsOfARun: the grid of items pages, filters and jumps by its address alone.
func TestItemsOfARun(t *testing.T) {
	const items = 1000
	s := open(t)
	id := s.many(t, items)
	page := func(query string) *answer { return s.do("GET", "/runs/"+id+"?step=all"+query, "").want(200) }
	page("").has(`data-item="0"`, `data-item="99"`, "1–100 of 1,000", `id="items-next"`).lacks(`data-item="100"`, `id="items-previous"`)
	page("&items=100").has(`data-item="100"`, "101–200 of 1,000", `id="items-previous"`)
	page("&items=900").lacks(`id="items-next"`)
	page("&item=257").has("201–300 of 1,000", `data-item="257" data-status="succeeded" aria-selected="true"`)
	page("&status=running").has("1–1 of 1", `data-item="999"`).lacks(`data-item="0"`)
	page("&status=failed").has("No item fits this filter.")
	page("&items=x").has("1–100 of 1,000")
	page("&item=5000").has("1–100 of 1,000")
	s.do("GET", "/runs/"+id+"/fragments/header.detail?step=all", "").want(200).has(`id="run-header"`, `id="run-detail"`).lacks(`id="run-steps"`)
	s.do("GET", "/runs/"+id+"/fragments/header.bogus", "").want(404).has("bogus")
}
