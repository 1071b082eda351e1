package process_test

import (
	"os"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/process"
)

// BenchmarkWarmCall is what a call costs beside the handler's own work.
func BenchmarkWarmCall(b *testing.B) {
	f := process.New(process.Config{Name: "f", Command: []string{os.Args[0]}, Env: map[string]string{roleEnv: "handler"}})
	b.Cleanup(f.Close)
	inv := invoke.Invocation{Input: []byte(`{"do":"nothing"}`), Item: -1, Timeout: time.Minute}
	for b.Loop() {
		if r := f.Invoke(b.Context(), inv); r.Fault != nil {
			b.Fatal(r.Fault)
		}
	}
}
