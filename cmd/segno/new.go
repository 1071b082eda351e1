package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/designer/starter"
)

func newCommand(t terminal) *cobra.Command {
	var template, title, dir string
	var bare, list, asJSON bool
	cmd := &cobra.Command{
		Use:   "new FLOW",
		Short: "Begin a flow from a template",
		Long: "Writes flows/FLOW.yaml into a project folder, from a template: " + strings.Join(starter.Names(), ", ") + ".\n" +
			"Functions that the template calls and functions.yaml lacks are added to it; every server carries their handlers. Nothing is overwritten.",
		Example: "  segno new place_order --template saga\n  segno new --list",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if list {
				return t.listTemplates(asJSON)
			}
			if len(args) == 0 {
				return misuse("which flow? segno new FLOW, or --list to see the templates")
			}
			tp, ok := starter.Find(template)
			if !ok {
				return misuse("--template is %q; it must be one of %s", template, strings.Join(starter.Names(), ", "))
			}
			return t.begin(dir, args[0], title, tp, !bare)
		},
	}
	cmd.Flags().StringVarP(&template, "template", "t", starter.Blank, "what to begin with")
	cmd.Flags().StringVar(&title, "title", "", "the flow's title")
	cmd.Flags().StringVar(&dir, "dir", ".", "the project folder")
	cmd.Flags().BoolVar(&bare, "no-functions", false, "leave functions.yaml alone")
	cmd.Flags().BoolVar(&list, "list", false, "list the templates")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --list: as JSON")
	_ = cmd.RegisterFlagCompletionFunc("template", cobra.FixedCompletions(starter.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (t terminal) listTemplates(asJSON bool) error {
	type entry struct {
		Name      string   `json:"name"`
		Title     string   `json:"title"`
		About     string   `json:"about"`
		Functions []string `json:"functions"`
	}
	all := []entry{}
	for _, tp := range starter.All() {
		all = append(all, entry{tp.Name, tp.Title, tp.About, append([]string{}, tp.Functions...)})
	}
	if asJSON {
		return t.printJSON(map[string]any{"templates": all})
	}
	for _, e := range all {
		fmt.Fprintf(t.out, "%-9s %s\n", e.Name, e.About)
	}
	return nil
}

// begin writes the flow and what it calls. It looks at everything before it writes anything.
func (t terminal) begin(dir, name, title string, tp starter.Template, functions bool) error {
	if !flow.ValidName(name) {
		hint := ""
		if better := starter.NameOf(name); better != "" {
			hint = "; take " + better
		}
		return misuse("%q can't name a flow: names are lower-case letters, digits and underscores, and begin with a letter%s", name, hint)
	}
	text, err := tp.Make(name, title)
	if err != nil {
		return refuse("%w", err)
	}
	at := filepath.Join(dir, "flows", name+".yaml")
	if _, err := os.Stat(at); err == nil {
		return refuse("%s is there already", shownPath(dir, filepath.Join("flows", name+".yaml")))
	}
	registry := filepath.Join(dir, "functions.yaml")
	var added []string
	var registered []byte
	if functions && len(tp.Functions) > 0 {
		before, err := os.ReadFile(registry)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refuse("%w", err)
		}
		if registered, added, err = register(before, tp); err != nil {
			return refuse("%s: %w", shownPath(dir, "functions.yaml"), err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return refuse("%w", err)
	}
	if len(added) > 0 {
		if err := os.WriteFile(registry, registered, 0o644); err != nil {
			return refuse("%w", err)
		}
		fmt.Fprintf(t.out, "added %s to %s\n", strings.Join(added, ", "), shownPath(dir, "functions.yaml"))
	}
	file, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return refuse("%w", err)
	}
	if _, err := file.Write(text); err != nil {
		_ = file.Close()
		return refuse("%w", err)
	}
	if err := file.Close(); err != nil {
		return refuse("%w", err)
	}
	fmt.Fprintln(t.out, "wrote", shownPath(dir, filepath.Join("flows", name+".yaml")))
	return nil
}

// register adds to the text of a functions.yaml what a template calls and it lacks, and says what that was.
func register(text []byte, tp starter.Template) (out []byte, added []string, err error) {
	old, issues := flow.ParseFunctions(text)
	if len(bytes.TrimSpace(text)) == 0 {
		issues = nil
	}
	if issues.HasErrors() {
		return nil, nil, fmt.Errorf("it has problems; mend them first, or use --no-functions: line %d: %s", issues[0].Line, issues[0].Message)
	}
	entries := map[string][]byte{}
	for _, name := range tp.Functions {
		if !slices.ContainsFunc(old, func(f flow.Function) bool { return f.Name == name }) {
			entries[name] = starter.Functions()[name].JSON()
			added = append(added, name)
		}
	}
	if len(added) == 0 {
		return text, nil, nil
	}
	more, err := project.FunctionsYAML(entries)
	if err != nil {
		return nil, nil, err
	}
	switch before := bytes.TrimRight(text, " \r\n"); string(before) {
	case "", "{}":
		out = more
	default:
		out = slices.Concat(before, []byte("\n\n"), more)
	}
	now, issues := flow.ParseFunctions(out)
	if issues.HasErrors() || len(now) != len(old)+len(added) {
		return nil, nil, errors.New("it is written in a way that nothing can be added to; add the functions by hand, or use --no-functions")
	}
	return out, added, nil
}
