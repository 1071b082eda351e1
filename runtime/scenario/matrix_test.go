package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// faults runs the matrix of testdata/sagas/NAME/FILE.
func faults(t *testing.T, name, file string) *Matrix {
	t.Helper()
	dir := filepath.Join("testdata", "sagas")
	fsys := fstest.MapFS{}
	for to, from := range map[string]string{"functions.yaml": filepath.Join(dir, "functions.yaml"), "flows/trip.yaml": filepath.Join(dir, name, file),
		"tests/trip.yaml": filepath.Join(dir, name, "test.yaml")} {
		src, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		fsys[to] = &fstest.MapFile{Data: src}
	}
	s := prepare(t, fsys)[0]
	outcomes, _, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if !o.Passed {
			t.Errorf("%s/%s: without a fault: %v\n%s", name, file, o.Problems, strings.Join(o.Story, "\n"))
		}
	}
	m, err := s.Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSagas: each planted bug is found, and its mended twin is clean.
func TestSagas(t *testing.T) {
	bugs, err := filepath.Glob("testdata/sagas/*/bug.yaml")
	if err != nil || len(bugs) < 12 {
		t.Fatalf("%d flows, %v", len(bugs), err)
	}
	for _, path := range bugs {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, c := range faults(t, name, "bug.yaml").Cells {
				for _, f := range c.Findings {
					fmt.Fprintf(&got, "%s × %s: %s: %s\n", c.Step, c.Fault, f.Kind, f.Message)
				}
			}
			golden := filepath.Join(filepath.Dir(path), "found.txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got.Len() == 0 || got.String() != string(want) {
				t.Errorf("found\n%s\nwant\n%s%v", got.String(), want, err)
			}
			if m := faults(t, name, "mended.yaml"); !m.Fine() {
				t.Errorf("the mended twin is not clean:\n%s", m.Text())
			}
		})
	}
}

// TestOrderMatrix: the samples are fine, and what is accepted is told.
func TestOrderMatrix(t *testing.T) {
	for _, s := range prepare(t, exampleFiles()) {
		m, err := s.Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(m)
		if !m.Fine() || err != nil || s.Flow == "order" && !strings.Contains(string(raw), `"result":"accepted"`) {
			t.Errorf("%s: %v\n%s", s.Flow, err, m.Text())
		}
	}
}

// TestMatrixIsDeterministic: the same flow gives the same matrix, byte for byte.
func TestMatrixIsDeterministic(t *testing.T) {
	first := faults(t, "forgotten_beside", "bug.yaml").Text()
	for range 3 {
		if again := faults(t, "forgotten_beside", "bug.yaml").Text(); again != first {
			t.Fatalf("got\n%s\nthen\n%s", first, again)
		}
	}
	for _, want := range []string{"faults of trip (", "before", "compensation", "FOUND what `stock` did is left: the step has no `compensate`", "`stock` ends before it"} {
		if !strings.Contains(first, want) {
			t.Errorf("missing %q in\n%s", want, first)
		}
	}
}

func TestMatrixStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range prepare(t, exampleFiles()) {
		if _, err := s.Faults(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, _, err := s.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// BenchmarkOrderMatrix runs the whole matrix of the Order sample: at most two seconds.
func BenchmarkOrderMatrix(b *testing.B) {
	s := prepare(b, exampleFiles())[0]
	for b.Loop() {
		if _, err := s.Faults(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBoundedOrders: a step with more beside it than are tried in every order says so.
func TestBoundedOrders(t *testing.T) {
	for beside, want := range map[int]int{mostBeside: 0, mostBeside + 1: mostBeside + 1} {
		steps := ""
		for n := range beside {
			steps += fmt.Sprintf("  mail_%d: {call: mail}\n", n)
		}
		fsys := shopWith("name: shop\nsteps:\n  pay: {call: pay, with: {n: 1}, compensate: {call: refund, with: {id: \"${{ steps.pay.output.id }}\"}}}\n" + steps)
		m, err := prepare(t, fsys)[0].Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range m.Cells {
			if c.Step == "pay" && c.Fault == "before" && c.Beside != want {
				t.Errorf("%d steps beside: got %d, want %d", beside, c.Beside, want)
			}
		}
		if told := strings.Contains(m.Text(), "bounded pay: "); told != (want > 0) {
			t.Errorf("%d steps beside: told of a bound: %t", beside, told)
		}
	}
}
