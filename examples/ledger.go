package examples

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ledger is what the handlers did, told by themselves: a file with one line of JSON an invocation, each written at once and synced to the disk before
// the handler answers. What it says holds whatever becomes of the server, so tests judge the server by it.
//
// Beside it, in a folder named after it with ".keys" appended, a small file for each idempotency key holds one letter for each invocation of that key
// and one for each undo that named it, so that a handler knows whether it has seen a key before, in whichever process.
type ledger struct{ path string }

// entry is one line of the ledger.
type entry struct {
	At       time.Time `json:"at"`
	Function string    `json:"function"`
	Key      string    `json:"key"`
	Run      string    `json:"run"`
	Step     string    `json:"step"`
	Item     string    `json:"item,omitempty"`
	Attempt  int       `json:"attempt"`
	Outcome  string    `json:"outcome"` // done, failed or refused
	Note     string    `json:"note,omitempty"`
}

// The outcomes of an entry. Each begins with the letter that stands for it in the file of its key.
const (
	done    = "done"
	failed  = "failed"
	refused = "refused"
)

// history is what happened to a key before.
type history struct {
	invocations int
	done        bool
	undone      bool
}

// undone stands in the file of a key for an undo that named it.
const undone = "u"

func (l ledger) keyFile(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(l.path+".keys", name[:2], name[2:])
}

// history reads what happened to a key.
func (l ledger) history(key string) (history, error) {
	seen, err := os.ReadFile(l.keyFile(key))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return history{}, fmt.Errorf("reading what is known of key %q: %w", key, err)
	}
	letters := string(seen)
	return history{invocations: len(letters) - strings.Count(letters, undone), done: strings.Contains(letters, done[:1]), undone: strings.Contains(letters, undone)}, nil
}

// undo remembers that a key was undone.
func (l ledger) undo(key string) error {
	if err := appendTo(l.keyFile(key), []byte(undone), true); err != nil {
		return fmt.Errorf("remembering that key %q is undone: %w", key, err)
	}
	return nil
}

// add writes an entry. When it returns nil the entry is on the disk.
func (l ledger) add(e entry) error {
	if err := appendTo(l.keyFile(e.Key), []byte(e.Outcome[:1]), false); err != nil {
		return fmt.Errorf("remembering key %q: %w", e.Key, err)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the ledger line of key %q: %w", e.Key, err)
	}
	if err := appendTo(l.path, append(line, '\n'), true); err != nil {
		return fmt.Errorf("writing the ledger line of key %q: %w", e.Key, err)
	}
	return nil
}

// appendTo adds data to a file in one write, which the kernel keeps apart from those of other processes.
func appendTo(path string, data []byte, sync bool) (err error) {
	open := func() (*os.File, error) { return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) }
	f, err := open()
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			f, err = open()
		}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if sync {
		return f.Sync()
	}
	return nil
}
