package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/pgtest"
)

func TestBenchPrintsOneLine(t *testing.T) {
	s := shell{t: t, dir: t.TempDir(), env: []string{"SEGNO_DATABASE_URL=" + pgtest.URL(t)}}
	for _, line := range []string{"segno bench throughput --runs 5 --steps 2 --in-flight 2", "segno bench floor --callers 2 --for 20ms"} {
		out := s.run(fine, line)
		var said struct {
			Bench string
			Steps int
		}
		if err := json.Unmarshal([]byte(out), &said); err != nil || strings.Count(out, "\n") != 1 || !strings.Contains(line, said.Bench) || said.Steps == 0 {
			t.Errorf("%s: got %q (%v), want one line of JSON", line, out, err)
		}
	}
	s.run(misused, "segno bench speed")
	s.run(notFine, "segno bench floor --database-url postgres://127.0.0.1:1/none", "connecting to the database")
}
