package expr

import (
	"fmt"
	"testing"
)

// TestCover: conditions in their order, and what is said of them: "complete" or the case that none takes, and those never taken with what is before them.
func TestCover(t *testing.T) {
	kind := OneOf(String, `"a"`, `"b"`, `"c"`)
	env := TypeEnv{Input: ObjectOf(TypeField{Name: "kind", Type: kind, Required: true}, TypeField{Name: "opt", Type: kind},
		TypeField{Name: "maybe", Type: &Type{Kinds: String | Null, Enum: []string{`"a"`, "null"}}, Required: true},
		TypeField{Name: "ok", Type: Of(Bool), Required: true}, TypeField{Name: "n", Type: Of(Int), Required: true}, TypeField{Name: "x", Type: Of(Number), Required: true},
		TypeField{Name: "s", Type: Of(String), Required: true}, TypeField{Name: "any", Required: true}, TypeField{Name: "l", Type: ListOf(Of(Int)), Required: true}),
		Step: func(string) *Type { return AnyType }}
	for _, c := range []struct {
		want       string
		conditions []string
	}{
		{"complete []", []string{`input.kind == "a"`, `input.kind == "b"`, `input.kind == "c"`}},
		{"complete []", []string{`input.kind == "a"`, `input.kind in ["b", "c"]`}},
		{"complete []", []string{`input.kind != "a"`, `"a" == input.kind`}},
		{"`input.kind` is \"c\" []", []string{`input.kind == "a"`, `input.kind == "b"`}},
		{"complete []", []string{`input.ok`, `!input.ok`}},
		{"complete []", []string{`input.ok == true`, `input.ok == false`}},
		{"`input.ok` is false []", []string{`input.ok`}},
		{"`input.ok` is false and `input.kind` is \"c\" []", []string{`input.ok && input.kind == "c"`, `input.kind != "c"`}},
		{"complete []", []string{`input.maybe == null`, `input.maybe == "a"`}},
		{"complete []", []string{`input.n < 10`, `input.n >= 10`}},
		{"complete []", []string{`input.n > 10`, `10 >= input.n`}},
		{"complete []", []string{`input.n > 10`, `input.n < 11`}},
		{"complete []", []string{`input.n < -1`, `input.n > -2`}},
		{"`input.x` is between 10 and 11 []", []string{`input.x >= 11`, `input.x <= 10`}},
		{"`input.n` is 10 []", []string{`input.n > 10`, `input.n < 10`}},
		{"`input.n` is less than 5 []", []string{`input.n > 10`, `input.n >= 5`}},
		{"`input.s` is none of \"x\" []", []string{`input.s == "x"`}},
		{"complete []", []string{`input.s == "x"`, `input.s != "x"`}},
		{"complete []", []string{`has(input.opt)`, `!has(input.opt)`}},
		{"complete []", []string{`input.?opt.orValue("a") == "a"`, `input.?opt.orValue("a") != "a"`}},
		{"complete []", []string{`input.l.exists(e, e > 1)`, `!input.l.exists(e, e > 1)`}},
		{" []", []string{`input.l.exists(e, e > 1)`, `!input.l.exists(e, e > 2)`}},
		{"complete []", []string{`input.any == 1`, `input.any != 1`}},
		{"complete []", []string{`input.any < 1`, `input.any >= 1`}},
		{"`input.any` is none of \"a\", \"b\" []", []string{`input.any == "a"`, `input.any == "b"`}},
		{"complete [1 behind 0]", []string{`input.kind != "a"`, `input.kind == "b"`, `true`}},
		{"complete [2 behind 0 1]", []string{`input.kind == "a"`, `input.kind == "b"`, `input.kind in ["a", "b"]`, `true`}},
		{"complete [1 never]", []string{`input.kind == "a"`, `input.kind == "a" && input.kind == "b"`, `true`}},
		{"complete [1 behind 0]", []string{`input.n > 10`, `input.n > 100`, `true`}},
		{"complete [1 behind 0]", []string{`true`, `input.ok`}},
		{"complete [0 never]", []string{`false`, `true`}},
		{"complete [2 behind 0 1]", []string{`input.ok`, `!input.ok`, `true`}},
		{"complete []", []string{`input.ok ? input.kind == "a" : true`, `input.kind != "a"`}},
	} {
		var programs []*Program
		for _, src := range c.conditions {
			if src == "true" {
				programs = append(programs, nil)
				continue
			}
			p, problems := Compile(src, Options{})
			if p == nil {
				t.Fatal(src, problems)
			}
			programs = append(programs, p)
		}
		got := Cover(programs, env)
		said := got.Missing
		if got.Complete {
			said = "complete"
		}
		var dead []string
		for _, d := range got.Dead {
			if len(d.Behind) == 0 {
				dead = append(dead, fmt.Sprint(d.Index, " never"))
				continue
			}
			one := fmt.Sprint(d.Index, " behind")
			for _, b := range d.Behind {
				one += fmt.Sprint(" ", b)
			}
			dead = append(dead, one)
		}
		if said = fmt.Sprint(said, " ", dead); said != c.want || !got.Known {
			t.Errorf("%q: got %s, want %s", c.conditions, said, c.want)
		}
	}
}
