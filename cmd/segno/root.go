package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	fine    = 0
	notFine = 1 // what was asked about is not fine: problems, a failed run, a server that refuses
	misused = 2 // wrong usage: an unknown flag, a file that is not there
)

// failure is an error with an exit code. Without words everything has been said already.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// said ends a command whose output says why it is not fine.
func said() error { return &failure{code: notFine} }

func refuse(format string, args ...any) error { return &failure{notFine, fmt.Errorf(format, args...)} }

func misuse(format string, args ...any) error { return &failure{misused, fmt.Errorf(format, args...)} }

// run carries out one command and returns its exit code.
func run(ctx context.Context, args []string, t terminal) int {
	root := newRoot(t)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return fine
	}
	var f *failure
	if !errors.As(err, &f) { // what the library finds wrong with flags, arguments and names of commands
		fmt.Fprintf(t.err, "segno: %v\ntry: %s --help\n", err, cmd.CommandPath())
		return misused
	}
	if f.err != nil {
		fmt.Fprintln(t.err, "segno:", f.err)
	}
	return f.code
}

func newRoot(t terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "segno",
		Short: "Durable workflows: check, draw, compare, apply and run them",
		Long: "segno works on a project folder (functions.yaml, flows/*.yaml, inputs/*.json) and on a Segno server.\n\n" +
			"Exit codes: 0 fine, 1 what was asked about is not fine, 2 wrong usage.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.AddCommand(newCommand(t), validateCommand(t), fmtCommand(t), testCommand(t), renderCommand(t), diffCommand(t),
		applyCommand(t), exportCommand(t), startCommand(t), runsCommand(t), retryCommand(t), retentionCommand(t), replicasCommand(t), benchCommand(t))
	root.InitDefaultCompletionCmd()
	return root
}

// printJSON writes v for a program: indented, with a newline behind it, and with <, > and & as they are.
func (t terminal) printJSON(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return refuse("writing the answer: %w", err)
	}
	return nil
}
