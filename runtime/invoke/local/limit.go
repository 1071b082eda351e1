package local

import (
	"context"
	"sync"
	"time"
)

// limit is the context of one call: it ends with the caller's, at a moment, or with the call. Its timer is made when somebody first waits for it or asks
// how it stands, because most functions have returned by then.
type limit struct {
	context.Context // the caller's
	at              time.Time

	mu    sync.Mutex
	whole context.Context // nil until it is asked for
	stop  context.CancelFunc
	over  bool
}

// Deadline implements context.Context.
func (l *limit) Deadline() (time.Time, bool) {
	if at, ok := l.Context.Deadline(); ok && at.Before(l.at) {
		return at, true
	}
	return l.at, true
}

// Done implements context.Context.
func (l *limit) Done() <-chan struct{} { return l.made().Done() }

// Err implements context.Context.
func (l *limit) Err() error { return l.made().Err() }

func (l *limit) made() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.whole == nil {
		l.whole, l.stop = context.WithDeadline(l.Context, l.at)
		if l.over {
			l.stop()
		}
	}
	return l.whole
}

// end ends it with the call.
func (l *limit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.stop != nil {
		l.stop()
	}
}
