package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
)

func TestRead(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		size, most int
		over       bool
	}{
		{0, mib, false}, {10, mib, false}, {mib, mib, false}, {mib + 1, mib, true}, {100, 99, true},
		{mib + 1, 64 * mib, false}, {9*mib + 3, 64 * mib, false}, {64 * mib, 64 * mib, false}, {64*mib + 1, 64 * mib, true},
		{3*mib - 1, 3*mib - 1, false}, {3 * mib, 3*mib - 1, true},
	}
	for _, tt := range tests {
		raw := bytes.Repeat([]byte("x"), tt.size)
		for _, length := range []int64{int64(tt.size), -1} {
			a, err := Read(t.Context(), iotest.HalfReader(bytes.NewReader(raw)), length, tt.most)
			if err != nil {
				t.Fatalf("%d of at most %d: %v", tt.size, tt.most, err)
			}
			if a.Over != tt.over || !tt.over && !bytes.Equal(a.Body, raw) {
				t.Errorf("%d of at most %d, said %d: got over %v and %d bytes", tt.size, tt.most, length, a.Over, len(a.Body))
			}
			if a.Over {
				f := a.Fault(tt.most)
				if f.Class != fault.TooLarge || f.Effect != fault.Maybe || len(f.Evidence) != 2 {
					t.Errorf("%d of at most %d: fault %+v", tt.size, tt.most, f)
				}
			}
			a.Free()
		}
	}
	if !large.TryAcquire(room) {
		t.Error("room was not given back")
	} else {
		large.Release(room)
	}
}

func TestReadBroken(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{10, 3 << 20} {
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), iotest.ErrReader(broken))
		if _, err := Read(t.Context(), body, -1, invoke.MostOutput); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got %v, want the error", n, err)
		}
	}
	if !large.TryAcquire(room) {
		t.Error("room was not given back")
	} else {
		large.Release(room)
	}
}

// TestReadWaits: a third large answer waits until one of the two before it is done with, or gives up.
func TestReadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw := bytes.Repeat([]byte("x"), 2<<20)
		var held []Answer
		for range 2 {
			a, err := Read(t.Context(), bytes.NewReader(raw), -1, invoke.MostOutput)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, a)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		read := func(ctx context.Context) {
			a, err := Read(ctx, bytes.NewReader(raw), -1, invoke.MostOutput)
			a.Free()
			got <- err
		}
		go read(ctx)
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("without room: got %v, want that it was cancelled", err)
		}
		go read(t.Context())
		synctest.Wait()
		select {
		case err := <-got:
			t.Errorf("without room: got %v, want that it waits", err)
		default:
		}
		held[0].Free()
		if err := <-got; err != nil {
			t.Errorf("with room again: %v", err)
		}
		held[1].Free()
	})
}
