package runtime

// Look says when the inbox was read: N counts the looks of a server, which follow one another, from 1; Lives is what Core.Lives said when the look began.
// The zero Look stands for a message that is fresh beyond doubt.
type Look struct {
	N     int
	Lives uint64
}

// Lives counts the times that runs came into memory. It may be called by any goroutine.
func (c *Core) Lives() uint64 { return c.seen.Load() }

// born numbers a run that comes into memory.
func (c *Core) born() uint64 {
	c.lives++
	c.seen.Store(c.lives)
	return c.lives
}

// stale reports whether a message may have been consumed between the look that found it and the beginning of this life of its run: a life knows which
// messages it has decided, and none that a life before it has, here or at another server. A look that claims a run reads the inbox after that, so what it
// found is fresh.
func (r *run) stale(at Look) bool {
	return at.N > 0 && at.Lives < r.life && (r.claimed == 0 || at.N < r.claimed)
}
