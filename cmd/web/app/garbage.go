package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// garbage is how much of it is let pile up at least, in bytes, before it is collected. Go collects when the heap has doubled, which with the few megabytes
// that a server keeps is dozens of times a second under load, a quarter of all that it computes.
const garbage = 32 << 20

// collectLess keeps the collector's pace by that measure until ctx ends: rarely while the heap is small, as ever when it is large. Who sets GOGC is left alone.
func collectLess(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	was := debug.SetGCPercent(pace(0))
	now := pace(0)
	defer func() { debug.SetGCPercent(was) }()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 {
			continue
		}
		if next := pace(live[0].Value.Uint64()); next < now*4/5 || next > now*5/4 { // setting it stops the world for a moment
			debug.SetGCPercent(next)
			now = next
		}
	}
}

// pace is the percentage by which a heap may grow of which so many bytes are alive.
func pace(live uint64) int {
	const least, most = 100, 800
	if live == 0 {
		return most
	}
	return int(min(most, max(least, garbage*100/live)))
}
