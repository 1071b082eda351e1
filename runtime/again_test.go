package runtime_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/memory"
)

// What is sent twice under one id counts once; another wish under it is refused, whoever it is from, and whether the first has been taken or not.
func TestAButtonSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, "name: f\nsteps:\n  paid: {signal: {name: paid}}\n  ask: {needs: [paid], approval: {title: ok}}\n", functions)}
		store := memory.New(time.Now)
		e, stop := engine(t, store, w)
		defer stop()
		id, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		first, second := uuid.NewString(), uuid.NewString()
		for _, c := range []struct {
			what string
			b    runtime.Button
			want error
		}{
			{"a signal", runtime.Button{ID: first, Kind: runtime.ButtonSignal, Name: "paid", Output: []byte(`{"amount": 5}`), By: "ada"}, nil},
			{"the same again", runtime.Button{ID: first, Kind: runtime.ButtonSignal, Name: "paid", Output: []byte(`{"amount":5}`), By: "bob"}, nil},
			{"another payload", runtime.Button{ID: first, Kind: runtime.ButtonSignal, Name: "paid", Output: []byte(`{"amount":6}`), By: "ada"}, runtime.ErrButtonReused},
			{"an approval", runtime.Button{ID: second, Kind: runtime.ButtonApprove, Step: "ask", Approved: true}, nil},
			{"another answer", runtime.Button{ID: second, Kind: runtime.ButtonApprove, Step: "ask"}, runtime.ErrButtonReused},
		} {
			if err := e.Press(t.Context(), id, c.b); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.what, err, c.want)
			}
			synctest.Wait()
		}
		s := load(t, store, id)
		if got := string(s.Steps["paid"].Result.JSON()); got != `{"amount": 5}` || s.Ended == "" {
			t.Errorf("the signal taken is %s, and the run is %s", got, s.Status())
		}
	})
}

// A key that has started a run is known, with its input; one that was only reserved is not.
func TestStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(time.Now)
		e, stop := engine(t, store, oneStep(t))
		defer stop()
		if id, ok, err := e.Started(t.Context(), "f", "k", []byte(`{}`)); ok || err != nil {
			t.Errorf("before: got %s, %t, %v", id, ok, err)
		}
		want, _, err := e.Start(t.Context(), runtime.StartRequest{Flow: "f", Version: 1, Input: []byte(`{}`), Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if id, ok, err := e.Started(t.Context(), "f", "k", []byte(`{}`)); !ok || id != want || err != nil {
			t.Errorf("after: got %s, %t, %v; want %s", id, ok, err, want)
		}
		if _, _, err := e.Started(t.Context(), "f", "k", []byte(`[]`)); !errors.Is(err, runtime.ErrKeyReused) {
			t.Errorf("with another input: got %v", err)
		}
		sum := sha256.Sum256([]byte(`{}`))
		if _, _, err := store.ReserveStart(t.Context(), "f", "lost", uuid.NewString(), sum[:]); err != nil {
			t.Fatal(err)
		}
		if id, ok, err := e.Started(t.Context(), "f", "lost", []byte(`{}`)); ok || err != nil {
			t.Errorf("reserved and never started: got %s, %t, %v", id, ok, err)
		}
	})
}
