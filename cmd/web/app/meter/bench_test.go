package meter

import (
	"testing"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/planner"
)

// BenchmarkStep is what a step in a row adds to the server's work for being counted: its call, and the transition that settles it.
func BenchmarkStep(b *testing.B) {
	m := New()
	res := invoke.Result{Started: time.Now()}
	c := runtime.Committed{Flow: "order", Facts: []planner.Fact{&planner.CallSucceeded{}, &planner.StepCompleted{}, &planner.CallScheduled{}}}
	b.ReportAllocs()
	for b.Loop() {
		m.Called("payments.reserve", res, time.Millisecond, time.Millisecond)
		m.Committed(c)
	}
}
