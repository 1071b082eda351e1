// Package examples owns the sample project: two flows, their functions and inputs, and the handlers behind those functions.
//
// The handlers are ordinary Lambda handlers on aws-lambda-go. They live in this program and run in processes of their own, made by executing the
// program once more with HandlerEnv set; nothing but this program is needed to try Segno. The package imports nothing else of Segno: a handler knows
// of the workflow only what any Lambda function can know, the client context of its invocation.
package examples

import (
	"embed"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

//go:generate go run assets/draw.go

// Files is the sample project as `segno apply` takes it: functions.yaml, flows/*.yaml, inputs/*.json, tests/*.yaml.
//
//go:embed functions.yaml flows/*.yaml inputs/*.json tests/*.yaml
var Files embed.FS

// The environment of a handler's process.
const (
	HandlerEnv = "SEGNO_HANDLER" // which handler to be
	LedgerEnv  = "SEGNO_LEDGER"  // path of the ledger file; see ledger
	PaceEnv    = "SEGNO_PACE"    // how long each handler pretends to work, a Go duration; DefaultPace if unset
)

// DefaultPace lets a person see the steps light up one after the other.
const DefaultPace = 250 * time.Millisecond

// handlers are the functions of functions.yaml by name.
var handlers = map[string]func() any{
	"payments.reserve":    func() any { return serve("payments.reserve", reserve) },
	"payments.release":    func() any { return serve("payments.release", release) },
	"inventory.take":      func() any { return serve("inventory.take", take) },
	"inventory.put_back":  func() any { return serve("inventory.put_back", putBack) },
	"shipping.book":       func() any { return serve("shipping.book", book) },
	"snapvault.thumbnail": func() any { return serve("snapvault.thumbnail", thumbnail) },
	"snapvault.captions":  func() any { return serve("snapvault.captions", captions) },
	"snapvault.notify":    func() any { return serve("snapvault.notify", notify) },
	"mail.send":           func() any { return serve("mail.send", sendMail) },
}

// Handlers returns the names of all handlers, sorted.
func Handlers() []string { return slices.Sorted(maps.Keys(handlers)) }

// RunHandler makes this process the handler of that name and then never returns. With an empty name, that of a normal start, it returns at once.
// A program calls it first of all, before it reads its flags: RunHandler(os.Getenv(HandlerEnv)).
func RunHandler(name string) {
	if name == "" {
		return
	}
	handler, ok := handlers[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "%s=%q: there is no such handler; there are %v\n", HandlerEnv, name, Handlers())
		os.Exit(2)
	}
	lambda.Start(handler())
}

// Builtin returns what process.Config.Builtin asks for: the command and the environment of a handler of this package, by its name, with the ledger
// at that path. PaceEnv is passed on from this process.
func Builtin(ledger string) func(name string) (argv []string, env map[string]string, ok bool) {
	return func(name string) ([]string, map[string]string, bool) {
		if _, known := handlers[name]; !known {
			return nil, nil, false
		}
		self, err := os.Executable()
		if err != nil {
			return nil, nil, false
		}
		// A handler does one thing at a time; with one thread's worth of scheduler it starts faster and stays small.
		env := map[string]string{HandlerEnv: name, LedgerEnv: ledger, "GOMAXPROCS": "1"}
		if pace := os.Getenv(PaceEnv); pace != "" {
			env[PaceEnv] = pace
		}
		return []string{self}, env, true
	}
}
