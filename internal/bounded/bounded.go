// Package bounded holds fuzz targets to a bound of time and of memory: one that hangs or grows ends the process with its stack, so that the fuzzer
// keeps the input. It knows nothing of what is fuzzed.
package bounded

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The bounds of one input. They are far above what any input of a fuzzer needs, on any machine, and far below what would hurt a server.
const (
	Time   = 30 * time.Second
	Live   = 1 << 30   // bytes alive at once
	Churn  = 512 << 20 // bytes allocated in all
	every  = 20 * time.Millisecond
	allocs = "/gc/heap/allocs:bytes"
	alive  = "/memory/classes/heap/objects:bytes"
)

var (
	inputs atomic.Int64 // so many have begun
	busy   atomic.Bool  // the last of them has not ended
	watch  sync.Once
)

// Run calls f and fails the test if that allocated too much. If f does not end, or holds too much memory, the process dies.
func Run(t testing.TB, f func()) {
	t.Helper()
	watch.Do(func() { go guard() })
	before := read(allocs)
	inputs.Add(1)
	busy.Store(true)
	defer busy.Store(false)
	f()
	if n := read(allocs) - before; n > Churn {
		t.Fatalf("this input had %d MiB allocated; at most %d are fine", n>>20, Churn>>20)
	}
}

// guard looks at the input under way. Its time is the process's own, for a machine that stands still, or does something else, is no hang.
func guard() {
	var seen int64
	var began time.Duration
	for range time.Tick(every) {
		now := inputs.Load()
		switch {
		case !busy.Load():
		case now != seen:
			seen, began = now, worked()
		case worked()-began > Time:
			debug.SetTraceback("all")
			panic(fmt.Sprintf("this input takes more than %s", Time))
		case read(alive) > Live:
			debug.SetTraceback("all")
			panic(fmt.Sprintf("this input holds more than %d MiB", Live>>20))
		}
	}
}

// worked is the time of processors that this process has had.
func worked() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
