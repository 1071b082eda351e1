package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Hints watches folders through the operating system. The channel has room for one hint, which stands for any number of changes; an error says that
// the system gives none, and then the poll alone notices. Folders that are not there, and those that come back, are looked for at every `every`.
func Hints(ctx context.Context, every time.Duration, folders ...string) (<-chan struct{}, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	hint := make(chan struct{}, 1)
	say := func() {
		select {
		case hint <- struct{}{}:
		default: // one is waiting already
		}
	}
	watched, err := add(w, folders)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	go func() {
		defer func() { _ = w.Close() }()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-w.Events:
				if e.Op == fsnotify.Chmod {
					continue // backup and indexing programs touch times
				}
				// A folder that was made just now has files that came before it was watched.
				if n, err := add(w, folders); err == nil {
					watched = n
				}
				say()
			case <-w.Errors: // a queue that overflowed, for example: something happened
				say()
			case <-tick.C:
				if n, err := add(w, folders); err == nil && n != watched {
					watched = n
					say()
				}
			}
		}
	}()
	return hint, nil
}

// add watches those of the folders that are there, and counts them. Watching one that is watched already changes nothing; one that was removed and made
// again is another one, which is watched anew.
func add(w *fsnotify.Watcher, folders []string) (n int, err error) {
	for _, dir := range folders {
		switch err := w.Add(dir); {
		case err == nil:
			n++
		case !errors.Is(err, fs.ErrNotExist):
			return n, fmt.Errorf("watching %s: %w", dir, err)
		}
	}
	return n, nil
}

// Fingerprint names the files below dir that match the patterns of path.Match, with their sizes and times.
func Fingerprint(dir string, patterns ...string) string {
	var b strings.Builder
	fsys := os.DirFS(dir)
	for _, pattern := range patterns {
		names, _ := fs.Glob(fsys, pattern) // the patterns are good
		for _, name := range names {
			if info, err := fs.Stat(fsys, name); err == nil {
				fmt.Fprintln(&b, name, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}
