package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/diff"
	"github.com/segno-run/segno/designer/project"
)

// diffFlags say how a difference is shown.
type diffFlags struct {
	server                   string
	json, markdown, exitCode bool
}

// anyServer is what --server means without an address: the environment's, or the default.
const anyServer = "SEGNO_SERVER"

func diffCommand(t terminal) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B | diff --server[=ADDRESS] DIR",
		Short: "What it means that two texts of a flow differ, or a folder and a server",
		Long: "Compares two texts of a flow by what they mean: steps, fields, edges, schemas, and what can run without what.\n" +
			"A and B are files, \"-\" for the standard input, REV:path of a git repository, or flow@version on a server (order@3, order@latest, order@draft).\n\n" +
			"With --server and a folder: what `segno apply` would change.",
		Example: "  segno diff HEAD:flows/order.yaml flows/order.yaml --markdown\n  segno diff order@latest flows/order.yaml\n  segno diff --server .",
		Args:    cobra.RangeArgs(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed("server")
			// The flag's address is optional, so one behind a blank comes as an argument.
			if given && f.server == anyServer && strings.Contains(args[0], "://") {
				f.server, args = args[0], args[1:]
			}
			if f.server == anyServer {
				f.server = ""
			}
			switch {
			case len(args) == 2:
				return t.diffTexts(cmd.Context(), args[0], args[1], f)
			case len(args) == 1 && given:
				return t.diffServer(cmd.Context(), args[0], f)
			case len(args) == 1:
				return misuse("what is %s to be compared with? name a second text, or add --server", args[0])
			}
			return misuse("diff takes two texts, or --server and a folder")
		},
	}
	serverFlag(cmd, &f.server)
	cmd.Flags().Lookup("server").NoOptDefVal = anyServer
	cmd.Flags().BoolVar(&f.json, "json", false, "print the difference as JSON")
	cmd.Flags().BoolVar(&f.markdown, "markdown", false, "print the difference as Markdown, for a pull request")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "exit with 1 if there is a difference")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func (t terminal) diffTexts(ctx context.Context, from, to string, f diffFlags) error {
	for _, arg := range []string{from, to} {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			return misuse("%s is a folder; compare two texts, or a folder with --server", arg)
		}
	}
	old, err := t.definition(ctx, from, f.server)
	if err != nil {
		return err
	}
	now, err := t.definition(ctx, to, f.server)
	if err != nil {
		return err
	}
	was, err := t.pinned(ctx, from, f.server)
	if err != nil {
		return err
	}
	if was != nil { // a file pins nothing, and is compared as it is written
		is, err := t.pinned(ctx, to, f.server)
		if err != nil {
			return err
		}
		if is != nil {
			old, now = diff.Pinned(old, was), diff.Pinned(now, is)
		}
	}
	d := diff.OfTyped(old, now, t.contracts(ctx, from, f.server), t.contracts(ctx, to, f.server))
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
		fmt.Fprintf(t.out, "### %s: %s\n\n%s", cmp.Or(now.Name, to), d.Summary(), d.Markdown())
	default:
		fmt.Fprintf(t.out, "%s → %s: %s\n%s", from, to, d.Summary(), t.tinted(d.Text()))
	}
	if f.exitCode && !d.Empty() {
		return said()
	}
	return nil
}

// diffServer shows what applying a folder would change.
func (t terminal) diffServer(ctx context.Context, dir string, f diffFlags) error {
	c, err := t.dial(f.server)
	if err != nil {
		return err
	}
	got, err := t.compare(ctx, c, dir)
	if err != nil {
		return err
	}
	n := got.plan.Changes()
	switch {
	case f.json:
		err = t.printJSON(struct {
			Server string       `json:"server"`
			Same   bool         `json:"same"`
			Plan   project.Plan `json:"plan"`
		}{c.Server(), n == 0, got.plan})
		if err != nil {
			return err
		}
	case f.markdown:
		fmt.Fprint(t.out, got.plan.Markdown())
	default:
		fmt.Fprint(t.out, t.tinted(got.plan.Text()))
		if n == 0 {
			fmt.Fprintln(t.out, "nothing to change")
		}
	}
	if f.exitCode && n > 0 {
		return said()
	}
	return nil
}
