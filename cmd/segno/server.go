package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// serverFlag adds --server to a command that asks a server.
func serverFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "server", "", "address of the server (SEGNO_SERVER; default "+client.DefaultServer+")")
}

// dial makes a client for the address given, or that of the environment. A token comes from the environment alone: every process can read flags.
func (t terminal) dial(server string) (*client.Client, error) {
	c, err := client.New(cmp.Or(server, t.env("SEGNO_SERVER")), t.env("SEGNO_TOKEN"))
	if err != nil {
		return nil, &failure{misused, err}
	}
	return c, nil
}

// refused gives an error of the client its exit code: whatever the server says, or that there is none, is "not fine".
func refused(err error) error {
	if err == nil {
		return nil
	}
	return &failure{notFine, err}
}

// compared is a project folder held against a server.
type compared struct {
	project *project.Project
	state   project.State
	plan    project.Plan
	tests   []project.TestSource // of the folder
}

// compare loads and checks a folder and plans its way to the server. Problems of the folder are shown, and end the command.
func (t terminal) compare(ctx context.Context, c *client.Client, dir string) (*compared, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, misuse("%w", err)
	} else if !info.IsDir() {
		return nil, misuse("%s is not a folder", dir)
	}
	p, issues := project.Load(os.DirFS(dir))
	state, err := c.State(ctx)
	if err != nil {
		return nil, refused(err)
	}
	var others []flow.Function
	for name, entry := range state.Functions {
		if f, bad := flow.ParseFunctionJSON(name, entry); !bad.HasErrors() {
			others = append(others, f)
		}
	}
	var lost error
	linker := check.NewLinker(c.Published)
	server := project.ServerFlows{Signature: func(name string, version int) *check.Signature {
		sig, err := linker.Signature(ctx, name, version)
		lost = cmp.Or(lost, err)
		return sig
	}}
	for name, f := range state.Flows {
		if f.Version > 0 {
			server.Names = append(server.Names, name)
		}
	}
	p = p.With(others).WithFlows(server)
	checked := p.Check(issues)
	if lost != nil {
		return nil, refused(lost)
	}
	if issues = checked; issues.HasErrors() {
		t.out = t.err
		t.folderDiagnostics(dir, issues)
		return nil, refuse("%s has %s; nothing was compared with the server", dir, problems(issues))
	}
	tests, left := p.TestSources(os.DirFS(dir), func(flow string) bool {
		_, there := state.Flows[flow]
		return there || p.File(flow) != nil
	})
	if len(left) > 0 {
		onError := t
		onError.out = t.err
		onError.folderDiagnostics(dir, left)
	}
	plan := p.Plan(state)
	plan.Tests = project.PlanTests(tests, state.Tests)
	return &compared{p, state, plan, tests}, nil
}

// folderDiagnostics shows the problems of a project folder.
func (t terminal) folderDiagnostics(dir string, issues project.Issues) {
	sources := map[string][]byte{}
	shown := make(project.Issues, 0, len(issues))
	for _, i := range issues {
		i.File = shownPath(dir, i.File)
		if _, read := sources[i.File]; !read {
			src, err := readBounded(i.File)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				src = nil
			}
			sources[i.File] = src
		}
		shown = append(shown, i)
	}
	t.diagnostics(shown, sources)
}
