package check

import (
	"bytes"
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

// checkWith compares what a call passes with what the function's input schema says, as far as it can be told without a value: names that are not
// allowed or look misspelt, required names that are missing, and values that are written out.
func (k *compiler) checkWith(i int, spec *flow.CallSpec, c *contract, prefix string) {
	if c.input == nil || spec.With.Kind != flow.Map && spec.With.Kind != flow.Absent {
		return
	}
	c.readShapes()
	name, s := k.names[i], c.in
	field := prefix + "with"
	reported := map[string]bool{} // names that are not allowed
	stands := map[string]bool{}   // required names that a misspelt one stands for
	if s != nil {
		for _, f := range spec.With.Fields {
			if _, known := s.properties[f.Key]; known || slices.Contains(s.required, f.Key) && !s.closed {
				continue
			}
			near, severity := k.nearest(f.Key, s.names), flow.Warning
			if needed := k.nearest(f.Key, s.required); needed != "" && spec.With.Get(needed).Kind == flow.Absent {
				near, severity = needed, flow.Error
				stands[near] = true
			}
			hint := meant(near)
			switch {
			case s.closed:
				if hint == "" && len(s.names) > 0 {
					hint = "it takes " + listed(s.names)
				}
				reported[f.Key] = true
				is := k.report(flow.Error, f.KeyPos, name, field+"."+f.Key, hint, "`%s` takes no `%s`", spec.Function, f.Key)
				k.mend(is, f.KeyPos, f.Key, near, use(near))
			case hint != "":
				is := k.report(severity, f.KeyPos, name, field+"."+f.Key, hint, "the input schema of `%s` does not mention `%s`", spec.Function, f.Key)
				k.mend(is, f.KeyPos, f.Key, near, use(near))
			}
		}
		k.missing(i, spec, s, field, stands)
	}
	if !k.literalsOnly(spec.With) && (s == nil || s.entangled) {
		return
	}
	k.literals(i, spec, c, field, reported)
}

func (k *compiler) missing(i int, spec *flow.CallSpec, s *shape, field string, stands map[string]bool) {
	var lacking []string
	for _, r := range s.required {
		if spec.With.Get(r).Kind == flow.Absent && !stands[r] {
			lacking = append(lacking, r)
		}
	}
	if len(lacking) == 0 || k.broken[k.names[i]] && spec.With.Kind == flow.Absent { // a key that nobody knows may stand for it
		return
	}
	pos := spec.FuncPos
	if p, ok := k.d.Steps[i].Positions[field]; ok {
		pos = p
	}
	example := "`" + lacking[0] + ": ${{ … }}`"
	if spec.With.Kind == flow.Absent {
		example = "`with: {" + lacking[0] + ": …}`"
	}
	k.report(flow.Error, pos, k.names[i], field, "add "+example, "`%s` requires %s", spec.Function, listed(lacking))
}

func (k *compiler) literalsOnly(v flow.Value) bool { return !hasExpr(v) }

// literals validates the fields that hold no expression. Violations elsewhere say nothing, because the rest of the object is not known yet.
func (k *compiler) literals(i int, spec *flow.CallSpec, c *contract, field string, reported map[string]bool) {
	var fields []expr.TemplateField
	values := map[string]flow.Value{}
	for _, f := range spec.With.Fields {
		if hasExpr(f.Value) || reported[f.Key] {
			continue
		}
		fields = append(fields, expr.TemplateField{Key: f.Key, Value: expr.Literal(f.Value.JSON())})
		values[f.Key] = f.Value
	}
	if len(fields) == 0 {
		return
	}
	v, err := expr.Object(fields...).Eval(nil)
	if err != nil {
		return // larger than any result; the run will say so
	}
	raw := bytes.Clone(v.JSON())
	said := func(sev flow.Severity, found []schema.Violation, format string) {
		for _, violation := range found {
			for key, value := range values {
				rest, ok := strings.CutPrefix(violation.Path, key)
				if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
					continue
				}
				is := k.report(sev, locate(value, strings.TrimPrefix(rest, ".")), k.names[i], field+"."+violation.Path, "",
					format, violation.Path, spec.Function, violation.Message)
				k.meantValue(is, c.input.Type(), violation.Path, rest, value)
				break
			}
		}
	}
	said(flow.Error, c.input.Validate(raw), "`%s` does not fit the input of `%s`: %s")
	said(flow.Warning, c.input.Formats(raw), "`%s` is not of the format that `%s` asks for: %s")
}

// meantValue offers, for a text that is none of those that a field may have, the one that it is most like.
func (k *compiler) meantValue(is *flow.Issue, of *expr.Type, path, below string, v flow.Value) {
	f, ok := of.Field(path)
	if !ok || below != "" || v.Kind != flow.String || f.Type == nil {
		return
	}
	var texts []string
	for _, one := range f.Type.Enum {
		texts = append(texts, strings.Trim(one, `"`))
	}
	if near := k.nearest(v.Text, texts); near != "" {
		is.Hint = meant(near)
		k.mend(is, v.TxtPos, v.Text, near, use(near))
	}
}
