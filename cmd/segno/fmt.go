package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

func fmtCommand(t terminal) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [PATH…]",
		Short: "Bring the YAML of flows and functions into one form, comments kept",
		Long: "Rewrites files in place and names those that changed: two blanks a level, lists one level below their key, one blank behind colons and dashes, double\n" +
			"quotes, single empty lines. Comments, the order of keys and the breaking of lines stay; what a text means never changes. A folder stands for its\n" +
			"functions.yaml, flows/*.yaml and tests/*.yaml; \"-\" formats the standard input to the standard output.",
		Example: "  segno fmt\n  segno fmt --check flows/order.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			files, err := yamlFiles(args)
			if err != nil {
				return err
			}
			bad := false
			for _, name := range files {
				fine, err := t.format(name, check)
				if err != nil {
					return err
				}
				bad = bad || !fine
			}
			if bad {
				return said()
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; name the files that would change, and exit with 1 if there are any")
	return cmd
}

// yamlFiles lists the files that paths stand for.
func yamlFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			files = append(files, arg)
		case err != nil:
			return nil, misuse("%w", err)
		case !info.IsDir():
			files = append(files, arg)
		default:
			for _, pattern := range []string{"functions.yaml", "flows/*.yaml", "tests/*.yaml"} {
				found, err := filepath.Glob(filepath.Join(arg, pattern))
				if err != nil {
					return nil, misuse("%s: %w", arg, err)
				}
				files = append(files, found...)
			}
		}
	}
	return files, nil
}

// format brings one file into form, and reports whether there is nothing to say against it.
func (t terminal) format(name string, check bool) (bool, error) {
	var src []byte
	var err error
	if name == "-" {
		src, err = io.ReadAll(io.LimitReader(t.in, flow.MaxSource+1))
	} else {
		src, err = readBounded(name)
	}
	if err != nil {
		return false, misuse("%w", err)
	}
	out, issues, err := project.Format(src)
	switch {
	case errors.Is(err, project.ErrUnsure):
		fmt.Fprintf(t.err, "segno: %s %v\n", name, err)
		return false, nil
	case err != nil:
		return false, refuse("formatting %s: %w", name, err)
	case len(issues) > 0:
		all := make(project.Issues, 0, len(issues))
		for _, i := range issues {
			all = append(all, project.Issue{File: name, Issue: i})
		}
		t.out = t.err
		t.diagnostics(all, map[string][]byte{name: src})
		return false, nil
	}
	same := bytes.Equal(src, out)
	switch {
	case check && !same:
		fmt.Fprintln(t.out, name)
		return false, nil
	case check:
	case name == "-":
		if _, err := t.out.Write(out); err != nil {
			return false, refuse("writing the text: %w", err)
		}
	case !same:
		if err := replace(name, out); err != nil {
			return false, refuse("%w", err)
		}
		fmt.Fprintln(t.out, name)
	}
	return true, nil
}

// replace writes a file anew, as a whole or not at all.
func replace(name string, text []byte) (err error) {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
