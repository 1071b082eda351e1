package schema

import (
	"crypto/sha256"
	"sync"
)

// maxMemo is how many schemas are remembered; a server has hundreds of functions, and a forgotten schema costs a fifth of a millisecond.
const maxMemo = 2048

// memo remembers what was compiled, by content. Schemas are immutable, so sharing them shows nowhere but in time.
type memo struct {
	mu     sync.Mutex
	byHash map[[sha256.Size]byte]memoEntry
}

type memoEntry struct {
	schema *Schema
	err    error
}

var compiled memo

func (m *memo) get(raw []byte, compile func([]byte) (*Schema, error)) (*Schema, error) {
	key := sha256.Sum256(raw)
	m.mu.Lock()
	e, ok := m.byHash[key]
	m.mu.Unlock()
	if ok {
		return e.schema, e.err
	}
	e.schema, e.err = compile(raw)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byHash == nil || len(m.byHash) >= maxMemo {
		m.byHash = map[[sha256.Size]byte]memoEntry{}
	}
	m.byHash[key] = e
	return e.schema, e.err
}
