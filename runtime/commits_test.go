package runtime

import (
	"testing"

	"github.com/segno-run/segno/runtime/journal"
)

// TestNothingIsKeptOfWhatIsCommitted: a run may stay in memory for long after its commits, which hold what its calls were given and said.
func TestNothingIsKeptOfWhatIsCommitted(t *testing.T) {
	for handed := 1; handed <= 3; handed++ { // up to one more than there is room for
		c, r := NewCore(1), &run{id: 1}
		c.runs[1] = r
		for range handed {
			c.append(r, &pending{}, journal.Transition{Run: 1})
		}
		for tag := range handed {
			c.durable(Durable{Run: 1, Tag: uint64(tag) + 1})
		}
		if len(r.pending) != 0 || cap(r.pending) != 0 || r.room != [2]*pending{} {
			t.Errorf("of %d transitions: %d are waited for, and %v is kept", handed, len(r.pending), r.room)
		}
	}
}
