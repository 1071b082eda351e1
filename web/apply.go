package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
)

// Project is what Apply makes the server hold.
type Project struct {
	Functions []flow.Function
	Flows     []FlowSource
	Tests     []project.TestSource // test files and inputs of flows that the server has, these ones included
	// Before is what was applied last, by "function NAME", "flow NAME" and TestKey. What the server holds instead of it came from somebody else, and that it
	// is replaced is worth a note. Without an entry nothing is said.
	Before map[string][]byte
}

// FlowSource is a flow's name and its YAML.
type FlowSource struct {
	Name   string
	Source []byte
}

// Applied is what came of Apply.
type Applied struct {
	Changed []string  // in words: "function pay", "flow order version 3"
	Notes   []string  // sentences on what stays beside it, or was replaced
	Refused []Refusal // what the server would refuse from anybody else

	published map[string]int // the new versions, by flow
}

// Refusal is a function or a flow that was not applied.
type Refusal struct {
	Function, Flow string // one of them
	Message        string
	Issues         []view.Issue // of the flow's text
}

// Apply registers a project's functions and publishes its flows. What the server holds already, byte for byte, is left alone, also if another server
// puts it there at the same moment, and nothing is ever removed. A change of a function that breaks a live flow which the project does not bring anew
// is refused, and then nothing is changed at all. An error is the server's own trouble; what was done until then stays.
func (s *Server) Apply(ctx context.Context, p Project, message, author string) (Applied, error) {
	done := Applied{published: map[string]int{}}
	todo, err := s.newFunctions(ctx, p, &done)
	if err != nil || len(done.Refused) > 0 {
		return done, err
	}
	for _, f := range todo {
		if _, err := s.DB.PutFunction(ctx, f.Name, f.JSON(), models.AnyRev); err != nil {
			return done, fmt.Errorf("registering function %q: %w", f.Name, err)
		}
		s.Functions.Changed(f.Name)
		done.Changed = append(done.Changed, "function "+f.Name)
	}
	// A flow that another one of the project starts has to be there first. So what is refused waits until another has been published.
	for left := p.Flows; len(left) > 0; {
		var again []FlowSource
		var refused []Refusal
		for _, f := range left {
			err := s.applyFlow(ctx, f, p.Before["flow "+f.Name], message, author, &done)
			var bad *Error
			switch {
			case errors.As(err, &bad) && bad.Code != CodeInternal:
				again, refused = append(again, f), append(refused, refusalOf(f.Name, bad))
			case err != nil:
				return done, err
			}
		}
		if len(again) == len(left) {
			done.Refused = refused
			return done, nil
		}
		left = again
	}
	if err := s.noteBehind(ctx, &done); err != nil {
		return done, err
	}
	return done, s.applyTests(ctx, p, &done)
}

// TestKey names a test file in Project.Before.
func TestKey(t project.TestSource) string { return "test " + testName(t) }

func testName(t project.TestSource) string { return t.Path() + " of " + t.Flow }

// applyTests stores the test files of a project. What the server has beside them stays.
func (s *Server) applyTests(ctx context.Context, p Project, done *Applied) error {
	for _, t := range p.Tests {
		there, err := s.DB.FlowTest(ctx, t.Flow, t.File)
		known := err == nil
		if known && bytes.Equal(there.Source, t.Source) {
			continue
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		_, err = s.saveTest(ctx, t.Flow, t.File, t.Source, models.AnyRev)
		var bad *Error
		if errors.As(err, &bad) && bad.Code != CodeInternal {
			done.Notes = append(done.Notes, fmt.Sprintf("`%s` is not stored: %s.", testName(t), bad.Message))
			continue
		}
		if err != nil {
			return fmt.Errorf("storing %s: %w", testName(t), err)
		}
		done.Changed = append(done.Changed, testName(t))
		if before := p.Before[TestKey(t)]; known && before != nil && !bytes.Equal(before, there.Source) {
			done.Notes = append(done.Notes, fmt.Sprintf("`%s` had been changed on the server; the folder's replaced that.", testName(t)))
		}
	}
	return nil
}

// newFunctions are those of the project that the server does not hold as they are. Those that it would refuse are in done.
func (s *Server) newFunctions(ctx context.Context, p Project, done *Applied) ([]flow.Function, error) {
	now, err := readCatalog(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	then := maps.Clone(now)
	var todo []flow.Function
	for i := range p.Functions {
		f := &p.Functions[i]
		spec := f.JSON()
		if checked, issues := s.checkFunction(f.Name, spec); issues.HasErrors() {
			done.Refused = append(done.Refused, Refusal{Function: f.Name, Message: fmt.Sprintf("function `%s` has %s: %s", checked.Name, problems(issues), issues[0].Message)})
			continue
		}
		if known := now[f.Name]; known != nil {
			if bytes.Equal(known.JSON(), spec) {
				continue
			}
			if before := p.Before["function "+f.Name]; before != nil && !bytes.Equal(before, known.JSON()) {
				done.Notes = append(done.Notes, fmt.Sprintf("Function `%s` had been changed on the server; the folder's replaced that.", f.Name))
			}
		}
		then[f.Name] = f
		todo = append(todo, *f)
	}
	if len(todo) == 0 {
		return nil, nil
	}
	flows, err := s.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	for _, fl := range flows {
		if fl.Published == nil || slices.ContainsFunc(p.Flows, func(f FlowSource) bool { return f.Name == fl.Name }) {
			continue
		}
		called := s.flows.calls(fl)
		at := slices.IndexFunc(todo, func(f flow.Function) bool { return now[f.Name] != nil && slices.Contains(called, f.Name) })
		if at < 0 {
			continue
		}
		if p, _, _ := check.CompileSource(fl.Source, now); p == nil {
			continue // it is broken already, by something else
		}
		if p, _, issues := check.CompileSource(fl.Source, then); p == nil {
			done.Refused = append(done.Refused, Refusal{Function: todo[at].Name, Message: breakage(todo, called, now, fl, issues)})
		}
	}
	return todo, nil
}

// breakage says which functions break which live flow, and where.
func breakage(todo []flow.Function, called []string, now Catalog, fl models.FlowSummary, issues flow.Issues) string {
	var names []string
	for _, f := range todo {
		if now[f.Name] != nil && slices.Contains(called, f.Name) {
			names = append(names, "`"+f.Name+"`")
		}
	}
	said := fmt.Sprintf("changing %s breaks the flow `%s`, of which the server has a version %d that is not the folder's", strings.Join(names, ", "), fl.Name, *fl.Published)
	for _, i := range issues {
		if i.Severity == flow.Error {
			return said + fmt.Sprintf(": line %d, column %d: %s", i.Line, i.Column, i.Message)
		}
	}
	return said
}

// applyFlow publishes a text unless the latest version has it.
func (s *Server) applyFlow(ctx context.Context, f FlowSource, before []byte, message, author string, done *Applied) error {
	latest, err := s.DB.Version(ctx, f.Name, 0)
	switch {
	case err == nil && bytes.Equal(latest.Source, f.Source):
		return nil
	case err != nil && !errors.Is(err, models.ErrNotFound):
		return err
	}
	d, err := s.readDraft(ctx, f.Name)
	own := err == nil && d.flow.Draft != nil && !bytes.Equal(d.flow.Draft, d.live) && !bytes.Equal(d.flow.Draft, f.Source)
	got, err := s.publishBy(ctx, s.DB.PublishChange, f.Name, f.Source, message, author)
	if err != nil || got.Kept {
		return err
	}
	done.Changed, done.published[f.Name] = append(done.Changed, fmt.Sprintf("flow %s version %d", f.Name, got.Version)), got.Version
	if latest.Version > 0 && before != nil && !bytes.Equal(before, latest.Source) {
		done.Notes = append(done.Notes, fmt.Sprintf("Version %d of `%s` was not the folder's; version %d, from the folder, has taken its place.", latest.Version, f.Name, got.Version))
	}
	if own {
		done.Notes = append(done.Notes, fmt.Sprintf("The draft of `%s` has changes of its own and stays as it is; it lacks what came with version %d.", f.Name, got.Version))
	}
	return nil
}

// noteBehind names the flows that stay as they are and run one that has a new version now: they go on with the version that they were published with.
func (s *Server) noteBehind(ctx context.Context, done *Applied) error {
	if len(done.published) == 0 {
		return nil
	}
	latest, err := s.DB.LatestVersions(ctx)
	if err != nil {
		return err
	}
	for _, v := range latest {
		if done.published[v.Flow] > 0 {
			continue
		}
		for _, c := range s.flows.parsed(v.Flow, v.Version, v.Source).runs {
			if c.Version > 0 || done.published[c.Flow] == 0 {
				continue // the text itself says which
			}
			whole, err := s.DB.Version(ctx, v.Flow, v.Version)
			if err != nil {
				return err
			}
			pins, err := check.ReadPins(whole.Contracts)
			if err != nil {
				return err
			}
			if at := pins.Flows[c.Flow]; at < done.published[c.Flow] {
				done.Notes = append(done.Notes, fmt.Sprintf("`%s` goes on to run version %d of `%s`; publish it anew to run version %d.", v.Flow, at, c.Flow, done.published[c.Flow]))
			}
		}
	}
	return nil
}

// refusalOf is a refused publication with the places in its text.
func refusalOf(name string, bad *Error) Refusal {
	r := Refusal{Flow: name, Message: bad.Message}
	if details, ok := bad.Details.(map[string]any); ok {
		r.Issues, _ = details["issues"].([]view.Issue)
	}
	return r
}
