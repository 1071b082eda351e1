package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

func (s *Server) listFunctions(c echo.Context) error {
	all, err := s.functionViews(c.Request().Context())
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, map[string]any{"functions": all})
}

// functionViews shows every registered function; never nil.
func (s *Server) functionViews(ctx context.Context) ([]view.Function, error) {
	rows, err := s.DB.Functions(ctx)
	if err != nil {
		return nil, err
	}
	used, err := s.flows.usedBy(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]view.Function, 0, len(rows))
	for _, r := range rows {
		f, err := readFunction(r.Name, r.Spec)
		if err != nil {
			return nil, err
		}
		all = append(all, functionView(f, used[r.Name]))
	}
	return all, nil
}

func functionView(f *flow.Function, usedBy []string) view.Function {
	v := view.Function{Name: f.Name, Title: f.Title, Idempotent: f.Idempotent != nil && *f.Idempotent, UsedBy: usedBy}
	switch {
	case f.HTTP != nil:
		v.Kind, v.Target = "http", f.HTTP.URL
	case f.Process != nil:
		v.Kind, v.Target = "process", strings.Join(f.Process.Command, " ")
	case f.Local != nil:
		v.Kind, v.Target = "local", f.Local.Name
	}
	if f.Input.Kind != flow.Absent {
		v.Input = f.Input.JSON()
	}
	if f.Output.Kind != flow.Absent {
		v.Output = f.Output.JSON()
	}
	if f.Timeout > 0 {
		v.Timeout = flow.FormatDuration(f.Timeout)
	}
	v.Concurrency, v.Rate = f.Concurrency, flow.FormatRate(f.Rate)
	return v
}

func (s *Server) getFunction(c echo.Context) error {
	f, err := s.function(c.Request().Context(), c.Param("function"))
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, append(slices.Clone(f.JSON()), '\n'))
}

func (s *Server) function(ctx context.Context, name string) (*flow.Function, error) {
	r, err := s.DB.Function(ctx, name)
	if err != nil {
		return nil, missing(err, "there is no function `%s`", clip(name))
	}
	return readFunction(r.Name, r.Spec)
}

// putFunction registers a function, new or not. One whose change breaks a live flow is refused unless ?force=true.
func (s *Server) putFunction(c echo.Context) error {
	if err := accept(c, echo.MIMEApplicationJSON); err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	if err := checkJSON(body); err != nil {
		return err
	}
	ctx, name := c.Request().Context(), c.Param("function")
	f, issues := s.checkFunction(name, body)
	if issues.HasErrors() {
		return fail(CodeInvalid, "the function has %s", problems(issues)).with(map[string]any{"issues": issues})
	}
	_, err = s.DB.Function(ctx, name)
	isNew := errors.Is(err, models.ErrNotFound)
	if err != nil && !isNew {
		return err
	}
	if c.QueryParam("force") != "true" && !isNew {
		if err := s.wouldBreak(ctx, name, &f); err != nil {
			return err
		}
	}
	if _, err := s.DB.PutFunction(ctx, name, f.JSON(), models.AnyRev); err != nil {
		return err
	}
	s.Functions.Changed(name)
	if isNew {
		c.Response().Header().Set(echo.HeaderLocation, "/api/v1/functions/"+url.PathEscape(name))
		return c.Blob(http.StatusCreated, echo.MIMEApplicationJSON, append(slices.Clone(f.JSON()), '\n'))
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, append(slices.Clone(f.JSON()), '\n'))
}

// checkFunction reads a function, compiles its schemas, and looks whether a Go function that it names is there.
func (s *Server) checkFunction(name string, body []byte) (flow.Function, flow.Issues) {
	if !flow.ValidFunctionName(name) {
		return flow.Function{}, flow.Issues{{Severity: flow.Error, Field: "name",
			Message: "a function's name is made of lower-case words joined by dots, such as `payments.reserve`"}}
	}
	f, issues := flow.ParseFunctionJSON(name, body)
	for _, part := range []struct {
		field string
		value flow.Value
	}{{"input", f.Input}, {"output", f.Output}} {
		if part.value.Kind == flow.Absent {
			continue
		}
		if _, err := schema.Compile(part.value.JSON()); err != nil {
			issues = append(issues, schemaIssue(part.field, err))
		}
	}
	if f.Local != nil && f.Local.Name != "" && !s.Local(f.Local.Name) {
		issues = append(issues, flow.Issue{Severity: flow.Error, Field: "local.name",
			Message: "this server's process has registered no Go function called `" + clip(f.Local.Name) + "`",
			Hint:    "`local` functions are registered in Go by the program that runs the server; from outside, use `http` or `process`"})
	}
	return f, issues
}

func schemaIssue(field string, err error) flow.Issue {
	issue := flow.Issue{Severity: flow.Error, Field: field, Message: "the " + field + " schema is broken: " + err.Error()}
	var bad *schema.Error
	if errors.As(err, &bad) {
		issue.Message = "the " + field + " schema is broken: " + bad.Message
		if bad.Path != "" {
			issue.Field += "." + bad.Path
		}
	}
	return issue
}

// brokenFlow is a live flow that a change would break, with the places in its text.
type brokenFlow struct {
	Flow    string       `json:"flow"`
	Version int          `json:"version"`
	Issues  []view.Issue `json:"issues"`
}

// broken gives the errors of a text that it has with one catalogue and not with the other.
func (s *Server) broken(ctx context.Context, source []byte, now, then Catalog, pins map[string]int) ([]view.Issue, error) {
	before, err := s.compileWith(ctx, source, now, pins)
	if err != nil {
		return nil, err
	}
	after, err := s.compileWith(ctx, source, then, pins)
	if err != nil {
		return nil, err
	}
	var come flow.Issues
	for _, i := range after.issues {
		if i.Severity == flow.Error && !slices.Contains(before.issues, i) {
			come = append(come, i)
		}
	}
	return issueViews(come), nil
}

// wouldBreak is a conflict if the latest version of a flow compiles now, and would not with the function changed to f; nil removes it.
func (s *Server) wouldBreak(ctx context.Context, name string, f *flow.Function) error {
	now, err := readCatalog(ctx, s.DB)
	if err != nil {
		return err
	}
	then := Catalog{}
	for n, g := range now {
		then[n] = g
	}
	then[name] = f
	if f == nil {
		delete(then, name)
	}
	flows, err := s.DB.Flows(ctx)
	if err != nil {
		return err
	}
	var all []brokenFlow
	for _, fl := range flows {
		if fl.Published == nil || !slices.Contains(s.flows.calls(fl), name) {
			continue
		}
		v, err := s.DB.Version(ctx, fl.Name, *fl.Published)
		if err != nil {
			return err
		}
		pins, err := check.ReadPins(v.Contracts)
		if err != nil {
			return err
		}
		if got, err := s.compileWith(ctx, v.Source, now, pins.Flows); err != nil {
			return err
		} else if got.program == nil {
			continue // it is broken already, by something else
		}
		issues, err := s.broken(ctx, v.Source, now, then, pins.Flows)
		if err != nil {
			return err
		}
		if len(issues) > 0 {
			all = append(all, brokenFlow{fl.Name, *fl.Published, issues})
		}
	}
	if len(all) == 0 {
		return nil
	}
	what := "changing"
	if f == nil {
		what = "removing"
	}
	return fail(CodeConflict, "%s `%s` breaks %s; ?force=true does it all the same", what, name, flowNames(all)).with(map[string]any{"flows": all})
}

func flowNames(all []brokenFlow) string {
	names := make([]string, len(all))
	for i, b := range all {
		names[i] = "`" + b.Flow + "`"
	}
	if len(names) == 1 {
		return "the flow " + names[0]
	}
	return "the flows " + strings.Join(names, ", ")
}

func (s *Server) deleteFunction(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("function")
	if _, err := s.function(ctx, name); err != nil {
		return err
	}
	if c.QueryParam("force") != "true" {
		if err := s.inUse(ctx, name); err != nil {
			return err
		}
	}
	if err := s.DB.DeleteFunction(ctx, name); err != nil {
		return missing(err, "there is no function `%s`", clip(name))
	}
	s.Functions.Changed(name)
	return c.NoContent(http.StatusNoContent)
}

// inUse is a conflict if the latest version of a flow calls the function.
func (s *Server) inUse(ctx context.Context, name string) error {
	flows, err := s.DB.Flows(ctx)
	if err != nil {
		return err
	}
	now, err := readCatalog(ctx, s.DB)
	if err != nil {
		return err
	}
	then := maps.Clone(now)
	delete(then, name)
	var all []brokenFlow
	for _, fl := range flows {
		if fl.Published != nil && slices.Contains(s.flows.calls(fl), name) {
			issues, err := s.broken(ctx, fl.Source, now, then, nil)
			if err != nil {
				return err
			}
			all = append(all, brokenFlow{fl.Name, *fl.Published, issues})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fail(CodeConflict, "`%s` is called by %s; ?force=true removes it all the same", name, flowNames(all)).with(map[string]any{"flows": all})
}

// tried is what came of calling a function by hand.
type tried struct {
	Output json.RawMessage `json:"output,omitempty"`
	Error  *view.Failure   `json:"error,omitempty"`
	TookMS float64         `json:"took_ms"`
	Logs   []view.LogLine  `json:"logs"`

	took time.Duration
}

// invokeFunction calls a function once, outside of any run: {"input": …}. That it failed is an answer like another, 200.
func (s *Server) invokeFunction(c echo.Context) error {
	var req struct {
		Input json.RawMessage `json:"input"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if len(req.Input) == 0 {
		req.Input = json.RawMessage("{}")
	}
	got, err := s.try(c.Request().Context(), c.Param("function"), req.Input)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, got)
}

// try calls a function by hand, within its contracts.
func (s *Server) try(ctx context.Context, name string, input []byte) (*tried, error) {
	f, err := s.function(ctx, name)
	if err != nil {
		return nil, err
	}
	in, out := f.Input, f.Output
	if err := fits(in, input, "the input of "+name); err != nil {
		return nil, err
	}
	inv, err := s.Functions.Invoker(ctx, name)
	if err != nil {
		return nil, err
	}
	if inv == nil {
		return nil, fail(CodeNotFound, "there is no function `%s`", name)
	}
	timeout := f.Timeout
	if timeout == 0 {
		timeout = flow.DefaultTimeout
	}
	id := uuid.Must(uuid.NewV7())
	trace := runtime.TraceID(id.String())
	began := s.Now()
	r := inv.Invoke(ctx, invoke.Invocation{Function: name, Run: id.String(), Step: "try", Item: -1, Attempt: 1, Key: "try/" + id.String(),
		Traceparent: "00-" + trace + "-" + trace[16:] + "-01", Input: input, Timeout: timeout})
	defer r.Release()
	t := &tried{Output: r.Output, Error: runview.Failure(r.Fault), Logs: []view.LogLine{}, took: s.Now().Sub(began)}
	t.TookMS = float64(t.took) / float64(time.Millisecond)
	for _, l := range r.Logs {
		t.Logs = append(t.Logs, view.LogLine{At: l.At.UTC(), Stream: l.Stream, Text: l.Text})
	}
	if r.Fault == nil {
		var broken *Error
		if err := fits(out, r.Output, "the output of "+name); errors.As(err, &broken) {
			t.Error = runview.Failure(&fault.Fault{Class: fault.Contract, Effect: fault.Maybe, Message: broken.Message})
		}
	}
	return t, nil
}

// fits holds a value against a schema as written; one that is absent or broken is no hindrance here.
func fits(sc flow.Value, value []byte, what string) error {
	if sc.Kind == flow.Absent {
		return nil
	}
	compiled, err := schema.Compile(sc.JSON())
	if err != nil {
		return nil //nolint:nilerr // a stored function's schemas compiled when it was stored
	}
	return breaks(compiled, value, what)
}

// breaks is an invalid error with each violation, or nil.
func breaks(sc *schema.Schema, value []byte, what string) error {
	found := sc.Validate(value)
	if len(found) == 0 {
		return nil
	}
	said := make([]string, 0, len(found))
	for _, v := range found {
		said = append(said, v.String())
	}
	return fail(CodeInvalid, "%s breaks its schema: %s", what, clip(strings.Join(said, "; "))).with(map[string]any{"violations": found})
}
