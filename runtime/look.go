package runtime

import "maps"

// Look says when the inbox was read: N counts the looks of a server, which follow one another, from 1; Lives is what Core.Lives said when the look began.
// The zero Look stands for a message that is fresh beyond doubt.
type Look struct {
	N     int
	Lives uint64
}

// Lives counts the times that runs came into memory, and left it. It may be called by any goroutine.
func (c *Core) Lives() uint64 { return c.seen.Load() }

// Look begins the look of that number. It may be called by any goroutine.
func (c *Core) Look(n int) Look {
	at := Look{n, c.Lives()}
	c.looked.Store(at.Lives)
	return at
}

// born numbers a run that comes into memory.
func (c *Core) born() uint64 {
	c.lives++
	c.seen.Store(c.lives)
	return c.lives
}

// departed notes when a run left memory, for as long as a look may be under way that began before.
func (c *Core) departed(run int64) {
	c.gone[run] = c.born()
	if n := len(c.gone); n&(n-1) == 0 { // now and then
		began := c.looked.Load()
		maps.DeleteFunc(c.gone, func(_ int64, at uint64) bool { return at <= began })
	}
}

// claim is the number of a look that has claimed a run; 0 if the run's release was not known yet when it began: an append whose answer is lost is made again,
// and may release the run a second time, after the claim.
func (c *Core) claim(run int64, by Look) int {
	if c.gone[run] > by.Lives {
		return 0
	}
	return by.N
}

// stale reports whether a message may have been consumed between the look that found it and the beginning of this life of its run: a life knows which
// messages it has decided, and none that a life before it has, here or at another server. A look that claims a run reads the inbox after that, so what it
// found is fresh.
func (r *run) stale(at Look) bool {
	return at.N > 0 && at.Lives < r.life && (r.claimed == 0 || at.N < r.claimed)
}
