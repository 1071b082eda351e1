package expr

import (
	"errors"
	"strings"
	"testing"
)

// fakeScope is a Scope of JSON texts.
type fakeScope struct {
	input   string
	outputs map[string]string
	errs    map[string]string
	item    string
	index   int
	key     string
	loop    Loop
	cache   map[string]*Value
}

func (f *fakeScope) value(raw string) *Value {
	if raw == "" {
		return nil
	}
	if f.cache == nil {
		f.cache = map[string]*Value{}
	}
	if f.cache[raw] == nil {
		f.cache[raw] = FromJSON([]byte(raw))
	}
	return f.cache[raw]
}
func (f *fakeScope) Input() *Value { return f.value(f.input) }
func (f *fakeScope) Output(s string) (*Value, bool) {
	raw, ok := f.outputs[s]
	return f.value(raw), ok
}
func (f *fakeScope) StepError(s string) (*Value, bool) {
	raw, ok := f.errs[s]
	return f.value(raw), ok
}
func (f *fakeScope) Item() (*Value, int, bool) { return f.value(f.item), f.index, f.item != "" }
func (f *fakeScope) Key() (string, bool)       { return f.key, f.key != "" }
func (f *fakeScope) Loop() Loop                { return f.loop }
func (f *fakeScope) Run() *Value {
	return f.value(`{"id":"0190","flow":"order","version":3,"started_at":"2026-01-02T03:04:05Z"}`)
}

func sample() *fakeScope {
	return &fakeScope{
		input: `{"n":2,"big":2.5,"name":"Ada","null":null,"tags":["b","a"],"lines":[{"sku":"x","n":1},{"sku":"y","n":3}],` +
			`"m":{"z":1,"a":2,"k":3},"dec":0.12345678901234567890,"nul":"a\u0000b","one":1.0,"ünï":"ü"}`,
		outputs: map[string]string{"a": `{"hold":"H1","nested":{"deep":[1,2,3]}}`, "word": `"hello"`, "nothing": `null`},
		errs:    map[string]string{"broken": `{"class":"timeout","message":"slow","effect":"maybe"}`},
		item:    `{"sku":"q","n":7}`,
		index:   4,
	}
}

func compile(t *testing.T, src string) *Program {
	t.Helper()
	p, problems := Compile(src, Options{Item: true})
	if len(problems) > 0 {
		t.Fatalf("Compile(%q): %v", src, problems)
	}
	return p
}

func TestEval(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`input.n * 1.5`, `3`},
		{`1.5 * input.n`, `3`},
		{`input.n + input.big`, `4.5`},
		{`input.big - input.n`, `0.5`},
		{`input.big / input.n`, `1.25`},
		{`7 / 2`, `3`},
		{`input.n < 2.5 && input.big > 2`, `true`},
		{`input.n == 2.0`, `true`},
		{`-input.n`, `-2`},
		{`5 % input.n`, `1`},
		{`input.dec`, `0.12345678901234567890`},
		{`input.one`, `1.0`},
		{`input`, sample().input},
		{`input.m`, `{"z":1,"a":2,"k":3}`},
		{`input.m.map(k, k)`, `["a","k","z"]`},
		{`{"z":1,"a":2,"k":3}.map(k, k)`, `["a","k","z"]`},
		{`[{"z":1,"a":2,"k":3}].map(m, m.map(k, k))`, `[["a","k","z"]]`},
		{`(input.n > 1 ? {"z":1,"a":2} : {}).map(k, k + "!")`, `["a!","z!"]`},
		{`input.m.transformList(k, v, k + string(v))`, `["a2","k3","z1"]`},
		{`input.m.transformMap(k, v, v * 2)`, `{"a":4,"k":6,"z":2}`},
		{`input.m.transformMap(k, v, v * 2).map(k, k)`, `["a","k","z"]`},
		{`input.lines.filter(l, l.n > 1)`, `[{"sku":"y","n":3}]`},
		{`input.lines.map(l, l.n * 0.5)`, `[0.5,1.5]`},
		{`input.lines[0]`, `{"sku":"x","n":1}`},
		{`input.lines[0].sku + "-" + input.name`, `"x-Ada"`},
		{`input.tags.sort()`, `["a","b"]`},
		{`input["ünï"]`, `"ü"`},
		{`has(input.nope) ? 1 : 2`, `2`},
		{`has(steps.gone.output)`, `false`},
		{`has(steps.a.output.hold)`, `true`},
		{`steps.a.output.hold`, `"H1"`},
		{`steps["a"].output["hold"]`, `"H1"`},
		{`steps.a.output.nested.deep`, `[1,2,3]`},
		{`steps.a.?output.?hold`, `"H1"`},
		{`steps.gone.?output.?hold.orValue("none")`, `"none"`},
		{`steps.gone.?output.hold.orValue("none")`, `"none"`},
		{`steps.broken.error.class`, `"timeout"`},
		{`steps.nothing.output`, `null`},
		{`item.n + index`, `11`},
		{`index`, `4`},
		{`item`, `{"sku":"q","n":7}`},
		{`run.version + 1`, `4`},
		{`timestamp(run.started_at) + duration("90s")`, `"2026-01-02T03:05:35Z"`},
		{`duration("1500ms")`, `"1.5s"`},
		{`timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z")`, `"86400s"`},
		{`input.nul`, `"a\u0000b"`},
		{`input.nul + "c"`, `"a\u0000bc"`},
		{`b"hi"`, `"aGk="`},
		{`{"b": 1, "a": [true, null]}`, `{"a":[true,null],"b":1}`},
		{`{"a": optional.none(), "b": optional.of(1)}`, `{"b":1}`},
		{`{1: "x"}`, `{"1":"x"}`},
		{`input.lines.exists(l, l.sku == "y")`, `true`},
		{`[1, 2] + input.tags`, `[1,2,"b","a"]`},
		{`size(input.lines)`, `2`},
		{`"a,b".split(",")`, `["a","b"]`},
		{`"a-b".replace("-", "+") + ["x", "y"].join("/") + "%s:%d".format(["n", 3])`, `"a+bx/yn:3"`},
		{`[[1], [2, [3]]].flatten()`, `[1,2,[3]]`},
		{`[1, 1, 2].distinct()`, `[1,2]`},
		{`size(lists.range(100000).map(x, x * 2))`, `100000`},
		{`math.greatest(input.n, input.big)`, `2.5`},
		{`sets.contains(input.tags, ["a"])`, `true`},
		{`cel.bind(x, input.n, x * x)`, `4`},
		{`input.tags.map(input, input + "!")`, `["b!","a!"]`},
		{`input.m == {"a": 2, "k": 3, "z": 1.0}`, `true`},
		{`steps.a.output == {"hold": "H1", "nested": {"deep": [1, 2, 3]}}`, `true`},
		{"input.`null`", `null`},
	} {
		v, err := compile(t, c.src).Eval(sample())
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := string(v.JSON()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.src, got, c.want)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	for _, c := range []struct {
		src, class, message string
		absent              bool
	}{
		{`input.nope`, ClassExpression, "input.nope is absent", true},
		{`input.m.nope.more`, ClassExpression, "input.m.nope is absent", true},
		{`input.name.first`, ClassExpression, "input.name.first is absent: a field cannot be read from a value of type string", true},
		{`steps.gone.output.hold`, ClassExpression, "steps.gone.output is absent: the step has no output; it was skipped or did not complete", true},
		{`steps.a.error.class`, ClassExpression, "steps.a.error is absent: the step did not fail", true},
		{`steps.gone.output.hold + "x"`, ClassExpression, "steps.gone.output is absent: the step has no output; it was skipped or did not complete", true},
		{`input.nope + 1`, ClassExpression, "input.nope is absent", true},
		{`input.m.?nope`, ClassExpression, "input.m.nope is absent", true},
		{`input.lines[9]`, ClassExpression, "index out of bounds: 9 in `input.lines[9]`", true},
		{`input.name + 1`, ClassExpression, "`input.name + 1`: cannot add a string and a integer", false},
		{`1 / (input.n - 2)`, ClassExpression, "`1 / (input.n - 2)`: division by zero", false},
		{`1.0 / 0.0`, ClassExpression, "the result +Inf is not a number that JSON knows", false},
		{`9007199254740992 + input.n`, ClassContract, "the result 9007199254740994 is beyond ±2^53, which JSON readers round; make it a string", false},
		{`type(input)`, ClassExpression, "a type cannot be written as JSON", false},
	} {
		_, err := compile(t, c.src).Eval(sample())
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", c.src, err)
			continue
		}
		if e.Class != c.class || e.Message != c.message || errors.Is(err, ErrAbsent) != c.absent {
			t.Errorf("%s:\n got %s %q absent=%v\nwant %s %q absent=%v", c.src, e.Class, e.Message, errors.Is(err, ErrAbsent), c.class, c.message, c.absent)
		}
	}
}

func TestBadValues(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	for _, c := range []struct{ raw, message string }{
		{`{"lines":[{"n":1},{"n":9007199254740993}]}`, "input: lines[1].n: the integer 9007199254740993 is beyond ±2^53, which JSON readers round; send it as a string"},
		{`{"n":-123456789012345678901234567890}`, "input: n: the integer -123456789012345678901234567890 is beyond ±2^53, which JSON readers round; send it as a string"},
		{"{\"n\":\"a\xff\"}", "input: n: the text is not valid UTF-8"},
		{`{"n":1e999}`, "input: n: the number 1e999 is out of range"},
		{`{"n":` + deep + `}`, ""},
		{`{"n":`, "input: n: not valid JSON at byte 5"},
		{`{} x`, "input: not valid JSON at byte 3"},
		{``, ""},
	} {
		for _, src := range []string{`input.n`, `input.n == 1 || true`, `input.n + 1`} {
			s := &fakeScope{input: c.raw}
			_, err := compile(t, src).Eval(s)
			if c.raw == "" && err != nil || src != `input.n` {
				continue
			}
			var e *Error
			if !errors.As(err, &e) || e.Class != ClassContract || c.message != "" && e.Message != c.message {
				t.Errorf("%.60s of %s: got %v, want contract error %q", c.raw, src, err, c.message)
			}
		}
	}
}
