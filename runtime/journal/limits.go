package journal

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Want is what an incarnation says of one function whose calls are bounded over all servers. It must not begin any call above Keep between asking and the
// answer: what it had above may be somebody else's by then.
type Want struct {
	Function string
	Most     int       // calls under way over all servers; 0: no bound, and it is asked only to be forgotten, or to say who waits
	Keep     int       // under way
	Want     int       // under way and wished for
	Waiting  int       // of them that wait, for a slot or for their time
	Since    time.Time // when the oldest of those came, by the store's clock; zero: none does
}

// Grant answers a Want.
type Grant struct {
	Slots int           // calls that the incarnation may have under way from now on
	Fair  int           // no call may begin while so many are under way: what is above is to be given back as calls end
	Tell  []Incarnation // to whom this makes a difference: they should ask again
}

// Limiter is what a store has that bounds the calls of functions over all servers. What an incarnation has goes with it.
type Limiter interface {
	// Share gives an incarnation its parts of what functions allow, in the order of wants. Over all incarnations there are never more slots than the least Most that
	// anybody has named since. ErrFenced if inc was taken over. After any other error it has what it had, or what it would have been given.
	Share(ctx context.Context, inc Incarnation, wants []Want) ([]Grant, error)
	// Reserve takes the times at which n calls of a function may begin, one every so often: from first on, by the store's clock. No time is given twice.
	Reserve(ctx context.Context, function string, n int, every time.Duration) (first time.Time, err error)
}

// turnKept is how long a server may use its slots before others that have none come first.
const turnKept = time.Second

// Share is what one incarnation has of a function.
type Share struct {
	Incarnation Incarnation
	Slots       int
	Wanted      int
	Turn        time.Time // when it got its first slot, or began to wait for one
}

// Divide gives mine its part. All the others stand as they are: they give back what they have too much of when they ask the next time, and their calls have ended.
// It is pure, so that every store divides alike.
//
// Whoever is alone gets all. If all get what they want they do. Else everybody gets as much as everybody else, unless he wants less; what can't be divided
// goes to those who have waited longest, and stays with them for a while.
func Divide(most, keep int, mine Share, others []Share, now time.Time) (next Share, grant Grant) {
	others = slices.DeleteFunc(slices.Clone(others), func(s Share) bool { return s.Slots == 0 && s.Wanted == 0 })
	if mine.Slots == 0 && mine.Turn.IsZero() {
		mine.Turn = now
	}
	taken := 0
	for _, s := range others {
		taken += s.Slots
	}
	fair := parts(most, append(others, mine), now)
	part := fair[mine.Incarnation]
	if len(others) == 0 && mine.Wanted > 0 {
		part = most
	}
	next = mine
	next.Slots = max(keep, min(part, most-taken), 0)
	switch {
	case next.Slots == 0 && mine.Slots > 0, next.Slots > 0 && mine.Slots == 0, mine.Wanted == 0:
		next.Turn = now
	}
	for _, s := range others {
		lacks := s.Slots < min(s.Wanted, fair[s.Incarnation])
		if next.Slots < mine.Slots && lacks || next.Slots < min(mine.Wanted, part) && s.Slots > fair[s.Incarnation] {
			grant.Tell = append(grant.Tell, s.Incarnation)
		}
	}
	grant.Slots, grant.Fair = next.Slots, part
	return next, grant
}

// parts is how many slots each should have.
func parts(most int, all []Share, now time.Time) map[Incarnation]int {
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(rank(a, now), rank(b, now)), a.Turn.Compare(b.Turn), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	out := make(map[Incarnation]int, len(all))
	left := most
	for left > 0 {
		var hungry []Share
		for _, s := range all {
			if out[s.Incarnation] < s.Wanted {
				hungry = append(hungry, s)
			}
		}
		if len(hungry) == 0 {
			break
		}
		each := max(1, left/len(hungry))
		for _, s := range hungry {
			more := min(each, s.Wanted-out[s.Incarnation], left)
			out[s.Incarnation] += more
			left -= more
		}
	}
	return out
}

// rank is who comes first where not all can have one more: those whose turn it is, then those who have none.
func rank(s Share, now time.Time) int {
	switch {
	case s.Slots > 0 && now.Sub(s.Turn) < turnKept:
		return 0
	case s.Slots == 0:
		return 1
	}
	return 2
}
