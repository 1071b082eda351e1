package runtime

import (
	"testing"
)

// What waits for the last call must not miss its end between two looks: Close would wait out all its time for nothing.
func TestNothingUnderWayIsQuiet(t *testing.T) {
	c := newCalls(nil)
	isQuiet := func() bool {
		select {
		case <-c.quiet():
			return true
		default:
			return false
		}
	}
	if !isQuiet() {
		t.Error("before the first call: not quiet")
	}
	before := c.quiet()
	c.mu.Lock()
	c.open[callID{run: 1}] = opened{cancel: func() {}}
	c.mu.Unlock()
	if isQuiet() {
		t.Error("while a call is under way: quiet")
	}
	during := c.quiet()
	c.done(callID{run: 1})
	for name, ch := range map[string]<-chan struct{}{"asked before": before, "asked during": during, "asked after": c.quiet()} {
		select {
		case <-ch:
		default:
			t.Errorf("%s: the end of the last call is missed", name)
		}
	}
}
