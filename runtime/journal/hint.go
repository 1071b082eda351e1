package journal

import "context"

// Hint tells another server of something that it finds by itself a moment later: every hint may be lost, come late or twice.
type Hint struct {
	Kind HintKind
	From Incarnation
	To   Incarnation // 0: whoever owns Run
	Run  string      // UUID; "" if it is about none
	ID   string      // UUID of a message; "" if it is about none
}

// HintKind says what a hint is about.
type HintKind string

// The kinds of hints.
const (
	HintInbox   HintKind = "inbox"   // a message came for Run; ID says which, if From waits for its answer
	HintAnswer  HintKind = "answer"  // message ID was consumed
	HintWatched HintKind = "watched" // somebody at From looks at Run
	HintMoved   HintKind = "moved"   // Run has a new transition, for who looks at it
	HintLeft    HintKind = "left"    // runs were handed over
	HintSlots   HintKind = "slots"   // there is more of a function's calls to have, or somebody lacks some
	HintDeaf    HintKind = "deaf"    // hints may have been missed; made by the listener itself
)

// Hinter is what a store has that can carry hints. One that can't is slower with several servers, and nothing else.
type Hinter interface {
	// Others is how many incarnations there are beside inc.
	Others(ctx context.Context, inc Incarnation) (int, error)
	// Hint sends hints of from. Those that would go to from itself, or to nobody, go nowhere.
	Hint(ctx context.Context, from Incarnation, hints []Hint) error
	// Listen calls hear for each hint to inc until ctx ends, one after the other, and with HintDeaf once it listens and whenever it was deaf for a while. hear must
	// not block.
	Listen(ctx context.Context, inc Incarnation, hear func(Hint))
}
