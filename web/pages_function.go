package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/web/templates"
)

// functionUses lists the steps by which the latest versions of flows use a function.
func (s *Server) functionUses(ctx context.Context, name string) ([]templates.FunctionUse, error) {
	all, err := s.DB.LatestVersions(ctx)
	if err != nil {
		return nil, err
	}
	var out []templates.FunctionUse
	for _, v := range all {
		if !slices.Contains(s.flows.parsed(v.Flow, v.Version, v.Source).calls, name) {
			continue
		}
		use := templates.FunctionUse{Flow: v.Flow}
		def, _ := flow.Parse(v.Source)
		if def == nil {
			continue
		}
		for i := range def.Steps {
			st := &def.Steps[i]
			for _, c := range []*flow.CallSpec{st.Call, st.Compensate} {
				if c != nil && c.Function == name {
					use.Steps = append(use.Steps, templates.StepUse{Step: st.Name, Undo: c == st.Compensate})
				}
			}
		}
		out = append(out, use)
	}
	return out, nil
}

// changeForm says what a change of a function would break, and changes nothing.
func (s *Server) changeForm(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.functionPageView(ctx, c.Param("function"))
	if err != nil {
		return err
	}
	p := templates.FunctionPage{Chrome: s.chrome(c, v.Name, "functions"), Function: v, TryInput: "{}", Change: &templates.FunctionChange{Spec: c.FormValue("spec")}}
	if len(v.Input) > 0 {
		p.TryInput = string(schema.Example(v.Input))
	}
	if p.Uses, err = s.functionUses(ctx, v.Name); err != nil {
		return err
	}
	p.Spec = p.Change.Spec
	status := http.StatusOK
	var refused *Error
	if err := s.checkChange(ctx, v.Name, p.Change); errors.As(err, &refused) && refused.Code != CodeInternal {
		status = refused.status()
		p.Change.Error, p.Change.Lines = sentence(strings.TrimSuffix(refused.Message, "; ?force=true does it all the same")), changeLines(refused.Details)
	} else if err != nil {
		return err
	}
	return s.render(c, status, templates.Function(p))
}

func (s *Server) checkChange(ctx context.Context, name string, change *templates.FunctionChange) error {
	body := []byte(strings.TrimSpace(change.Spec))
	if err := checkJSON(body); err != nil {
		return fail(CodeInvalid, "the function is not JSON")
	}
	f, issues := s.checkFunction(name, body)
	if issues.HasErrors() {
		return fail(CodeInvalid, "the function has %s", problems(issues)).with(map[string]any{"issues": issues})
	}
	return s.wouldBreak(ctx, name, &f)
}

// changeLines are the places that a change breaks, or what is wrong with it.
func changeLines(details any) []templates.ChangeLine {
	found, _ := details.(map[string]any)
	var out []templates.ChangeLine
	if issues, ok := found["issues"].(flow.Issues); ok {
		for _, i := range issues {
			out = append(out, templates.ChangeLine{Text: i.Field + ": " + i.Message})
		}
	}
	if broken, ok := found["flows"].([]brokenFlow); ok {
		for _, b := range broken {
			for _, i := range b.Issues {
				href := "/flows/" + b.Flow + "/edit"
				if i.Step != "" {
					href += "?step=" + i.Step
				}
				out = append(out, templates.ChangeLine{Where: fmt.Sprintf("%s v%d, line %d", b.Flow, b.Version, i.Line), Href: href, Text: i.Message})
			}
		}
	}
	return out
}
