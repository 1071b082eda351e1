package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/segno-run/segno/internal/bounded"
)

// dear are expressions that cost a careless evaluator much.
func dear() []string {
	nested := func(depth int, macro, list string) string {
		out := "1"
		for i := range depth {
			out = fmt.Sprintf("%s.%s(x%d, %s)", list, macro, i, out)
		}
		return out
	}
	double := "'a'"
	for range 40 {
		double = "cel.bind(x, " + double + ", x + x)"
	}
	return []string{nested(8, "map", "input.lines"), nested(3, "map", "lists.range(100)"), nested(4, "map", "[1,2,3,4,5,6,7,8,9,10]"), double, "lists.range(3000).map(x, lists.range(3000))",
		"lists.range(99999).map(x, string(x)).join(',')", "'a'.matches('(((a{1,50}){1,50}){1,50})')", "lists.range(100000).sortBy(x, -x)", strings.Repeat("-", 4000) + "1", strings.Repeat("[", 200) + strings.Repeat("]", 200),
		strings.Repeat("1+", 4000) + "1", "9223372036854775807 + 1", "1e308 * 10.0", "-9223372036854775808 / -1", "'%s'.format([" + strings.Repeat("'x',", 1000) + "'y'])",
		"lists.range(1000).map(x, lists.range(1000)).flatten()", "base64.encode(b'" + strings.Repeat("a", 7000) + "')", "{" + strings.Repeat("'k': 1, ", 900) + "'k': 2}",
		"'" + strings.Repeat("ab", 3000) + "'.replace('', '" + strings.Repeat("c", 100) + "')", "'a,'.replace('a', 'aaaaaaaaaaaaaaaaaaaa').split('')", "duration('999999999999h')", "timestamp('9999-12-31T23:59:59Z') + duration('9999h')"}
}

func FuzzSplitText(f *testing.F) {
	for _, s := range []string{"x ${{ a }} y", "$${{", `${{ {"a": '}}'} }}`, "${{", "ä${{ü}}", "${{ r'\\' }}", strings.Repeat("${{", 20000), strings.Repeat("${{ '", 20000),
		strings.Repeat("${{ {", 5000) + strings.Repeat("} }}", 5000), strings.Repeat("$${{ }}", 5000), "${{ " + strings.Repeat("\\", 30000) + "'}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var parts []RawPart
		var problems []Problem
		bounded.Run(t, func() { parts, problems = SplitText(s) })
		runes := utf8.RuneCountInString(s)
		last := -1
		for _, p := range parts {
			if p.Offset < 0 || p.Offset > runes || p.Offset < last {
				t.Fatalf("part %+v of %d runes after offset %d", p, runes, last)
			}
			last = p.Offset
			if p.IsExpr && utf8.ValidString(s) && !strings.HasPrefix(string([]rune(s)[p.Offset:]), p.Expr) {
				t.Fatalf("part %+v is not at its offset", p)
			}
		}
		if !strings.Contains(s, opening) && s != "" && (len(parts) != 1 || parts[0].Literal != s || len(problems) > 0) {
			t.Fatalf("a text without expressions gave %+v %v", parts, problems)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"input.a", "steps.a.output.x + 1", "input.l.map(x, x.y)", "{'a': 1}.map(k, k)", "has(steps.a.output)", "steps.a.?output.?b.orValue(3)",
		"cel.bind(x, 1, x)", "'a'.matches('(a+)+')", "input.`a-b`", "[?input.?a]", "{?'a': input.?b}", "timestamp('2026-01-01T00:00:00Z')"} {
		f.Add(s, true)
	}
	for _, s := range dear() {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, src string, item bool) {
		var p *Program
		var problems []Problem
		bounded.Run(t, func() { p, problems = Compile(src, Options{Item: item}) })
		if (p == nil) != (len(problems) > 0) {
			t.Fatalf("program is nil: %t, problems: %v", p == nil, problems)
		}
		for _, problem := range problems {
			if problem.Offset < 0 || problem.Offset > utf8.RuneCountInString(src) || problem.Message == "" {
				t.Fatalf("problem %+v of %d runes", problem, utf8.RuneCountInString(src))
			}
		}
		if p == nil {
			return
		}
		p.Reads()
		var v *Value
		var err error
		bounded.Run(t, func() { v, err = p.Eval(sample()) })
		if err == nil && !json.Valid(v.JSON()) {
			t.Fatalf("the result is not JSON: %q", v.JSON())
		}
		if _, ok := err.(*Error); err != nil && !ok {
			t.Fatalf("the error is not an *Error: %T %v", err, err)
		}
		bounded.Run(t, func() {
			_, _ = p.EvalBool(sample())
			_, _ = p.EvalList(sample())
		})
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\u0000"]}`, `"\ud800"`, `[1e5,-0,9007199254740993]`, `{"a":1,"a":2}`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := decode(raw, nil)
		if err != nil {
			if json.Valid(raw) && strings.Contains(err.Message, "not valid JSON") {
				t.Fatalf("%q is valid JSON, but: %v", raw, err)
			}
			return
		}
		if _, err := encode(nil, v); err != nil && len(raw) < MaxResult {
			t.Fatalf("%q was decoded but not encoded: %v", raw, err)
		}
	})
}
