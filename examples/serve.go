package examples

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The errors with which a handler says that it refused before it did anything. Segno goes by the name of the type.
type (
	// Rejected refuses a call that would be refused again, unless a person helps.
	Rejected struct{ message string }
	// Unavailable asks to be called again later.
	Unavailable struct{ message string }
)

// Error gives the message.
func (e Rejected) Error() string { return e.message }

// Error gives the message.
func (e Unavailable) Error() string { return e.message }

// invocation is what a handler knows about its call.
type invocation struct {
	key    string
	step   string
	before history
	told   bool // the step was told to fail its first call
	books  ledger
}

// id makes an identifier that depends on nothing but the key: asked twice, a handler gives the same answer.
func (inv invocation) id(prefix string) string { return identifier(prefix, inv.key) }

func identifier(prefix, key string) string {
	sum := sha256.Sum256([]byte(key))
	return prefix + "_" + hex.EncodeToString(sum[:5])
}

// undo marks the call of that key as undone, so that it does nothing if it comes only now, and reports whether it had done anything.
func (inv invocation) undo(key string) (did bool, err error) {
	if err := inv.books.undo(key); err != nil {
		return false, Unavailable{err.Error()}
	}
	was, err := inv.books.history(key)
	if err != nil {
		return false, Unavailable{err.Error()}
	}
	if !was.done {
		log.Printf("nothing was done under key %s", key)
	}
	return was.done, nil
}

// serve makes a Lambda handler of a function's work: it looks up the key, refuses the first call of a step that was told to fail, works, and writes
// the ledger before it answers.
func serve[In, Out any](function string, work func(invocation, In) (Out, error)) func(context.Context, json.RawMessage) (any, error) {
	log.SetFlags(0) // the server notes when a line came
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		books := ledger{path: os.Getenv(LedgerEnv)}
		if books.path == "" {
			return nil, Unavailable{LedgerEnv + " is not set, so this function could not tell what it does"}
		}
		inv, line := identify(ctx, function)
		inv.books = books
		var err error
		if inv.before, err = books.history(inv.key); err != nil {
			return nil, Unavailable{err.Error()}
		}
		log.Printf("call %d with key %s", inv.before.invocations+1, inv.key)

		out, err := attempt(ctx, raw, inv, work)
		line.At, line.Outcome = time.Now().UTC(), done
		if err != nil {
			line.Outcome, line.Note = outcome(err), err.Error()
		} else if inv.before.done {
			line.Note = "done before under this key: the same answer again"
		}
		if line.Note != "" {
			log.Print(line.Note)
		}
		if err := books.add(line); err != nil {
			return nil, err
		}
		return out, err
	}
}

// identify reads the client context. A call from outside a run has no key; its request is its key.
func identify(ctx context.Context, function string) (invocation, entry) {
	var custom map[string]string
	key := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		custom, key = lc.ClientContext.Custom, lc.AwsRequestID
	}
	if k := custom["idempotency_key"]; k != "" {
		key = k
	}
	number, _ := strconv.Atoi(custom["attempt"]) // 0 outside a run
	return invocation{key: key, step: custom["step"]},
		entry{Function: function, Key: key, Run: custom["run"], Step: custom["step"], Item: custom["item"], Attempt: number}
}

func attempt[In, Out any](ctx context.Context, raw json.RawMessage, inv invocation, work func(invocation, In) (Out, error)) (any, error) {
	var (
		in   In
		told struct {
			Fail string `json:"fail"`
		}
	)
	if err := errors.Join(json.Unmarshal(raw, &in), json.Unmarshal(raw, &told)); err != nil {
		return nil, Rejected{fmt.Sprintf("the input cannot be read: %v", err)}
	}
	if err := pretend(ctx); err != nil {
		return nil, err
	}
	inv.told = told.Fail != "" && told.Fail == inv.step
	if inv.told && inv.before.invocations == 0 {
		return nil, Rejected{fmt.Sprintf("the input says that %s shall fail; this was its first call, the next one will succeed", inv.step)}
	}
	out, err := work(inv, in)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pretend takes as long as a real function might.
func pretend(ctx context.Context) error {
	pace := DefaultPace
	if text := os.Getenv(PaceEnv); text != "" {
		var err error
		if pace, err = time.ParseDuration(text); err != nil {
			return Unavailable{fmt.Sprintf("%s: %v", PaceEnv, err)}
		}
	}
	wait := time.NewTimer(pace)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("working: %w", ctx.Err())
	}
}

// outcome tells a refusal from a failure.
func outcome(err error) string {
	switch err.(type) {
	case Rejected, Unavailable:
		return refused
	}
	return failed
}
