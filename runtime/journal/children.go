package journal

import (
	"fmt"
	"math"
)

// Birth is the row of a run that another run's transition makes. It has no history yet and nobody owns it: a Letter to it, in the same transition, has it
// claimed.
type Birth struct {
	Run     int64 // the run's number; the Store gives it, whatever stands here
	UUID    string
	Flow    string
	Version int
	Reader  int // the lowest reader version that understands the history it will have
	Parent  string
	Step    string // of the parent
	Item    int    // -1 outside a for_each
}

// Letter is a message that a transition puts into another run's inbox: it is there if and only if the transition is. One whose ID is known already
// changes nothing, and so does one to a run that does not exist.
type Letter struct {
	ID   string // UUID
	To   string // UUID of the run
	Kind string
	Body []byte
}

func checkChildren(t *Transition) error {
	for i := range t.Births {
		b := &t.Births[i]
		for _, id := range []string{b.UUID, b.Parent} {
			if _, err := ParseUUID(id); err != nil {
				return fmt.Errorf("a child of run %d: %w", t.Run, err)
			}
		}
		if b.Version < 0 || b.Version > math.MaxInt32 || b.Reader < 0 || b.Reader > math.MaxInt32 || b.Item < -1 || b.Item > math.MaxInt32 {
			return fmt.Errorf("version %d, reader %d or item %d of a child of run %d is out of range", b.Version, b.Reader, b.Item, t.Run)
		}
	}
	for i := range t.Outbox {
		l := &t.Outbox[i]
		for _, id := range []string{l.ID, l.To} {
			if _, err := ParseUUID(id); err != nil {
				return fmt.Errorf("a letter of run %d: %w", t.Run, err)
			}
		}
		if len(l.Body) > MaxFacts {
			return fmt.Errorf("letter %s of run %d of %d bytes; at most %d", l.ID, t.Run, len(l.Body), MaxFacts)
		}
	}
	if t.NoFacts() && len(t.Births)+len(t.Outbox) > 0 {
		return fmt.Errorf("run %d would start or tell others without a fact", t.Run)
	}
	return nil
}
