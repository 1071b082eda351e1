package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
		if !json.Valid(raw) {
			return misuse("%s is not JSON", f.input)
		}
		req.Input = raw
	}
	c, err := t.dial(f.server)
	if err != nil {
		return err
	}
	id, err := c.Start(ctx, req)
	if err != nil {
		return t.startRefused(err)
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
func (t terminal) startRefused(err error) error {
	var e *client.Error
	var details struct {
		Violations []struct {
			Path    string `json:"path"`
			Message string `json:"message"`
		} `json:"violations"`
	}
	if errors.As(err, &e) && json.Unmarshal(e.Details, &details) == nil && len(details.Violations) > 1 {
		for _, v := range details.Violations {
			fmt.Fprintf(t.err, "  %s: %s\n", v.Path, v.Message)
		}
	}
	return refused(err)
}

// await stays until a run has settled, and says how it ended.
func (t terminal) await(ctx context.Context, c *client.Client, id string, w waitFlags) error {
	waiting, stop := ctx, context.CancelFunc(func() {})
	if w.timeout > 0 {
		waiting, stop = context.WithTimeout(ctx, w.timeout)
	}
	defer stop()
	r, err := c.Wait(waiting, id)
	switch {
	case err != nil && ctx.Err() != nil:
		return refuse("stopped waiting; run %s goes on", id)
	case err != nil && waiting.Err() != nil:
		return refuse("run %s has not ended within %s; it goes on", id, w.timeout)
	case err != nil:
		return refused(err)
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
		return refuse("run %s is %s: %s", id, r.Status, r.Error)
	}
	return refuse("run %s is %s", id, r.Status)
}
