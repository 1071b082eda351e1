package check

import (
	"errors"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// CheckFunction finds what is wrong with a function's entry beyond its syntax: schemas that are none, a retry policy that would repeat an effect.
// The issues point into the entry's own text; their Field is the path within the entry.
func CheckFunction(f *flow.Function) flow.Issues {
	_, _, issues := contractSchemas(f)
	for _, i := range checkRetry(f.Name, f.Retry, f.Idempotent != nil && *f.Idempotent) {
		i.Line, i.Column = f.Pos.Line, f.Pos.Column
		issues = append(issues, i)
	}
	return inOrder(issues)
}

func contractSchemas(f *flow.Function) (input, output *schema.Schema, issues []flow.Issue) {
	for _, side := range []struct {
		value flow.Value
		name  string
		into  **schema.Schema
	}{{f.Input, "input", &input}, {f.Output, "output", &output}} {
		if side.value.Kind == flow.Absent {
			continue
		}
		s, broken := compileSchema(side.value, side.name, "the "+side.name+" schema")
		issues = append(issues, broken...)
		*side.into = s
	}
	return input, output, issues
}

// compileSchema compiles a schema written in a flow or a function. The issues stand where the schema is wrong; with any, the schema is nil.
func compileSchema(v flow.Value, field, what string) (*schema.Schema, flow.Issues) {
	s, err := schema.Compile(v.JSON())
	if err == nil {
		return s, nil
	}
	problems := []schema.Violation{{Message: err.Error()}}
	var e *schema.Error
	if errors.As(err, &e) {
		problems = e.Problems()
	}
	var issues flow.Issues
	for _, p := range problems {
		issue := flow.Issue{Severity: flow.Error, Line: v.Pos.Line, Column: v.Pos.Column, Field: field, Message: what + " is broken: " + p.String()}
		if p.Path != "" {
			if pos := locate(v, p.Path); !pos.IsZero() {
				issue.Line, issue.Column = pos.Line, pos.Column
			}
			issue.Field = field + "." + p.Path
		}
		issues = append(issues, issue)
	}
	return nil, issues
}

// locate finds the value at a path such as "properties.lines.items[2]". Keys may hold dots themselves; the longest that fits is taken.
func locate(v flow.Value, path string) flow.Pos {
	for path != "" {
		if path[0] == '[' {
			number, rest, ok := strings.Cut(path[1:], "]")
			i, err := strconv.Atoi(number)
			if !ok || err != nil || i < 0 || i >= len(v.Items) {
				return v.Pos
			}
			v, path = v.Items[i], strings.TrimPrefix(rest, ".")
			continue
		}
		best := -1
		for i, f := range v.Fields {
			if rest, ok := strings.CutPrefix(path, f.Key); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') && (best < 0 || len(f.Key) > len(v.Fields[best].Key)) {
				best = i
			}
		}
		if best < 0 {
			return v.Pos
		}
		path = strings.TrimPrefix(path[len(v.Fields[best].Key):], ".")
		v = v.Fields[best].Value
	}
	return v.Pos
}
