// Package bounded holds fuzz targets to a bound of time and of memory: one that hangs or grows ends the process with its stack, so that the fuzzer
// keeps the input. It knows nothing of what is fuzzed.
package bounded

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The bounds of one input. They are far above what any input of a fuzzer needs, on any machine, and far below what would hurt a server.
const (
	Time   = 20 * time.Second
	Live   = 1 << 30   // bytes alive at once
	Churn  = 512 << 20 // bytes allocated in all
	every  = 20 * time.Millisecond
	allocs = "/gc/heap/allocs:bytes"
	alive  = "/memory/classes/heap/objects:bytes"
)

var (
	began atomic.Int64 // of the input under way, in nanoseconds since the epoch; 0: none
	watch sync.Once
)

// Run calls f and fails the test if that allocated too much. If f does not end, or holds too much memory, the process dies.
func Run(t testing.TB, f func()) {
	t.Helper()
	watch.Do(func() { go guard() })
	before := read(allocs)
	began.Store(time.Now().UnixNano())
	defer began.Store(0)
	f()
	if n := read(allocs) - before; n > Churn {
		t.Fatalf("this input had %d MiB allocated; at most %d are fine", n>>20, Churn>>20)
	}
}

func guard() {
	for range time.Tick(every) {
		at := began.Load()
		switch {
		case at == 0:
		case time.Since(time.Unix(0, at)) > Time:
			debug.SetTraceback("all")
			panic(fmt.Sprintf("this input takes more than %s", Time))
		case read(alive) > Live:
			debug.SetTraceback("all")
			panic(fmt.Sprintf("this input holds more than %d MiB", Live>>20))
		}
	}
}

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
