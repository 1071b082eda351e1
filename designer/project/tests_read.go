package project

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/suggest"
)

// testReader turns the values of a test file into its types and collects every problem on the way.
type testReader struct{ issues flow.Issues }

func (r *testReader) at(pos flow.Pos, hint, format string, args ...any) {
	r.issues = append(r.issues, flow.Issue{Severity: flow.Error, Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// ParseTests reads one file of tests/. It never panics, whatever the bytes are, and reports every problem of the text at once, in its order. What
// the names in it mean (steps, functions, error classes, expressions) is judged by whoever knows the flow.
func ParseTests(path string, src []byte) (TestFile, flow.Issues) {
	t := TestFile{Path: path, Source: src}
	tree, issues := flow.ParseTree(src)
	if tree == nil {
		return t, issues
	}
	r := &testReader{issues: issues}
	begin := "begin with `flow:` and `scenarios:`"
	if tree.Root == nil {
		r.at(flow.Pos{Line: 1, Column: 1}, begin, "the file is empty")
		return t, r.issues
	}
	root, err := flow.FromNode(tree, tree.Root)
	if err != nil {
		line, what := 1, err.Error()
		if n, rest, ok := strings.Cut(strings.TrimPrefix(what, "line "), ": "); ok {
			if at, bad := strconv.Atoi(n); bad == nil {
				line, what = at, rest
			}
		}
		r.at(flow.Pos{Line: line, Column: 1}, "", "%s", what)
	}
	if root.Kind != flow.Map {
		r.at(root.Pos, begin, "a test file must be a mapping, found %s", kindOf(root))
		return t, r.issues
	}
	r.each(root, "a test file", []string{"flow", "functions", "scenarios", "faults"}, func(f flow.Field) {
		switch f.Key {
		case "flow":
			t.Flow, t.FlowPos = r.text(f), f.Value.Pos
		case "functions":
			t.Functions = r.scripts(f)
		case "scenarios":
			for _, v := range r.list(f) {
				t.Scenarios = append(t.Scenarios, r.scenario(v))
			}
		case "faults":
			t.Faults = r.faults(f)
		}
	})
	if root.Get("flow").Kind == flow.Absent {
		r.at(root.Pos, "add `flow: my_flow`", "the file does not say which flow it tests")
	}
	if root.Get("scenarios").Kind == flow.Absent && root.Get("faults").Kind == flow.Absent {
		r.at(root.Pos, "add `scenarios:`", "the file has no `scenarios`")
	}
	seen := map[string]bool{}
	for _, s := range t.Scenarios {
		if s.Name != "" && seen[s.Name] {
			r.at(s.Pos, "rename one of the two", "two scenarios are called `%s`", s.Name)
		}
		seen[s.Name] = true
	}
	slices.SortStableFunc(r.issues, func(a, b flow.Issue) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return t, r.issues
}

// each calls f for every field of v whose key is known and reports the rest.
func (r *testReader) each(v flow.Value, whole string, known []string, f func(flow.Field)) {
	for _, field := range v.Fields {
		if slices.Contains(known, field.Key) {
			f(field)
			continue
		}
		hint := "one of " + strings.Join(known, ", ")
		if near := suggest.Nearest(field.Key, known); near != "" {
			hint = "did you mean `" + near + "`?"
		}
		r.at(field.KeyPos, hint, "unknown key `%s` in %s", field.Key, whole)
	}
}

func (r *testReader) mapping(f flow.Field) bool {
	if f.Value.Kind == flow.Map {
		return true
	}
	r.wrong(f, "a mapping")
	return false
}

func (r *testReader) wrong(f flow.Field, want string) {
	r.at(f.Value.Pos, "", "`%s` must be %s, found %s", f.Key, want, kindOf(f.Value))
}

func (r *testReader) text(f flow.Field) string {
	if f.Value.Kind != flow.String {
		r.wrong(f, "a text")
	}
	return f.Value.Text
}

func (r *testReader) list(f flow.Field) []flow.Value {
	if f.Value.Kind != flow.List {
		r.wrong(f, "a list")
	}
	return f.Value.Items
}

func (r *testReader) boolean(f flow.Field) bool {
	if f.Value.Kind != flow.Bool {
		r.wrong(f, "true or false")
	}
	return f.Value.Text == "true"
}

func (r *testReader) duration(f flow.Field) time.Duration {
	if f.Value.Kind != flow.String {
		r.wrong(f, "a duration such as 10s, 48h or 2d")
		return 0
	}
	d, err := flow.ParseDuration(f.Value.Text)
	if err != nil {
		r.at(f.Value.Pos, "", "`%s`: %s", f.Key, err)
	}
	return d
}

func (r *testReader) integer(f flow.Field, from int) int {
	n, err := strconv.Atoi(f.Value.Text)
	if f.Value.Kind != flow.Number || err != nil || n < from || n > 1_000_000 {
		r.wrong(f, fmt.Sprintf("a whole number from %d to 1000000", from))
		return from
	}
	return n
}

func (r *testReader) scenario(v flow.Value) Scenario {
	s := Scenario{Pos: v.Pos}
	if v.Kind != flow.Map {
		r.at(v.Pos, "", "a scenario must be a mapping, found %s", kindOf(v))
		return s
	}
	r.each(v, "a scenario", []string{"name", "input", "functions", "signals", "approvals", "resolutions", "buttons", "expect"}, func(f flow.Field) {
		switch f.Key {
		case "name":
			s.Name = r.text(f)
		case "input":
			s.Input = f.Value
			if f.Value.Kind == flow.String && !strings.HasSuffix(f.Value.Text, ".json") {
				r.at(f.Value.Pos, "write the input as it is, or a path such as inputs/order.json", "`input` is neither JSON nor the path of a JSON file")
			}
		case "functions":
			s.Functions = r.scripts(f)
		case "signals":
			for _, it := range r.list(f) {
				s.Signals = append(s.Signals, r.signal(it))
			}
		case "approvals":
			for _, it := range r.list(f) {
				s.Approvals = append(s.Approvals, r.approval(it))
			}
		case "resolutions":
			for _, it := range r.list(f) {
				s.Resolutions = append(s.Resolutions, r.resolution(it))
			}
		case "buttons":
			for _, it := range r.list(f) {
				s.Buttons = append(s.Buttons, r.button(it))
			}
		case "expect":
			if r.mapping(f) {
				s.Expect = r.expect(f.Value)
			}
		}
	})
	if s.Name == "" {
		r.at(v.Pos, "add `name: what is shown by it`", "the scenario has no `name`")
	}
	if len(v.Get("expect").Fields) == 0 {
		r.at(v.Pos, "add `expect: {status: succeeded}`", "the scenario expects nothing, so it can't fail")
	}
	return s
}

func (r *testReader) scripts(f flow.Field) []Script {
	if !r.mapping(f) {
		return nil
	}
	var out []Script
	for _, fn := range f.Value.Fields {
		s := Script{Function: fn.Key, Pos: fn.KeyPos}
		switch fn.Value.Kind {
		case flow.Map:
			s.Rules = append(s.Rules, r.rule(fn.Value))
		case flow.List:
			for _, it := range fn.Value.Items {
				s.Rules = append(s.Rules, r.rule(it))
			}
			if len(s.Rules) == 0 {
				r.at(fn.Value.Pos, "write `{returns: …}` or `{fails: …}`", "`%s` has no rule", fn.Key)
			}
		default:
			r.at(fn.Value.Pos, "write `{returns: …}` or `{fails: …}`", "`%s` must be a rule or a list of rules, found %s", fn.Key, kindOf(fn.Value))
		}
		out = append(out, s)
	}
	return out
}

func (r *testReader) rule(v flow.Value) Rule {
	rule := Rule{Pos: v.Pos}
	if v.Kind != flow.Map {
		r.at(v.Pos, "write `{returns: …}` or `{fails: …}`", "a rule must be a mapping, found %s", kindOf(v))
		return rule
	}
	r.each(v, "a rule", []string{"when", "returns", "fails", "takes", "times"}, func(f flow.Field) {
		switch f.Key {
		case "when":
			if rule.When = f.Value; f.Value.Kind != flow.Map && f.Value.Kind != flow.String {
				r.wrong(f, "a part of the input to match, or a condition such as ${{ input.n > 1 }}")
			}
		case "returns":
			rule.Returns = f.Value
		case "fails":
			rule.Fails = r.failure(f)
		case "takes":
			rule.Takes = r.duration(f)
		case "times":
			rule.Times = r.integer(f, 1)
		}
	})
	switch {
	case rule.Returns.Kind != flow.Absent && rule.Fails != nil:
		r.at(v.Pos, "keep one", "a rule both `returns` and `fails`")
	case rule.Returns.Kind == flow.Absent && rule.Fails == nil && v.Get("fails").Kind == flow.Absent:
		r.at(v.Pos, "write `{returns: …}` or `{fails: …}`", "the rule says neither what the function `returns` nor how it `fails`")
	}
	return rule
}

// failure reads `fails: class` or `fails: {class, effect, message}`.
func (r *testReader) failure(f flow.Field) *Failure {
	out := &Failure{Pos: f.Value.Pos, ClassPos: f.Value.Pos, EffectPos: f.Value.Pos}
	if f.Value.Kind == flow.String {
		out.Class = f.Value.Text
		return out
	}
	if !r.mapping(f) {
		return out
	}
	r.each(f.Value, "`fails`", []string{"class", "effect", "message"}, func(f flow.Field) {
		switch f.Key {
		case "class":
			out.Class, out.ClassPos = r.text(f), f.Value.Pos
		case "effect":
			out.Effect, out.EffectPos = r.oneOf(f, "none", "maybe"), f.Value.Pos
		case "message":
			out.Message = r.text(f)
		}
	})
	if out.Class == "" {
		r.at(f.Value.Pos, "for example `class: timeout`", "`fails` has no `class`")
	}
	return out
}

// oneOf reads a text of a closed list.
func (r *testReader) oneOf(f flow.Field, words ...string) string {
	s := r.text(f)
	if s == "" || slices.Contains(words, s) {
		return s
	}
	hint := "one of " + strings.Join(words, ", ")
	if near := suggest.Nearest(s, words); near != "" {
		hint = "did you mean `" + near + "`?"
	}
	r.at(f.Value.Pos, hint, "`%s` can't be `%s`", f.Key, s)
	return ""
}

var placePattern = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*)|\[([0-9]{1,6})\])?$`)

func (r *testReader) place(v flow.Value) Place {
	p := Place{Text: v.Text, Pos: v.Pos, Item: -1}
	m := placePattern.FindStringSubmatch(v.Text)
	if v.Kind != flow.String || m == nil {
		r.at(v.Pos, "", "expected `step`, `step.port` or `step[item]`, found %s", kindOf(v))
		return p
	}
	p.Step, p.Port = m[1], m[2]
	if m[3] != "" {
		p.Item, _ = strconv.Atoi(m[3]) // at most six digits
	}
	return p
}

// kindOf says what was found, for "expected X, found Y".
func kindOf(v flow.Value) string {
	switch v.Kind {
	case flow.Absent, flow.Null:
		return "nothing"
	case flow.Bool:
		return "`" + v.Text + "`"
	case flow.Number:
		return "the number " + v.Text
	case flow.List:
		return "a list"
	case flow.Map:
		return "a mapping"
	case flow.String:
	}
	if text := []rune(v.Text); len(text) > 40 {
		return "the text `" + string(text[:39]) + "…`"
	}
	return "the text `" + v.Text + "`"
}
