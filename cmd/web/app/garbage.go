package app

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbage is how much of it is let pile up at least, in bytes, before it is collected. Go collects when the heap has doubled, which with the few megabytes
// that a server keeps is dozens of times a second under load, a quarter of all that it computes.
const garbage = 32 << 20

// collectLess keeps the collector's pace by that measure until ctx ends: rarely while the heap is small, as ever when it is large. It looks after each
// collection, because a heap that has grown since must not grow by the pace of a small one. Who sets GOGC is left alone.
func collectLess(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	now := 100
	was := debug.SetGCPercent(now)
	defer func() { debug.SetGCPercent(was) }()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	collected := make(chan struct{}, 1)
	for {
		metrics.Read(live)
		if live[0].Value.Kind() == metrics.KindUint64 {
			if next := pace(live[0].Value.Uint64()); next < now*4/5 || next > now*5/4 { // setting it stops the world for a moment
				debug.SetGCPercent(next)
				now = next
			}
		}
		runtime.AddCleanup(new([16]byte), func(c chan struct{}) { c <- struct{}{} }, collected) // nobody holds it, so the next collection finds it
		select {
		case <-ctx.Done():
			return
		case <-collected:
		}
	}
}

// pace is the percentage by which a heap may grow of which so many bytes are alive.
func pace(live uint64) int {
	const least, most = 100, 800
	if live == 0 {
		return least
	}
	return int(min(most, max(least, garbage*100/live)))
}
