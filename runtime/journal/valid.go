package journal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// MaxFacts is the size of one transition's facts in bytes above which every store refuses it: far above what the planner may conclude from
// one input, far below what makes PostgreSQL drop the connection (1 GiB a message).
const MaxFacts = 64 << 20

// MaxKeys bounds the keys of a run.
const MaxKeys = 64

// maxText bounds the text columns of a run's row in bytes, so that none outgrows an index entry (2704 bytes in PostgreSQL).
const maxText = 500

// Check says what no store can hold in t, before any store is asked: nil, or an error that names the field. Duplicates are the store's to find.
func Check(t *Transition) error {
	switch {
	case t.Seq < 0:
		return fmt.Errorf("seq %d is negative", t.Seq)
	case t.Seq > 0 && len(t.Facts) == 0:
		return fmt.Errorf("seq %d of run %d holds no facts", t.Seq, t.Run)
	case t.Seq == 0 && len(t.Facts) > 0:
		return fmt.Errorf("facts of run %d without a seq", t.Run)
	case len(t.Facts) > MaxFacts:
		return fmt.Errorf("facts of %d bytes; at most %d", len(t.Facts), MaxFacts)
	case t.After < 0 || t.After > 0 && t.Seq > 0:
		return fmt.Errorf("run %d: after seq %d at seq %d", t.Run, t.After, t.Seq)
	case t.New != nil && t.Seq != 1:
		return fmt.Errorf("run %d would be born at seq %d", t.Run, t.Seq)
	case len(t.Keys) > 0 && t.Seq != 1:
		return fmt.Errorf("run %d would get its keys at seq %d", t.Run, t.Seq)
	case len(t.Keys) > MaxKeys:
		return fmt.Errorf("run %d has %d keys; at most %d", t.Run, len(t.Keys), MaxKeys)
	}
	if err := checkTime("at", t.At); err != nil {
		return err
	}
	if n := t.New; n != nil {
		if _, err := ParseUUID(n.UUID); err != nil {
			return fmt.Errorf("uuid of run %d: %w", t.Run, err)
		}
		if n.Version < 0 || n.Version > math.MaxInt32 || n.Reader < 0 || n.Reader > math.MaxInt32 {
			return fmt.Errorf("version %d or reader %d of run %d is out of range", n.Version, n.Reader, t.Run)
		}
	}
	if r := t.Row; r != nil {
		if r.Reader < 0 || r.Reader > math.MaxInt32 {
			return fmt.Errorf("reader %d of run %d is out of range", r.Reader, t.Run)
		}
		for _, at := range []*time.Time{r.WakeAt, r.EndedAt} {
			if at == nil {
				continue
			}
			if err := checkTime("a time of the run's row", *at); err != nil {
				return err
			}
		}
	}
	if err := checkPayloads(t); err != nil {
		return err
	}
	if err := checkChildren(t); err != nil {
		return err
	}
	for _, c := range t.Inbox {
		if _, err := ParseUUID(c.ID); err != nil {
			return fmt.Errorf("inbox message: %w", err)
		}
		if len(c.Answer) > MaxFacts {
			return fmt.Errorf("answer to message %s of %d bytes; at most %d", c.ID, len(c.Answer), MaxFacts)
		}
	}
	return nil
}

// checkTime keeps to the years that PostgreSQL, Go and JSON all can say.
func checkTime(what string, t time.Time) error {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return fmt.Errorf("%s: year %d is out of range", what, y)
	}
	return nil
}

// CleanText returns s as a text column can hold it: no NUL, valid UTF-8 (U+FFFD in place of what is not), at most 500 bytes.
func CleanText(s string) string {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// CleanKey returns a key as a text column can hold it, and never makes one of two: what CleanText would change becomes a hash.
func CleanKey(s string) string {
	if CleanText(s) == s {
		return s
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(s)))
}

var errUUID = errors.New("not a UUID")

// ParseUUID reads the canonical form with 36 characters only: other spellings of the same id would make two links out of one run.
func ParseUUID(s string) ([16]byte, error) {
	if len(s) != 36 {
		return [16]byte{}, fmt.Errorf("%q: %w", CleanText(s), errUUID)
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return [16]byte{}, fmt.Errorf("%q: %w", CleanText(s), errUUID)
	}
	return id, nil
}

// FormatUUID is the inverse of ParseUUID, in lower case.
func FormatUUID(id [16]byte) string { return uuid.UUID(id).String() }
