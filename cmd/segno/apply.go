package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// applyFlags say how a project is applied.
type applyFlags struct {
	server, message     string
	dryRun, force, json bool
}

func applyCommand(t terminal) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply DIR",
		Short: "Make a server hold what a project folder says",
		Long: "Checks the folder, shows what will change, and then registers its functions, publishes its flows, and stores their tests and inputs. What is\n" +
			"unchanged stays as it is, without a new version. What only the server has is reported and never deleted.",
		Example: "  segno apply . --dry-run\n  segno apply . --message \"Review large orders\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.apply(cmd.Context(), args[0], f)
		},
	}
	serverFlag(cmd, &f.server)
	cmd.Flags().StringVarP(&f.message, "message", "m", "", "why: the message of every new version")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show the plan and change nothing")
	cmd.Flags().BoolVar(&f.force, "force", false, "change functions even if that breaks a flow that is not in the folder")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the plan, and what came of it, as JSON")
	return cmd
}

// applied is one thing that was changed.
type applied struct {
	Function string `json:"function,omitempty"`
	Flow     string `json:"flow,omitempty"`
	Version  int    `json:"version,omitempty"` // of the flow
	Test     string `json:"test,omitempty"`    // a test file or an input of the flow, within the project
}

func (t terminal) apply(ctx context.Context, dir string, f applyFlags) error {
	c, err := t.dial(f.server)
	if err != nil {
		return err
	}
	got, err := t.compare(ctx, c, dir)
	if err != nil {
		return err
	}
	if !f.json {
		fmt.Fprint(t.out, t.tinted(got.plan.Text()))
	}
	done, held := []applied{}, []heldBack(nil)
	if !f.dryRun {
		done, held, err = t.carryOut(ctx, c, dir, got, f)
	}
	if f.json {
		answer := struct {
			Plan    project.Plan `json:"plan"`
			Applied []applied    `json:"applied"`
			Held    []heldBack   `json:"held,omitempty"`
		}{got.plan, done, held}
		if printed := t.printJSON(answer); printed != nil {
			return printed
		}
		return err
	}
	switch n := got.plan.Changes(); {
	case err != nil:
		return err
	case n == 0:
		fmt.Fprintln(t.out, "nothing to change")
	case f.dryRun:
		fmt.Fprintf(t.out, "%s planned; nothing was changed\n", counted(n, "change"))
	}
	return nil
}

// heldBack is a flow that was not published because one that it runs was not.
type heldBack struct {
	Flow string `json:"flow"`
	Runs string `json:"runs"`
}

// carryOut does what the plan says: functions first, for flows are checked against them.
func (t terminal) carryOut(ctx context.Context, c *client.Client, dir string, got *compared, f applyFlags) ([]applied, []heldBack, error) {
	done := []applied{}
	note := func(a applied, format string, args ...any) {
		done = append(done, a)
		if !f.json {
			fmt.Fprintf(t.out, format+"\n", args...)
		}
	}
	for _, fp := range got.plan.Functions {
		if fp.Action != project.Create && fp.Action != project.Update {
			continue
		}
		if err := t.put(ctx, c, got.project, fp.Name, f.force); err != nil {
			return done, nil, err
		}
		note(applied{Function: fp.Name}, "registered function %s", fp.Name)
	}
	plans := map[string]project.FlowPlan{}
	for _, fp := range got.plan.Flows {
		if fp.Action == project.Create || fp.Action == project.Update {
			plans[fp.Name] = fp
		}
	}
	// A flow that another one runs comes first, so that the other runs its new version; one that is refused holds back those that run it.
	var refusals []error
	var left []project.FlowPlan
	var waiting []heldBack
	held := map[string]bool{}
	for _, file := range got.project.Ordered() {
		fp, changes := plans[file.Def.Name]
		if !changes {
			continue
		}
		children := got.project.Children(fp.Name)
		if i := slices.IndexFunc(children, func(child string) bool { return held[child] }); i >= 0 {
			waiting, held[fp.Name] = append(waiting, heldBack{fp.Name, children[i]}), true
			continue
		}
		version, err := c.Publish(ctx, fp.Name, file.Source, f.message)
		switch {
		case client.IsCode(err, "invalid"):
			refusals, left, held[fp.Name] = append(refusals, err), append(left, fp), true
		case err != nil:
			return done, waiting, refused(err)
		default:
			note(applied{Flow: fp.Name, Version: version}, "published flow %s version %d", fp.Name, version)
		}
	}
	if len(left) > 0 {
		t.refusals(dir, left, refusals, got.project)
		for _, h := range waiting {
			fmt.Fprintf(t.err, "flow %s is not published, because it runs %s, which is not\n", h.Flow, h.Runs)
		}
		return done, waiting, refused(errors.Join(refusals...))
	}
	for _, tp := range got.plan.Tests {
		if tp.Action != project.Create && tp.Action != project.Update {
			continue
		}
		i := slices.IndexFunc(got.tests, func(s project.TestSource) bool { return s.Flow == tp.Flow && s.Path() == tp.File })
		if err := c.PutTest(ctx, got.tests[i]); err != nil {
			return done, nil, refused(err)
		}
		note(applied{Flow: tp.Flow, Test: tp.File}, "stored %s of %s", tp.File, tp.Flow)
	}
	return done, nil, nil
}

// put registers a function. That it breaks a flow of the folder is no hindrance: the folder's own text of that flow, which has been checked against
// it, is published next.
func (t terminal) put(ctx context.Context, c *client.Client, p *project.Project, name string, force bool) error {
	entry := p.Function(name).JSON()
	err := c.PutFunction(ctx, name, entry, force)
	var conflict *client.Error
	if errors.As(err, &conflict) && conflict.Code == "conflict" {
		broken := conflict.Broken()
		if len(broken) > 0 && !slices.ContainsFunc(broken, func(b client.Broken) bool { return p.File(b.Flow) == nil }) {
			err = c.PutFunction(ctx, name, entry, true)
		} else {
			t.breaks(ctx, c, broken)
			return refuse("%s (--force)", conflict.Message)
		}
	}
	return refused(err)
}

// breaks shows the lines of the server's flows that a change would break.
func (t terminal) breaks(ctx context.Context, c *client.Client, broken []client.Broken) {
	var all project.Issues
	sources := map[string][]byte{}
	for _, b := range broken {
		name := fmt.Sprintf("%s@%d", b.Flow, b.Version)
		if src, err := c.Version(ctx, b.Flow, strconv.Itoa(b.Version)); err == nil { // without it the places are told without the lines
			sources[name] = src
		}
		for _, i := range b.Issues {
			i.Fix = flow.Fix{} // the text is the server's
			all = append(all, project.Issue{File: name, Issue: i})
		}
	}
	t.out = t.err
	t.diagnostics(all, sources)
	if len(all) > 0 {
		fmt.Fprintln(t.err)
	}
}

// refusals shows what the server found wrong, where it is in the folder's files.
func (t terminal) refusals(dir string, plans []project.FlowPlan, errs []error, p *project.Project) {
	var all project.Issues
	for i, fp := range plans {
		var e *client.Error
		var details struct {
			Issues []flow.Issue `json:"issues"`
		}
		if errors.As(errs[i], &e) && json.Unmarshal(e.Details, &details) == nil {
			for _, issue := range details.Issues {
				all = append(all, project.Issue{File: p.File(fp.Name).Path, Issue: issue})
			}
		}
	}
	t.out = t.err
	t.folderDiagnostics(dir, all)
}
