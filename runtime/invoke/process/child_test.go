package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/process"
)

// The test binary plays every process that the tests need, told by this variable.
const roleEnv = "SEGNO_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "":
		os.Exit(m.Run())
	case "handler":
		fmt.Println("starting up")
		lambda.Start(handle)
	case "init error":
		api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		resp, err := http.Post(api, "application/json", strings.NewReader(`{"errorMessage":"no model file","errorType":"Init"}`))
		if err == nil {
			resp.Body.Close()
		}
		os.Exit(4)
	case "exits at once":
		fmt.Fprintln(os.Stderr, "missing library")
		os.Exit(127)
	case "never ready", "grandchild":
		select {}
	case "host":
		host()
	}
}

type request struct {
	Do   string `json:"do"`
	Text string `json:"text,omitempty"`
	N    int    `json:"n,omitempty"`
}

// The handler's error types; the runtime client sends their names.
type (
	Rejected struct{ error }
	NotFound struct{ error }
	Declined struct{ error }
)

func handle(ctx context.Context, in request) (any, error) {
	switch in.Do {
	case "echo":
		return in, nil
	case "pid":
		return os.Getpid(), nil
	case "nothing":
		return nil, nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		until, _ := ctx.Deadline()
		return map[string]any{"id": lc.AwsRequestID, "custom": lc.ClientContext.Custom, "arn": lc.InvokedFunctionArn, "deadline": until,
			"trace": os.Getenv("_X_AMZN_TRACE_ID"), "environ": os.Environ()}, nil
	case "log":
		for i := range in.N {
			fmt.Println(in.Text, i)
		}
		fmt.Fprint(os.Stderr, "unfinished")
		return nil, nil
	case "error":
		return nil, errors.New(in.Text)
	case "rejected":
		return nil, Rejected{errors.New(in.Text)}
	case "not found":
		return nil, &NotFound{errors.New(in.Text)}
	case "declined":
		return nil, Declined{errors.New(in.Text)}
	case "typed":
		return nil, messages.InvokeResponse_Error{Message: "as told", Type: in.Text}
	case "panic":
		panic(in.Text)
	case "exit":
		fmt.Fprintln(os.Stderr, in.Text)
		os.Exit(in.N)
	case "raw":
		return strings.NewReader(in.Text), nil
	case "large":
		return strings.Repeat("x", in.N), nil
	case "give up":
		<-ctx.Done()
		return nil, fmt.Errorf("asking the bank: %w", ctx.Err())
	case "hang":
		fmt.Println("pid", os.Getpid())
		select {}
	case "hang with a grandchild":
		cmd := exec.Command(os.Args[0])
		cmd.Env = []string{roleEnv + "=grandchild"}
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		fmt.Println("pid", cmd.Process.Pid)
		select {}
	}
	return nil, fmt.Errorf("no such thing to do: %q", in.Do)
}

// host is a server that is about to be killed: it calls a handler that hangs, and passes the handler's lines on.
func host() {
	out := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := process.New(process.Config{Name: "f", Command: []string{os.Args[0]}, Env: map[string]string{roleEnv: "handler"}, Logger: out})
	r := f.Invoke(context.Background(), invoke.Invocation{Input: []byte(`{"do":"pid"}`), Item: -1, Timeout: time.Minute})
	fmt.Println("pid", string(r.Output))
	f.Invoke(context.Background(), invoke.Invocation{Input: []byte(`{"do":"hang"}`), Item: -1, Timeout: time.Minute})
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func newFunction(t *testing.T, change func(*process.Config)) invoke.Invoker {
	t.Helper()
	cfg := process.Config{Name: "test.fn", Command: []string{os.Args[0]}, Env: map[string]string{roleEnv: "handler"}}
	if change != nil {
		change(&cfg)
	}
	f := process.New(cfg)
	t.Cleanup(f.Close)
	return f
}

func invocation(t *testing.T, in request) invoke.Invocation {
	t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return invoke.Invocation{Function: "test.fn", Run: "r1", Flow: "order", Version: 1, Step: "stock", Item: 2, Attempt: 3, Key: "r1/stock/2/0/1",
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Input: input, Timeout: 20 * time.Second}
}
