// Package watch owns noticing: it says when the files of a folder may have changed and have been left alone for a moment.
//
// It knows nothing of what the files mean. A hint from the file system makes it prompt; a poll of names, sizes and times is the truth, because hints
// get lost on network file systems, when a queue overflows, and when the folder itself is moved away and comes back.
package watch

import (
	"context"
	"time"
)

// Folder is what is watched, and how patiently.
type Folder struct {
	// Fingerprint is a text that differs when a file has changed. It is asked at every poll, and must not block for long.
	Fingerprint func() string
	// Hints says that something may have changed. nil: the poll alone notices.
	Hints <-chan struct{}
	// Seen is the fingerprint of what is known already; a folder that differs from it has changed.
	Seen string

	Quiet time.Duration // how long nothing may change before the change counts as whole
	Most  time.Duration // how long a folder that never comes to rest is waited for
	Poll  time.Duration // between two looks without a hint
	Retry time.Duration // until a look that asked to be called again
}

// The times that suit a folder that people and version control write to.
const (
	Quiet = 300 * time.Millisecond
	Most  = 10 * time.Second
	Poll  = 2 * time.Second
	Retry = 5 * time.Second
)

// Run calls look, one call at a time, each time that the folder has changed and has come to rest, and again after Retry while look returns true. It
// returns when ctx ends.
func (f Folder) Run(ctx context.Context, look func(context.Context) (again bool)) {
	poll := time.NewTicker(f.Poll)
	defer poll.Stop()
	var rest, most, retry <-chan time.Time // nil while they are not waited for
	seen := f.Seen
	changed := func() {
		rest = time.After(f.Quiet)
		if most == nil {
			most = time.After(f.Most)
		}
	}
	for {
		whole := false
		select {
		case <-ctx.Done():
			return
		case <-f.Hints: // true also where size and time are as before: a file can be written twice in a tick of the disk's clock
			changed()
		case <-poll.C:
			if now := f.Fingerprint(); now != seen {
				seen = now
				changed()
			}
		case <-rest:
			// The last poll may be old: what changed since then is waited for as well.
			if now := f.Fingerprint(); now != seen {
				seen = now
				changed()
				continue
			}
			whole = true
		case <-most:
			seen, whole = f.Fingerprint(), true
		case <-retry:
			whole = true
		}
		if !whole {
			continue
		}
		rest, most, retry = nil, nil, nil
		if look(ctx) {
			retry = time.After(f.Retry)
		}
	}
}
