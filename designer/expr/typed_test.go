package expr

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/bounded"
)

var typedEnv = TypeEnv{
	Input: ObjectOf(TypeField{Name: "n", Type: Of(Int), Required: true}, TypeField{Name: "s", Type: Of(String)}, TypeField{Name: "any"},
		TypeField{Name: "l", Type: ListOf(ObjectOf(TypeField{Name: "k", Type: OneOf(String, `"a"`, `"b"`), Required: true})), Required: true}),
	Step: func(string) *Type { return AnyType },
}

// Every kind of expression, and the type that is found for it; after a `!`, the first thing that is wrong.
func TestInfer(t *testing.T) {
	for src, want := range map[string]string{
		"input.n":                                 "integer",
		"input.?s":                                "optional string",
		"input.?s.orValue('x')":                   "string",
		"input.s":                                 "!`input.s` may be absent: its schema does not require it",
		"has(input.s) ? input.s : 'x'":            "string",
		"!has(input.s) ? 'x' : input.s":           "string",
		"input.n + 1":                             "integer",
		"input.n * 1.5":                           "number",
		"input.l.map(x, x.k)":                     "list of string",
		"input.l.map(x, x.k == 'c')":              "!`x.k` is never `\"c\"`, so this is never true",
		"input.l.exists(x, x.k == 'a')":           "boolean",
		"input.l.filter(x, x.k == 'a')[0].k":      "string",
		"input.l.map(i, x, x.k)":                  "!`map` takes a boolean, but this is a string",
		"input.l.transformList(i, x, i + 1)":      "list of integer",
		"input.l[?0].?k.orValue('')":              "string",
		"input.?any.x.y[?3]":                      "optional any value",
		"input.?any.x":                            "optional any value",
		"{'a': 1, 'b': 'x'}.a":                    "integer",
		"{'a': 1}.b":                              "!the value has no `b`",
		"[1, 2][0] + 1":                           "integer",
		"dyn([1, 'a'])":                           "any value",
		"cel.bind(x, input.n, x + 1)":             "integer",
		"input.?s.optMap(v, v + '!').orValue('')": "string",
		"math.greatest(1, input.n)":               "integer",
		"input.n.x":                               "!`input.n` is an integer; it has no `x`",
		"size(input.n)":                           "!`size` takes a string or bytes or list or object, but `input.n` is an integer",
		"run.version + index":                     "integer",
		"timestamp('2026-01-01T00:00:00Z') - timestamp('2025-01-01T00:00:00Z')": "duration",
	} {
		p, problems := Compile(src, Options{Item: true})
		if p == nil {
			if !strings.HasPrefix(want, "!") {
				t.Errorf("%s: %v", src, problems)
			}
			continue
		}
		of, found := p.Infer(typedEnv)
		got := of.String()
		if len(found) > 0 {
			got = "!" + found[0].Message
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
}

// Whatever compiles has a type or findings, and nothing breaks on the way.
func FuzzInfer(f *testing.F) {
	for _, s := range []string{"input.l.map(x, x.k)", "has(input.s) && input.s > 'a'", "input.?s.orValue(1)", "[1][?input.n]", "{'a': input}[?'a'].?s", "-input.n % 2",
		"input.l.transformMap(i, v, v.k)", "optional.none().or(input.?s)", "input.l.sortBy(x, x.k)", "math.least([1, 2.0])", "input.any in input.l", "steps.a.?output.x"} {
		f.Add(s)
	}
	for _, s := range dear() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, _ := Compile(src, Options{Item: true})
		if p == nil {
			return
		}
		var of *Type
		bounded.Run(t, func() { of, _ = p.Infer(typedEnv) })
		if of.String() == "" && of.Kinds != 0 {
			t.Errorf("%q: a type without a name", src)
		}
	})
}
