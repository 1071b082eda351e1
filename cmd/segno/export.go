package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

func exportCommand(t terminal) *cobra.Command {
	var server string
	var force bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the functions, flows and tests of a server into a project folder",
		Long: "Writes functions.yaml, and of each flow its latest version with its tests and inputs, byte for byte as they were written. A file that says\n" +
			"something else already is left alone, unless --force. A functions.yaml that says the same keeps its comments and its order.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.export(cmd.Context(), args[0], server, force)
		},
	}
	serverFlag(cmd, &server)
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that differ")
	return cmd
}

func (t terminal) export(ctx context.Context, dir, server string, force bool) error {
	c, err := t.dial(server)
	if err != nil {
		return err
	}
	state, err := c.State(ctx)
	if err != nil {
		return refused(err)
	}
	files, err := exported(dir, state)
	if err != nil {
		return refuse("%w", err)
	}
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch there, err := os.ReadFile(filepath.Join(dir, name)); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return refuse("%w", err)
		case bytes.Equal(there, files[name]):
			delete(files, name)
		case !force:
			differ = append(differ, shownPath(dir, name))
		}
	}
	if len(differ) > 0 {
		return refuse("these files differ from what the server has; --force overwrites them: %s", strings.Join(differ, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return refuse("%w", err)
		}
		if err := os.WriteFile(at, files[name], 0o644); err != nil {
			return refuse("%w", err)
		}
		fmt.Fprintln(t.out, "wrote", shownPath(dir, name))
	}
	for _, name := range slices.Sorted(maps.Keys(state.Flows)) {
		if state.Flows[name].Version == 0 {
			fmt.Fprintf(t.out, "flow %s has only a draft; it was left out\n", name)
		}
	}
	if len(files) == 0 {
		fmt.Fprintln(t.out, "nothing to write: the folder has it all")
	}
	return nil
}

// exported gives the files of a project that is as the server. Flows that the folder has go into the file where they are.
func exported(dir string, state project.State) (map[string][]byte, error) {
	here, _ := project.Load(os.DirFS(dir))
	files := map[string][]byte{}
	for name, f := range state.Flows {
		if f.Version == 0 {
			continue
		}
		file := "flows/" + name + ".yaml"
		if own := here.File(name); own != nil {
			file = own.Path
		}
		files[file] = f.Source
	}
	tests, err := project.TestFiles(slices.DeleteFunc(slices.Clone(state.Tests), func(t project.TestSource) bool { return state.Flows[t.Flow].Version == 0 }))
	if err != nil {
		return nil, err
	}
	maps.Copy(files, tests)
	if len(state.Functions) > 0 && !sameFunctions(here.Functions, state.Functions) {
		text, err := project.FunctionsYAML(state.Functions)
		if err != nil {
			return nil, err
		}
		files["functions.yaml"] = text
	}
	return files, nil
}

// sameFunctions reports whether a folder declares just what the server has.
func sameFunctions(here []flow.Function, there map[string][]byte) bool {
	if len(here) != len(there) {
		return false
	}
	for _, f := range here {
		if !bytes.Equal(f.JSON(), there[f.Name]) {
			return false
		}
	}
	return true
}
