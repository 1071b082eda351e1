package journal_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/runtime/journal"
)

// house is a function whose calls several servers share, each by the answers that it was given alone.
type house struct {
	now    time.Time
	most   int
	shares map[journal.Incarnation]journal.Share
	fair   map[journal.Incarnation]int
	used   map[journal.Incarnation]int
	wants  map[journal.Incarnation]int
}

func newHouse(most int) *house {
	return &house{now: time.Unix(1e9, 0), most: most, shares: map[journal.Incarnation]journal.Share{}, fair: map[journal.Incarnation]int{},
		used: map[journal.Incarnation]int{}, wants: map[journal.Incarnation]int{}}
}

// ask has a server ask for its part.
func (h *house) ask(inc journal.Incarnation) journal.Grant {
	mine := h.shares[inc]
	mine.Incarnation, mine.Wanted = inc, h.wants[inc]
	var others []journal.Share
	for id := journal.Incarnation(1); id <= 9; id++ {
		if s, ok := h.shares[id]; ok && id != inc {
			others = append(others, s)
		}
	}
	next, grant := journal.Divide(h.most, h.used[inc], mine, others, h.now)
	h.shares[inc], h.fair[inc] = next, grant.Fair
	return grant
}

// call begins as many calls as a server may.
func (h *house) call(inc journal.Incarnation) {
	h.used[inc] = max(h.used[inc], min(h.wants[inc], h.shares[inc].Slots, h.fair[inc]))
}

func (h *house) sum() (slots, used int) {
	for _, s := range h.shares {
		slots += s.Slots
	}
	for _, n := range h.used {
		used += n
	}
	return slots, used
}

// TestNeverMoreThanAllowed has servers ask, call and end in any order.
func TestNeverMoreThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHouse(rapid.IntRange(1, 12).Draw(t, "most"))
		servers := rapid.IntRange(1, 5).Draw(t, "servers")
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			inc := journal.Incarnation(rapid.IntRange(1, servers).Draw(t, "server"))
			h.now = h.now.Add(time.Duration(rapid.IntRange(0, 700).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				h.wants[inc] = max(h.used[inc], rapid.IntRange(0, 20).Draw(t, "want"))
			case 1:
				h.used[inc] = rapid.IntRange(0, h.used[inc]).Draw(t, "left")
			case 2:
				h.ask(inc)
			}
			h.call(inc)
			if slots, used := h.sum(); slots > h.most || used > slots {
				t.Fatalf("%d calls under way on %d slots of %d", used, slots, h.most)
			}
		}
	})
}

// TestEveryServerHasItsPart has all servers want all, and calls that end: each gets its part, and where there are fewer slots than servers each has its turn.
func TestEveryServerHasItsPart(t *testing.T) {
	for most := 1; most <= 9; most++ {
		for servers := 1; servers <= 5; servers++ {
			h := newHouse(most)
			turns := map[journal.Incarnation]int{}
			for range 40 * servers {
				h.now = h.now.Add(100 * time.Millisecond)
				for id := journal.Incarnation(1); int(id) <= servers; id++ {
					h.wants[id] = most + 3
					h.ask(id)
					h.call(id)
					turns[id] += h.used[id]
					h.used[id] = 0 // and they end
				}
			}
			all := 0
			for _, n := range turns {
				all += n
			}
			for id := journal.Incarnation(1); int(id) <= servers; id++ {
				if turns[id]*servers*2 < all {
					t.Errorf("%d slots, %d servers: server %d made %d of %d calls", most, servers, id, turns[id], all)
				}
			}
			if best := 40 * servers * most; all*3 < best*2 {
				t.Errorf("%d slots, %d servers: %d calls where %d were possible", most, servers, all, best)
			}
		}
	}
}

func TestAloneHasAll(t *testing.T) {
	h := newHouse(8)
	h.wants[1] = 1
	if got := h.ask(1); got.Slots != 8 || len(got.Tell) > 0 {
		t.Errorf("alone: got %+v, want all 8", got)
	}
	h.used[1], h.wants[1], h.wants[2] = 8, 8, 3
	if got := h.ask(2); got.Slots != 0 || len(got.Tell) != 1 || got.Tell[0] != 1 {
		t.Errorf("a second one: got %+v, want nothing yet, and that the first is told", got)
	}
	if got := h.ask(1); got.Slots != 8 || got.Fair != 5 {
		t.Errorf("the first: got %+v, want that it keeps its 8 calls and begins none above 5", got)
	}
	h.used[1] = 6
	if got := h.ask(1); got.Slots != 6 || len(got.Tell) != 1 || got.Tell[0] != 2 {
		t.Errorf("after two calls have ended: got %+v, want 6, and that the second is told", got)
	}
	if got := h.ask(2); got.Slots != 2 {
		t.Errorf("the second: got %+v, want the 2 that are free", got)
	}
}
