package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
)

// startFlags say how a run is started.
type startFlags struct {
	server, input, key string
	version            int
	wait               waitFlags
}

// waitFlags are those of commands that can stay until a run has settled.
type waitFlags struct {
	wait, json bool
	timeout    time.Duration
}

func (w *waitFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.wait, "wait", false, "stay until the run has ended or failed; exit with 1 unless it succeeded")
	cmd.Flags().DurationVar(&w.timeout, "timeout", 0, "with --wait: give up waiting after this time; the run goes on (0: never)")
	cmd.Flags().BoolVar(&w.json, "json", false, "print the run as JSON")
}

func startCommand(t terminal) *cobra.Command {
	var f startFlags
	cmd := &cobra.Command{
		Use:     "start FLOW",
		Short:   "Start a run",
		Long:    "Starts a run of the latest version and prints its id once it is durable. With --wait it prints the output of the run.",
		Example: "  segno start order --input inputs/order.json --wait",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.start(cmd.Context(), args[0], f)
		},
	}
	serverFlag(cmd, &f.server)
	cmd.Flags().StringVarP(&f.input, "input", "i", "", "a file with the input as JSON; \"-\" is the standard input (default: {})")
	cmd.Flags().IntVar(&f.version, "version", 0, "the version to run (default: the latest)")
	cmd.Flags().StringVar(&f.key, "idempotency-key", "", "the same key and input give the same run again")
	f.wait.add(cmd)
	return cmd
}

func (t terminal) start(ctx context.Context, flow string, f startFlags) error {
	req := client.StartRequest{Flow: flow, Version: f.version, Key: f.key}
	if f.version < 0 {
		return misuse("--version is %d; versions count from 1", f.version)
	}
	if f.input != "" {
		raw, err := t.inputText(f.input)
		if err != nil {
			return misuse("%w", err)
		}
		if err := isJSON(raw); err != nil {
			return misuse("%s is not JSON: %w", inputName(f.input), err)
		}
		req.Input = raw
	}
	c, err := t.dial(f.server)
	if err != nil {
		return err
	}
	id, err := c.Start(ctx, req)
	if err != nil {
		return startRefused(err)
	}
	if !f.wait.wait {
		if f.wait.json {
			return t.printJSON(map[string]string{"id": id})
		}
		fmt.Fprintln(t.out, id)
		return nil
	}
	if !f.wait.json {
		fmt.Fprintln(t.err, "run", id)
	}
	return t.await(ctx, c, id, f.wait)
}

func (t terminal) inputText(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(t.in)
	}
	return readBounded(name)
}

// startRefused adds to a refusal what is wrong with the input, a line each.
func startRefused(err error) error {
	var e *client.Error
	var details struct {
		Violations []struct {
			Path    string `json:"path"`
			Message string `json:"message"`
		} `json:"violations"`
	}
	if errors.As(err, &e) && json.Unmarshal(e.Details, &details) == nil && len(details.Violations) > 1 {
		var lines strings.Builder
		for _, v := range details.Violations {
			fmt.Fprintf(&lines, "\n  %s: %s", v.Path, v.Message)
		}
		return refuse("the input breaks its schema:%s", lines.String())
	}
	return refused(err)
}

// inputName is what a person calls the input that --input names.
func inputName(name string) string {
	if name == "-" {
		return "the standard input"
	}
	return name
}

// isJSON says what keeps a text from being JSON, and where.
func isJSON(raw []byte) error {
	var v any
	err := json.Unmarshal(raw, &v)
	var bad *json.SyntaxError
	if !errors.As(err, &bad) {
		return err
	}
	before := raw[:min(int(max(bad.Offset-1, 0)), len(raw))]
	return fmt.Errorf("line %d, column %d: %w", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'), bad)
}

// wait stays until there is an answer, or the time of --timeout is over: not and goesOn are the words for that.
func wait[T any](ctx context.Context, w waitFlags, not, goesOn string, until func(context.Context) (T, error)) (T, error) {
	waiting, stop := ctx, context.CancelFunc(func() {})
	if w.timeout > 0 {
		waiting, stop = context.WithTimeout(ctx, w.timeout)
	}
	defer stop()
	got, err := until(waiting)
	switch {
	case err != nil && ctx.Err() != nil:
		err = refuse("stopped waiting: %s; %s", not, goesOn)
	case err != nil && waiting.Err() != nil:
		err = refuse("%s within %s; %s", not, w.timeout, goesOn)
	case err != nil:
		err = refused(err)
	}
	return got, err
}

// await stays until a run has settled, and says how it ended.
func (t terminal) await(ctx context.Context, c *client.Client, id string, w waitFlags) error {
	r, err := wait(ctx, w, "run "+id+" has not ended", "it goes on", func(ctx context.Context) (*client.Run, error) { return c.Wait(ctx, id) })
	switch {
	case err != nil:
		return err
	case w.json:
		if err := t.printJSON(r.Raw); err != nil {
			return err
		}
	case r.Status == "succeeded":
		if len(r.Output) > 0 {
			fmt.Fprintf(t.out, "%s\n", r.Output)
		}
	}
	if r.Status == "succeeded" {
		return nil
	}
	if r.Error != nil {
		return refuse("run %s %s: %s", id, became(r.Status), r.Error)
	}
	return refuse("run %s %s", id, became(r.Status))
}

// became is what happened to a run that ended other than well.
func became(status string) string {
	switch status {
	case "failed":
		return "failed"
	case "cancelled", "compensated":
		return "was " + status
	case "compensation_failed":
		return "could not be compensated"
	}
	return "is " + status
}
