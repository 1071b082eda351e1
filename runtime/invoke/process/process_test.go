package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/process"
)

func wantOutput(t *testing.T, r invoke.Result, want string) {
	t.Helper()
	if r.Fault != nil {
		t.Fatalf("got %v %v, want output %s", r.Fault, r.Fault.Evidence, want)
	}
	if string(r.Output) != want {
		t.Errorf("output: got %s, want %s", r.Output, want)
	}
}

func wantFault(t *testing.T, r invoke.Result, class fault.Class, effect fault.Effect, texts ...string) {
	t.Helper()
	if r.Fault == nil {
		t.Fatalf("got output %s, want %s/%s", r.Output, class, effect)
	}
	if r.Fault.Class != class || r.Fault.Effect != effect {
		t.Errorf("got %s/%s (%s), want %s/%s", r.Fault.Class, r.Fault.Effect, r.Fault.Message, class, effect)
	}
	all := r.Fault.Message
	for _, d := range r.Fault.Evidence {
		all += "\n" + d.Name + ": " + d.Value
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("got %q, want %q in it", all, text)
		}
	}
}

func TestAnUnmodifiedHandlerRuns(t *testing.T) {
	f := newFunction(t, func(c *process.Config) { c.Env["DECLARED"] = "yes" })
	t.Setenv("SEGNO_TEST_LEAK", "no")
	r := f.Invoke(t.Context(), invocation(t, request{Do: "echo", Text: "a\x00b é"}))
	wantOutput(t, r, `{"do":"echo","text":"a\u0000b é"}`)
	if len(r.Phases) != 2 || r.Phases[0].Name != "start" || r.Phases[1].Name != "run" {
		t.Errorf("phases of a cold call: got %v, want start and run", r.Phases)
	}
	wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "nothing"})), "null")

	before := time.Now()
	r = f.Invoke(t.Context(), invocation(t, request{Do: "context"}))
	if r.Fault != nil {
		t.Fatal(r.Fault)
	}
	var got struct {
		ID, Arn, Trace string
		Custom         map[string]string
		Deadline       time.Time
		Environ        []string
	}
	if err := json.Unmarshal(r.Output, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"idempotency_key": "r1/stock/2/0/1", "run": "r1", "flow": "order", "step": "stock", "item": "2", "attempt": "3",
		"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	if fmt.Sprint(got.Custom) != fmt.Sprint(want) {
		t.Errorf("client context: got %v, want %v", got.Custom, want)
	}
	if got.ID == "" || !strings.HasSuffix(got.Arn, ":test.fn") {
		t.Errorf("got id %q and arn %q", got.ID, got.Arn)
	}
	if want := "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1"; got.Trace != want {
		t.Errorf("trace: got %q, want %q", got.Trace, want)
	}
	if d := got.Deadline.Sub(before); d < 19*time.Second || d > 21*time.Second {
		t.Errorf("deadline: got %s from now, want 20s", d)
	}
	env := strings.Join(got.Environ, "\n")
	if strings.Contains(env, "SEGNO_TEST_LEAK") || strings.Contains(env, "PATH=") || !strings.Contains(env, "DECLARED=yes") ||
		!strings.Contains(env, "AWS_LAMBDA_FUNCTION_NAME=test.fn") {
		t.Errorf("environment: got\n%s\nwant what was declared and what the Runtime API prescribes, nothing of the server's", env)
	}
}

func TestChildrenAreReused(t *testing.T) {
	f := newFunction(t, nil)
	first := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
	for range 3 {
		wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "pid"})), string(first.Output))
	}
	// A handler's error does not cost the child.
	wantFault(t, f.Invoke(t.Context(), invocation(t, request{Do: "error", Text: "no"})), fault.FunctionError, fault.Maybe)
	wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "pid"})), string(first.Output))
}

func TestConcurrencyIsBounded(t *testing.T) {
	f := newFunction(t, func(c *process.Config) { c.Concurrency = 2 })
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		pids = map[string]bool{}
	)
	for range 12 {
		wg.Go(func() {
			r := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
			mu.Lock()
			defer mu.Unlock()
			if r.Fault != nil {
				t.Error(r.Fault)
			}
			pids[string(r.Output)] = true
		})
	}
	wg.Wait()
	if len(pids) > 2 {
		t.Errorf("got %d processes, want 2 at most", len(pids))
	}
}

func TestBusyChildren(t *testing.T) {
	f := newFunction(t, func(c *process.Config) { c.Concurrency = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	hung := make(chan invoke.Result)
	warm := f.Invoke(t.Context(), invocation(t, request{Do: "pid"}))
	wantOutput(t, warm, string(warm.Output))
	go func() { hung <- f.Invoke(ctx, invocation(t, request{Do: "hang"})) }()
	inv := invocation(t, request{Do: "echo"})
	inv.Timeout = 50 * time.Millisecond
	for { // until the hanging call has the slot
		if r := f.Invoke(t.Context(), inv); r.Fault != nil {
			wantFault(t, r, fault.Timeout, fault.None, "no free process within 50ms")
			break
		}
	}
	cancel()
	wantFault(t, <-hung, fault.Cancelled, fault.Maybe, "killed")
	wantFault(t, f.Invoke(ctx, inv), fault.Cancelled, fault.None)
	if r := f.Invoke(t.Context(), invocation(t, request{Do: "pid"})); r.Fault != nil || string(r.Output) == string(warm.Output) {
		t.Errorf("after a kill: got %s %v, want an answer of another process", r.Output, r.Fault)
	}
}

func TestLogs(t *testing.T) {
	f := newFunction(t, nil)
	r := f.Invoke(t.Context(), invocation(t, request{Do: "log", Text: "line", N: 3}))
	wantOutput(t, r, "null")
	var got []string
	for _, l := range r.Logs {
		if l.At.IsZero() {
			t.Errorf("line %q has no time", l.Text)
		}
		if l.Stream == "stdout" {
			got = append(got, l.Text)
		}
	}
	if want := "starting up|line 0|line 1|line 2"; strings.Join(got, "|") != want {
		t.Errorf("stdout: got %q, want %q", got, want)
	}
	if n := len(r.Logs); n == 0 || !hasLine(r, "stderr", "unfinished") {
		t.Errorf("got %v, want the unfinished line too", r.Logs)
	}
	// The next call's lines are its own.
	r = f.Invoke(t.Context(), invocation(t, request{Do: "log", Text: "second", N: 1}))
	if len(r.Logs) != 2 || !hasLine(r, "stdout", "second 0") {
		t.Errorf("second call: got %v, want its two lines", r.Logs)
	}
}

func hasLine(r invoke.Result, stream, text string) bool {
	for _, l := range r.Logs {
		if l.Stream == stream && l.Text == text {
			return true
		}
	}
	return false
}

func TestLogsAreBounded(t *testing.T) {
	f := newFunction(t, nil)
	for _, text := range []string{"x", strings.Repeat("é\xff", 3000)} {
		r := f.Invoke(t.Context(), invocation(t, request{Do: "log", Text: text, N: 1000}))
		wantOutput(t, r, "null")
		total := 0
		for _, l := range r.Logs {
			total += len(l.Text)
			if len(l.Text) > 4<<10 || !utf8.ValidString(l.Text) || strings.Contains(l.Text, "\n") {
				t.Fatalf("line of %d bytes, want valid UTF-8 of 4096 at most", len(l.Text))
			}
		}
		if len(r.Logs) > invoke.MaxLogLines || total > invoke.MaxLogBytes {
			t.Errorf("got %d lines of %d bytes, want %d and %d at most", len(r.Logs), total, invoke.MaxLogLines, invoke.MaxLogBytes)
		}
		if all := len(r.Logs) + r.LogsDropped; all < 1001 || all > 1002 { // with "starting up" in the first call
			t.Errorf("kept and dropped: got %d lines, want 1001 or 1002", all)
		}
		if last := r.Logs[len(r.Logs)-1].Text; len(text) == 1 && last != "x 999" && last != "unfinished" {
			t.Errorf("last line: got %q, want the last one written", last)
		}
	}
}

func TestHandlerErrors(t *testing.T) {
	f := newFunction(t, nil)
	cases := []struct {
		in     request
		class  fault.Class
		effect fault.Effect
		texts  []string
	}{
		{request{Do: "error", Text: "bank is shut"}, fault.FunctionError, fault.Maybe, []string{"bank is shut", "errorString"}},
		{request{Do: "rejected", Text: "no funds"}, fault.Rejected, fault.None, []string{"no funds"}},
		{request{Do: "not found", Text: "no account"}, fault.NotFound, fault.None, []string{"no account"}},
		{request{Do: "declined", Text: "hm"}, fault.FunctionError, fault.Maybe, []string{"Declined"}},
		{request{Do: "typed", Text: "Segno.rate_limited"}, fault.RateLimited, fault.None, nil},
		{request{Do: "typed", Text: "Segno.unavailable"}, fault.Unavailable, fault.None, nil},
		{request{Do: "typed", Text: "Segno.timeout"}, fault.Timeout, fault.Maybe, nil},
		{request{Do: "typed", Text: "Segno.nonsense"}, fault.FunctionError, fault.Maybe, nil},
		{request{Do: "typed", Text: "Denied"}, fault.Denied, fault.None, nil},
		{request{Do: "panic", Text: "nil map"}, fault.FunctionError, fault.Maybe, []string{"nil map", "child_test.go"}},
		{request{Do: "raw", Text: "<html>"}, fault.Contract, fault.Maybe, []string{"not JSON", "<html>"}},
		{request{Do: "large", N: invoke.DefaultOutput}, fault.TooLarge, fault.Maybe, nil},
		{request{Do: "exit", Text: "segfault, sort of", N: 3}, fault.Crashed, fault.Maybe, []string{"exit status 3", "segfault, sort of"}},
	}
	for _, c := range cases {
		wantFault(t, f.Invoke(t.Context(), invocation(t, c.in)), c.class, c.effect, c.texts...)
	}
	wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "echo"})), `{"do":"echo"}`)
}

func TestStartFailures(t *testing.T) {
	role := func(name string) func(*process.Config) {
		return func(c *process.Config) { c.Env[roleEnv] = name }
	}
	command := func(argv ...string) func(*process.Config) {
		return func(c *process.Config) { c.Command = argv }
	}
	call := func(change func(*process.Config)) invoke.Result {
		return newFunction(t, change).Invoke(t.Context(), invocation(t, request{Do: "echo"}))
	}
	wantFault(t, call(command("no-such-program-here")), fault.Unavailable, fault.None, "command not found", "no-such-program-here")
	wantFault(t, call(command("/no/such/program")), fault.Unavailable, fault.None, "no such file")
	wantFault(t, call(command()), fault.Unavailable, fault.None, "no command")
	wantFault(t, call(command("segno:nothing")), fault.NotFound, fault.None, `"nothing"`)
	wantFault(t, call(func(c *process.Config) { c.Dir = "/no/such/dir" }), fault.Unavailable, fault.None, "/no/such/dir")
	wantFault(t, call(role("exits at once")), fault.Unavailable, fault.None, "exit status 127", "missing library")
	wantFault(t, call(role("init error")), fault.Unavailable, fault.None, "no model file", "exit status 4")

	inv := invocation(t, request{Do: "echo"})
	inv.Timeout = 100 * time.Millisecond
	r := newFunction(t, role("never ready")).Invoke(t.Context(), inv)
	wantFault(t, r, fault.Timeout, fault.None, "did not ask for work within 100ms")
}

func TestBuiltin(t *testing.T) {
	f := newFunction(t, func(c *process.Config) {
		c.Command = []string{"segno:payments.reserve"}
		c.Env = map[string]string{"B": "declared"}
		c.Builtin = func(name string) ([]string, map[string]string, bool) {
			return []string{os.Args[0]}, map[string]string{roleEnv: "handler", "B": "builtin", "N": name}, true
		}
	})
	r := f.Invoke(t.Context(), invocation(t, request{Do: "context"}))
	if r.Fault != nil {
		t.Fatal(r.Fault)
	}
	for _, want := range []string{`"B=declared"`, `"N=payments.reserve"`} {
		if !strings.Contains(string(r.Output), want) {
			t.Errorf("got %s, want %s in it", r.Output, want)
		}
	}
}

func TestHandlerThatGivesUpAtItsDeadline(t *testing.T) {
	f := newFunction(t, nil)
	wantOutput(t, f.Invoke(t.Context(), invocation(t, request{Do: "echo"})), `{"do":"echo"}`)
	inv := invocation(t, request{Do: "give up"})
	inv.Timeout = 200 * time.Millisecond
	wantFault(t, f.Invoke(t.Context(), inv), fault.Timeout, fault.Maybe, "200ms")
}
