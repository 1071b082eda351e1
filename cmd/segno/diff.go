package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/diff"
)

// diffFlags say how a difference is shown.
type diffFlags struct {
	json, markdown, exitCode bool
}

func diffCommand(t terminal) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "What it means that two texts of a flow differ",
		Long: "Compares two texts of a flow by what they mean: steps, fields, edges, schemas, and what can run without what.\n" +
			"A and B are files, \"-\" for the standard input, or REV:path of a git repository.",
		Example: "  segno diff HEAD:flows/order.yaml flows/order.yaml --markdown",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.diffTexts(cmd, args[0], args[1], f)
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print the difference as JSON")
	cmd.Flags().BoolVar(&f.markdown, "markdown", false, "print the difference as Markdown, for a pull request")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "exit with 1 if there is a difference")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func (t terminal) diffTexts(cmd *cobra.Command, from, to string, f diffFlags) error {
	for _, arg := range []string{from, to} {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			return misuse("%s is a folder; compare two texts", arg)
		}
	}
	old, err := t.definition(cmd.Context(), from)
	if err != nil {
		return err
	}
	now, err := t.definition(cmd.Context(), to)
	if err != nil {
		return err
	}
	d := diff.Of(old, now)
	switch {
	case f.json:
		err = t.printJSON(struct {
			From     string     `json:"from"`
			To       string     `json:"to"`
			Same     bool       `json:"same"`
			Semantic *diff.Diff `json:"semantic"`
		}{from, to, d.Empty(), d})
		if err != nil {
			return err
		}
	case f.markdown:
		name := now.Name
		if name == "" {
			name = to
		}
		fmt.Fprintf(t.out, "### %s: %s\n\n%s", name, d.Summary(), d.Markdown())
	default:
		fmt.Fprintf(t.out, "%s → %s: %s\n%s", from, to, d.Summary(), t.tinted(d.Text()))
	}
	if f.exitCode && !d.Empty() {
		return said()
	}
	return nil
}
