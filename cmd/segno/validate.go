package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/runtime/scenario"
)

func validateCommand(t terminal) *cobra.Command {
	var asJSON, fix bool
	var functions string
	cmd := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Check project folders, flows and functions.yaml; without a path this folder",
		Long: "Checks project folders, single flows (their functions are looked up in the functions.yaml beside or above them) and functions.yaml.\n" +
			"\"-\" reads a flow from the standard input. Every problem is shown at once; exit code 1 if one of them is an error.",
		Example: "  segno validate\n  segno validate flows/order.yaml --json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			v, err := t.validate(args, functions)
			if err != nil {
				return err
			}
			if fix {
				if done, err := t.mend(v.issues, v.sources); err != nil {
					return err
				} else if done > 0 {
					if v, err = t.validate(args, functions); err != nil {
						return err
					}
				}
			}
			return v.report(t, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the problems as JSON")
	cmd.Flags().BoolVar(&fix, "fix", false, "do the edits that mend a problem, in the files, and show what is left")
	cmd.Flags().StringVar(&functions, "functions", "", "the functions.yaml that single flows are checked against")
	return cmd
}

// validate checks everything that was named.
func (t terminal) validate(args []string, functions string) (*validation, error) {
	v := &validation{functions: functions, sources: map[string][]byte{}, projects: map[string]loaded{}, in: t.in}
	for _, arg := range args {
		if err := v.path(arg); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// validation gathers what is wrong with everything that was named.
type validation struct {
	functions string
	in        io.Reader

	issues   project.Issues
	sources  map[string][]byte // by the name under which it is shown
	projects map[string]loaded
	flows    []flowInfo
	counted  int // functions
}

type loaded struct {
	project *project.Project
	issues  project.Issues
}

// flowInfo is a flow that was checked.
type flowInfo struct {
	File  string `json:"file"`
	Flow  string `json:"flow"`
	Steps int    `json:"steps"`
	Valid bool   `json:"valid"`
}

func (v *validation) path(arg string) error {
	if arg == "-" {
		src, err := io.ReadAll(io.LimitReader(v.in, flow.MaxSource+1))
		if err != nil {
			return misuse("reading the standard input: %w", err)
		}
		return v.flow("-", ".", src)
	}
	info, err := os.Stat(arg)
	if err != nil {
		return misuse("%w", err)
	}
	if info.IsDir() {
		return v.folder(arg)
	}
	src, err := readBounded(arg)
	if err != nil {
		return misuse("%w", err)
	}
	if filepath.Base(arg) == "functions.yaml" {
		v.functionsFile(arg, src)
		return nil
	}
	return v.flow(arg, filepath.Dir(arg), src)
}

// folder checks a whole project.
func (v *validation) folder(dir string) error {
	p, issues := project.Load(os.DirFS(dir))
	v.counted += len(p.Functions)
	all := checkTests(p, p.Check(issues), os.DirFS(dir))
	for _, f := range p.Flows {
		v.note(shownPath(dir, f.Path), f.Source, f.Def, !slices.ContainsFunc(all, func(i project.Issue) bool { return i.File == f.Path && i.Severity == flow.Error }))
	}
	for _, i := range all {
		name := shownPath(dir, i.File)
		if _, read := v.sources[name]; !read {
			if src, err := readBounded(name); err == nil {
				v.sources[name] = src
			}
		}
		i.File = name
		v.issues = append(v.issues, i)
	}
	return nil
}

// checkTests adds what is wrong with a project's tests and inputs. Tests of a flow that has errors wait until it is mended.
func checkTests(p *project.Project, all project.Issues, fsys fs.FS) project.Issues {
	files, found := project.LoadTests(fsys)
	wrong := func(file string) bool {
		return slices.ContainsFunc(all, func(i project.Issue) bool { return i.File == file && i.Severity == flow.Error })
	}
	var whole []project.TestFile
	for _, t := range files {
		if f := p.File(t.Flow); p.Unread(t.Flow) == nil && (f == nil || !wrong(f.Path)) {
			whole = append(whole, t)
		}
	}
	_, more := scenario.Prepare(p, whole, fsys)
	all = slices.Concat(all, found, more, p.CheckInputs())
	slices.SortStableFunc(all, func(a, b project.Issue) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all
}

// flow checks one text against the functions around it.
func (v *validation) flow(name, dir string, src []byte) error {
	around, err := v.around(dir)
	if err != nil {
		return err
	}
	issues := around.project.CheckFlow(src)
	def, _ := flow.Parse(src)
	v.note(name, src, def, !issues.HasErrors())
	for _, i := range issues {
		v.issues = append(v.issues, project.Issue{File: name, Issue: i})
	}
	return nil
}

func (v *validation) functionsFile(name string, src []byte) {
	functions, issues := flow.ParseFunctions(src)
	for i := range functions {
		for _, found := range check.CheckFunction(&functions[i]) {
			if !slices.Contains(issues, found) {
				issues = append(issues, found)
			}
		}
	}
	v.counted += len(functions)
	v.sources[name] = src
	for _, i := range issues {
		v.issues = append(v.issues, project.Issue{File: name, Issue: i})
	}
}

func (v *validation) note(name string, src []byte, def *flow.Definition, valid bool) {
	v.sources[name] = src
	info := flowInfo{File: name, Valid: valid}
	if def != nil {
		info.Flow, info.Steps = def.Name, len(def.Steps)
	}
	v.flows = append(v.flows, info)
}

// around finds the project that a flow's file belongs to: the folder that it is in, or the one above if it is in flows/. Without one there are no
// functions and no other flows. --functions stands in for the project's own.
func (v *validation) around(dir string) (loaded, error) {
	got := v.folderOf(dir)
	if v.functions == "" {
		return got, nil
	}
	src, err := readBounded(v.functions)
	if err != nil {
		return loaded{}, misuse("%w", err)
	}
	functions, _ := flow.ParseFunctions(src)
	return loaded{project: got.project.WithFunctions(functions)}, nil
}

func (v *validation) folderOf(dir string) loaded {
	has := func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	}
	root := dir
	if !has(filepath.Join(dir, "functions.yaml")) {
		root = filepath.Join(dir, "..")
	}
	if known, ok := v.projects[root]; ok {
		return known
	}
	got := loaded{project: &project.Project{}} // a flow that calls nothing needs none; one that does is told so
	whole, err := filepath.Abs(dir)
	if has(filepath.Join(root, "functions.yaml")) || err == nil && filepath.Base(whole) == "flows" {
		got.project, got.issues = project.Load(os.DirFS(root))
	}
	v.projects[root] = got
	return got
}

func (v *validation) report(t terminal, asJSON bool) error {
	if asJSON {
		answer := struct {
			Valid  bool           `json:"valid"`
			Flows  []flowInfo     `json:"flows"`
			Issues project.Issues `json:"issues"`
		}{!v.issues.HasErrors(), append([]flowInfo{}, v.flows...), append(project.Issues{}, v.issues...)}
		if err := t.printJSON(answer); err != nil {
			return err
		}
	} else {
		t.diagnostics(v.issues, v.sources)
		if len(v.issues) > 0 {
			fmt.Fprintf(t.out, "\n%s\n", problems(v.issues))
		} else {
			fmt.Fprintf(t.out, "%s: no problems\n", v.seen())
		}
	}
	if v.issues.HasErrors() {
		return said()
	}
	return nil
}

// seen counts what was checked: "2 flows, 9 functions".
func (v *validation) seen() string {
	var parts []string
	if len(v.flows) > 0 || v.counted == 0 {
		parts = append(parts, counted(len(v.flows), "flow"))
	}
	if v.counted > 0 {
		parts = append(parts, counted(v.counted, "function"))
	}
	return strings.Join(parts, ", ")
}

// shownPath is how a file of a project folder is called on the screen.
func shownPath(dir, file string) string {
	return filepath.ToSlash(path.Join(filepath.ToSlash(dir), file))
}

// readBounded reads a file up to one byte more than a text may have, so that the reader of the text says that it is too long.
func readBounded(name string) (src []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, flow.MaxSource+1))
}
