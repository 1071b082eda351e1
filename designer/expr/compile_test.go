package expr

import (
	"fmt"
	"strings"
	"testing"
)

func TestCompileProblems(t *testing.T) {
	long := "'" + strings.Repeat("x", MaxSource) + "'"
	deep := strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500)
	for _, c := range []struct {
		src  string
		item bool
		want string // "offset message (hint)"
	}{
		{``, false, "0 the expression is empty (write for example ${{ input.name }})"},
		{` `, false, "0 the expression is empty (write for example ${{ input.name }})"},
		{long, false, fmt.Sprintf("0 the expression is %d bytes long (at most 8192 are allowed)", len(long))},
		{"input.\xff", false, "0 the expression is not plain UTF-8 text"},
		{"input.a\x00", false, "0 the expression is not plain UTF-8 text"},
		{`input.a +`, false, "9 syntax error: the expression ends too early (a bracket, a quote or an operand is missing)"},
		{`input.a = 1`, false, "8 syntax error: a single `=` (write `==` to compare)"},
		{`input.a & true`, false, "8 syntax error: a single `&` (write `&&` for and)"},
		{`'abc`, false, "0 syntax error: a text is not closed (add the missing quote)"},
		{`1 2`, false, "2 syntax error: unexpected '2'"},
		{`inptu.a`, false, "0 unknown name `inptu` (did you mean `input`?)"},
		{`"ä" + inptu.a`, false, "6 unknown name `inptu` (did you mean `input`?)"},
		{"1 +\n  nope", false, "6 unknown name `nope` (an expression may read input, steps.NAME.output, steps.NAME.error, run and, inside for_each, item and index)"},
		{`item.x`, false, "0 `item` is there only inside `for_each` (add `for_each: ${{ … }}` to the step)"},
		{`1 + index`, false, "4 `index` is there only inside `for_each` (add `for_each: ${{ … }}` to the step)"},
		{`item.x + index`, true, ""},
		{`input.l.map(item, item.x)`, false, ""},
		{`input.l.map(input, input.x).size() + input.n`, false, ""},
		{`steps`, false, "0 `steps` must be followed by a step's name (write steps.NAME.output)"},
		{`size(steps)`, false, "5 `steps` must be followed by a step's name (write steps.NAME.output)"},
		{`steps.a`, false, "6 `steps.a` must be followed by `output` or `error` (write `steps.a.output`)"},
		{`has(steps.a)`, false, "10 `steps.a` must be followed by `output` or `error` (write `steps.a.output`)"},
		{`steps.a.out`, false, "8 `steps.a` has no `out` (a step has `output` and `error`)"},
		{`steps[input.x].output`, false, "0 `steps` must be followed by a step's name (a step cannot be chosen by a computed name)"},
		{`run.nmae`, false, "4 `run` has no `nmae` (it has id, flow, version, started_at)"},
		{`run.fow`, false, "4 `run` has no `fow` (did you mean `flow`?)"},
		{`1 + 'x'`, false, "2 `+` cannot be applied to (int, string)"},
		{`size(1)`, false, "4 `size` cannot be applied to (int)"},
		{`'x'.mathces('y')`, false, "4 unknown name `mathces` (did you mean `matches`?)"},
		{`'x'.matches('(')`, false, "12 invalid matches argument"},
		{`timestamp('yesterday')`, false, "10 invalid timestamp argument"},
		{`google.protobuf.Struct{}`, false, ""},
		{deep, false, "0 "},
	} {
		p, problems := Compile(c.src, Options{Item: c.item})
		got := ""
		for _, problem := range problems {
			got += fmt.Sprintf("%d %s", problem.Offset, problem)
		}
		if got != c.want && (c.want == "" || !strings.HasSuffix(c.want, "argument") && !strings.HasSuffix(c.want, "0 ") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%.80q:\n got %s\nwant %s", c.src, got, c.want)
		}
		if (p == nil) != (len(problems) > 0) {
			t.Errorf("%.80q: program is nil: %t, problems: %v", c.src, p == nil, problems)
		}
	}
}

func TestReads(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`steps.reserve_funds.output.hold`, "steps.reserve_funds.output.hold@0"},
		{` input.a `, "input.a@1"},
		{`input`, "input@0"},
		{`input.b + input.a + input.b`, "input.a input.b@0,10,20"},
		{`steps.a.?output.?x.orValue(input.y)`, "input.y steps.a.output.x?@0,27"},
		{`has(steps.a.output.x)`, "steps.a.output.x?@4"},
		{`steps["a"].output.l[0].x`, "steps.a.output.l@0"},
		{`input.l.map(x, x.y + input.z)`, "input.l input.z@0,21"},
		{`input.l.map(input, input.x)`, "input.l@0"},
		{`cel.bind(x, run.id, x + x)`, "run.id@12"},
		{`{"a": item.x, "b": [index]}`, "index item.x@6,20"},
		{`input[input.key]`, "input input.key@0,6"},
		{`input.a ? steps.x.output : steps.y.error.class`, "input.a steps.x.output steps.y.error.class@0,10,27"},
		{`input.?a.optMap(v, v + input.b)`, "input.a? input.b@0,23"},
	} {
		p := compile(t, c.src)
		optional := map[string]bool{}
		var offsets, paths []string
		for _, r := range p.Refs() {
			offsets = append(offsets, fmt.Sprint(r.Offset))
			optional[r.String()] = r.Optional
		}
		for _, path := range p.Reads() {
			s := path.String()
			if optional[s] {
				s += "?"
			}
			paths = append(paths, s)
		}
		if got := strings.Join(paths, " ") + "@" + strings.Join(offsets, ","); got != c.want {
			t.Errorf("%s: got %s, want %s", c.src, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	s := sample()
	s.input = `{"l":[` + strings.Repeat("1,", 9999) + `1],"s":"` + strings.Repeat("x", 1000) + `"}`
	for _, c := range []struct{ src, class, message string }{
		{`input.l.map(a, input.l.map(b, input.l.map(c, a + b + c)))`, ClassExpression, "takes too much work"},
		{`lists.range(100000).map(x, "0123456789")`, ClassTooLarge, "larger than 1024 KiB"},
		{`lists.range(20000).map(x, "0123456789").distinct()`, ClassExpression, "too much work"},
		{`input.s.replace("x", input.s).replace("x", input.s).replace("x", input.s)`, ClassExpression, "replace() would have to handle"},
		{`lists.range(30000).map(x, "x").join(input.s)`, ClassExpression, "join() would have to handle"},
		{`input.l.map(x, input.l).flatten()`, ClassExpression, "flatten() would have to handle"},
		{`sets.contains(lists.range(100000), lists.range(100000))`, ClassExpression, "too much work"},
		{`cel.bind(a, input.l+input.l+input.l+input.l, cel.bind(b, a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b, c.sort())))`, ClassExpression, "elements is too long"},
		{`lists.range(1000000000)`, ClassExpression, "lists.range"},
		{`cel.bind(a, input.s+input.s+input.s+input.s, cel.bind(b, a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b, c+c+c+c+c+c+c+c)))`, ClassTooLarge, "larger than"},
	} {
		_, err := compile(t, c.src).Eval(s)
		e, ok := err.(*Error)
		if !ok || e.Class != c.class || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: got %v, want %s %q", c.src, err, c.class, c.message)
		}
	}
}

func TestEvalBoolAndList(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`input.n`, "input.n must be true or false, but is: integer 2"},
		{`input.name + "!"`, "`input.name + \"!\"` must be true or false, but is: string \"Ada!\""},
		{`input.m`, `input.m must be true or false, but is: object {"z":1,"a":2,"k":3}`},
		{`input.m.?nope`, "input.m.nope is absent"},
		{`optional.none()`, "`optional.none()` is absent"},
		{`input.n == 2`, "true"},
		{`optional.of(true)`, "true"},
	} {
		b, err := compile(t, c.src).EvalBool(sample())
		got := fmt.Sprint(b)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("EvalBool(%s): got %s, want %s", c.src, got, c.want)
		}
	}
	for _, c := range []struct{ src, want string }{
		{`input.lines`, `{"sku":"x","n":1} {"sku":"y","n":3}`},
		{`input.lines.map(l, l.sku)`, `"x" "y"`},
		{`[]`, ``},
		{`input.name`, "input.name must be a list, but is: string \"Ada\""},
		{`steps.gone.output`, "steps.gone.output is absent: the step has no output; it was skipped or did not complete"},
	} {
		vs, err := compile(t, c.src).EvalList(sample())
		var parts []string
		for _, v := range vs {
			parts = append(parts, string(v.JSON()))
		}
		got := strings.Join(parts, " ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("EvalList(%s): got %s, want %s", c.src, got, c.want)
		}
	}
}
