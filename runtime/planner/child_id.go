package planner

import (
	"crypto/sha256"
	"encoding/hex"
)

// ChildID is the id of the run that a unit starts: a UUID of version 8 (RFC 9562), whose first 48 bits are the parent's, which is the parent's time
// where that is a UUIDv7, and whose others are a hash of the unit's key. The same unit, iteration (0 outside a loop) and generation always start the
// same run.
func ChildID(parent string, r Ref, iteration, generation int) string {
	r.Undo = false
	id := derived("child " + Key(parent, r, iteration, generation))
	if len(parent) == 36 {
		if _, err := hex.Decode(id[:4], []byte(parent[:8])); err != nil {
			return formatID(derived(parent))
		}
		if _, err := hex.Decode(id[4:6], []byte(parent[9:13])); err != nil {
			return formatID(derived(parent))
		}
	}
	return formatID(id)
}

// LetterID is the id of the n-th message that a run's transition sends to other runs: deterministic, so that it counts once however often it is sent.
func LetterID(run string, seq int64, n int) string {
	return formatID(derived("letter " + run + "#" + itoa(int(seq)) + "#" + itoa(n)))
}

func derived(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// formatID makes a UUID of version 8 of 16 bytes.
func formatID(id [16]byte) string {
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
