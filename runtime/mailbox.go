package runtime

import "sync"

// mailbox is a queue without a bound: whoever puts must never wait for the core, because the core waits for some of them (the journal's answers).
type mailbox struct {
	mu     sync.Mutex
	events []Event
	wake   chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) put(ev Event) {
	m.mu.Lock()
	first := len(m.events) == 0
	m.events = append(m.events, ev)
	m.mu.Unlock()
	if !first { // whoever put the first one has said so
		return
	}
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take returns what has come, and leaves the mailbox the spare slice to fill.
func (m *mailbox) take(spare []Event) []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.events
	m.events = spare[:0]
	return got
}
