package runtime_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// A child whose version does not compile any more can neither go on nor undo what it did. It says so, or its parent would wait for ever.
func TestAChildThatCannotBeCarriedOnAnswersWhatItIsAsked(t *testing.T) {
	for name, failing := range map[string]string{"undo of one that succeeded": "last", "undo of one that failed": "take"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFamily(t, charge, shop)
				f.answer = func(_ int, in invoke.Invocation) invoke.Result {
					if in.Step == failing && !strings.HasSuffix(in.Key, "/undo") {
						return fails(fault.Denied, fault.None)
					}
					return invoke.Result{Output: []byte(`{"id":"x"}`)}
				}
				store := memory.New(time.Now)
				e, stop := f.engine(store)
				defer stop()
				id := f.begin(e, "shop", `{}`)
				stands(t, store, id, planner.StatusFailed)
				f.broken["charge"] = errors.New("no such function")
				f.press(e, id, runtime.Button{Kind: runtime.ButtonCompensate})
				s := stands(t, store, id, planner.StatusCompensationFailed)
				if !strings.Contains(s.Failure.Fault.Message, "no such function") {
					t.Errorf("failure: %+v", s.Failure)
				}
				delete(f.broken, "charge")
				f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
				s = stands(t, store, id, planner.StatusCompensated)
				stands(t, store, s.Steps["pay"].Unit.Child, planner.StatusCompensated)
			})
		})
	}
	t.Run("retry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFamily(t, charge, shop)
			f.answer = func(n int, in invoke.Invocation) invoke.Result {
				if in.Step == "take" && n == 1 {
					return fails(fault.Denied, fault.None)
				}
				return invoke.Result{Output: []byte(`{"id":"x"}`)}
			}
			store := memory.New(time.Now)
			e, stop := f.engine(store)
			defer stop()
			id := f.begin(e, "shop", `{}`)
			f.broken["charge"] = errors.New("no such function")
			f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
			s := stands(t, store, id, planner.StatusFailed)
			if !strings.Contains(s.Failure.Fault.Message, "no such function") {
				t.Errorf("failure: %+v", s.Failure)
			}
			delete(f.broken, "charge")
			f.press(e, id, runtime.Button{Kind: runtime.ButtonRetry})
			stands(t, store, id, planner.StatusSucceeded)
		})
	})
}
