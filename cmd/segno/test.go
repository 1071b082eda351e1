package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime/scenario"
)

func testCommand(t terminal) *cobra.Command {
	c := &testRun{t: t}
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Play the scenarios of tests/*.yaml on the engine's core, in virtual time",
		Long: "Plays every scenario of a project's tests/*.yaml on the engine's own core, in virtual time and without a server, and says what they never\n" +
			"exercise. With --faults also the fault matrix of each flow that has a test file. Exit code 1 if a scenario failed, a test file has an error,\n" +
			"or the matrix found what nobody has accepted.",
		Example: "  segno test\n  segno test --faults\n  segno test shop --junit report.xml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.dir = "."
			if len(args) > 0 {
				c.dir = args[0]
			}
			if info, err := os.Stat(c.dir); err != nil || !info.IsDir() {
				return misuse("`%s` is not a folder", c.dir)
			}
			if c.watch {
				return c.watching(cmd.Context())
			}
			return c.once(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&c.faults, "faults", false, "also let every step fail in every way, and look whether what was done gets undone")
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print the report as JSON")
	cmd.Flags().StringVar(&c.junit, "junit", "", "also write a JUnit report to this file")
	cmd.Flags().BoolVar(&c.watch, "watch", false, "go on testing whenever a file of the project changes")
	return cmd
}

// testRun is one `segno test`.
type testRun struct {
	t      terminal
	dir    string
	asJSON bool
	junit  string
	watch  bool
	faults bool
}

func (c *testRun) once(ctx context.Context) error {
	fsys := os.DirFS(c.dir)
	p, issues := project.Load(fsys)
	files, found := project.LoadTests(fsys)
	issues = append(errorsOnly(issues), found...)
	suites, more := scenario.Prepare(p, files, fsys)
	issues = append(issues, more...)
	slices.SortStableFunc(issues, func(a, b project.Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	report, err := scenario.Test(ctx, suites, c.faults)
	if err != nil {
		return refuse("%w", err)
	}
	report.Missing(p)
	if c.junit != "" {
		if err := c.writeJUnit(report, issues); err != nil {
			return err
		}
	}
	if c.asJSON {
		answer := struct {
			Fine   bool           `json:"fine"`
			Issues project.Issues `json:"issues"`
			*scenario.Report
		}{report.Fine() && !issues.HasErrors(), append(project.Issues{}, issues...), report}
		if err := c.t.printJSON(answer); err != nil {
			return err
		}
	} else {
		c.print(report, issues)
	}
	if !report.Fine() || issues.HasErrors() {
		return said()
	}
	return nil
}

// errorsOnly leaves out the warnings of flows: they are validate's to tell.
func errorsOnly(issues project.Issues) project.Issues {
	var out project.Issues
	for _, i := range issues {
		if i.Severity == flow.Error {
			out = append(out, i)
		}
	}
	return out
}

func (c *testRun) print(report *scenario.Report, issues project.Issues) {
	if len(issues) > 0 {
		sources := map[string][]byte{}
		for i := range issues {
			issues[i].File = shownPath(c.dir, issues[i].File)
			if src, err := readBounded(issues[i].File); err == nil {
				sources[issues[i].File] = src
			}
		}
		c.t.diagnostics(issues, sources)
		fmt.Fprintln(c.t.out)
	}
	for line := range strings.Lines(report.Text(func(file string) string { return shownPath(c.dir, file) })) {
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "FAIL", "FOUND", ">":
			fmt.Fprint(c.t.out, c.t.paint(red, strings.TrimSuffix(line, "\n"))+"\n")
		case "ok":
			fmt.Fprint(c.t.out, c.t.paint(green, strings.TrimSuffix(line, "\n"))+"\n")
		default:
			fmt.Fprint(c.t.out, line)
		}
	}
	if issues.HasErrors() {
		fmt.Fprintln(c.t.out, c.t.paint(red, "FAIL "+problems(errorsOnly(issues))+" in the files"))
	}
}

func (c *testRun) writeJUnit(report *scenario.Report, issues project.Issues) error {
	var problems []string
	for _, i := range issues {
		problems = append(problems, i.String())
	}
	raw, err := report.JUnit(problems)
	if err != nil {
		return refuse("writing the JUnit report: %w", err)
	}
	if err := os.WriteFile(c.junit, raw, 0o644); err != nil { //nolint:gosec // a report is for others to read
		return misuse("writing the JUnit report: %w", err)
	}
	return nil
}

// pollEvery is how often --watch looks at the files. A folder of tests is small, and asking for it is portable.
const pollEvery = 300 * time.Millisecond

func (c *testRun) watching(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	last := ""
	for {
		if now := fingerprint(c.dir); now != last {
			last = now
			if err := c.once(ctx); err != nil && err.Error() != "" {
				fmt.Fprintln(c.t.err, "segno:", err)
			}
			fmt.Fprintln(c.t.out, "\nwaiting for a change; Ctrl-C ends")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// fingerprint is what changes when a file of the project does.
func fingerprint(dir string) string {
	var b strings.Builder
	for _, pattern := range []string{"functions.yaml", "flows/*.yaml", "tests/*.yaml", "inputs/*.json"} {
		names, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern))) // the patterns are good
		for _, name := range names {
			if info, err := os.Stat(name); err == nil {
				fmt.Fprintln(&b, name, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}
