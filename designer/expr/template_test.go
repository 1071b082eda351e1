package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestSplitText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"plain", "0:plain"},
		{"${{ a }}", "4=a"},
		{"${{a}}", "3=a"},
		{"x ${{ a }} y ${{b}}", "0:x  6=a 10: y  16=b"},
		{"äö ${{ ü }}!", "0:äö  7=ü 11:!"},
		{"$${{ a }}", "0:${{ a }}"},
		{"x $${{ a }} ${{ b }}", "0:x ${{ a }}  16=b"},
		{`${{ {"a": {"b": 1}} }}`, `4={"a": {"b": 1}}`},
		{`${{ {"a": {"b": 1}}}}`, `4={"a": {"b": 1}}`},
		{`${{ "}}" + '}}' }}`, `4="}}" + '}}'`},
		{`${{ "\"}}" }}`, `4="\"}}"`},
		{`${{ r"\" }}`, `4=r"\"`},
		{`${{ '''a'}}''' }}`, `4='''a'}}'''`},
		{`${{ 'a }} b`, `4='a 9: b`},
		{`${{ {a }} b`, `4={a 9: b`},
		{"${{ a", "!0"},
		{"x ${{ a }} ${{ b", "0:x  6=a 10:  !11"},
		{"$ {{ a }} $", "0:$ {{ a }} $"},
		{"${{ }}", "4="},
	} {
		parts, problems := SplitText(c.text)
		var got []string
		for _, p := range parts {
			sep, text := ":", p.Literal
			if p.IsExpr {
				sep, text = "=", p.Expr
			}
			got = append(got, fmt.Sprintf("%d%s%s", p.Offset, sep, text))
		}
		for _, p := range problems {
			got = append(got, fmt.Sprintf("!%d", p.Offset))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.text, s, c.want)
		}
	}
}

func text1(t *testing.T, src string) *Template { return Text(Part{Expr: compile(t, src)}) }

func TestTemplate(t *testing.T) {
	tree := Object(
		TemplateField{"z", Literal([]byte(`[1, 2]`))},
		TemplateField{"number", text1(t, `input.n`)},
		TemplateField{"text", Text(Part{Literal: "n is "}, Part{Expr: compile(t, `input.n`)}, Part{Literal: ", "}, Part{Expr: compile(t, `input.m`)})},
		TemplateField{"gone", text1(t, `steps.gone.?output.?hold`)},
		TemplateField{"a", Array(text1(t, `input.dec`), Object(), Text())},
		TemplateField{"when", Text(Part{Expr: compile(t, `timestamp(run.started_at)`)}, Part{Literal: "/"}, Part{Expr: compile(t, `duration("1500ms")`)})},
		TemplateField{"null", Text(Part{Literal: "<"}, Part{Expr: compile(t, "input.`null`")}, Part{Literal: ">"})},
		TemplateField{"quo\"te\n", Text(Part{Literal: "\x00\u2028\xff"})},
		TemplateField{"last", text1(t, `steps.gone.?output`)},
	)
	v, err := tree.Eval(sample())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z":[1, 2],"number":2,"text":"n is 2, {\"z\":1,\"a\":2,\"k\":3}","a":[0.12345678901234567890,{},""],` +
		`"when":"2026-01-02T03:04:05Z/1.5s","null":"<null>","quo\"te\n":"\u0000` + "\u2028\ufffd" + `"}`
	if got := string(v.JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid(v.JSON()) || !utf8.Valid(v.JSON()) {
		t.Error("not valid JSON")
	}
	if n := len(tree.Programs()); n != 9 {
		t.Errorf("got %d programs, want 9", n)
	}
	if tree.IsLiteral() || !Literal([]byte("1")).IsLiteral() {
		t.Error("IsLiteral is wrong")
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, c := range []struct {
		t    *Template
		want string
	}{
		{Object(TemplateField{"a", text1(t, `input.nope`)}), "a: input.nope is absent"},
		{Object(TemplateField{"a", Object(TemplateField{"b", text1(t, `input.nope`)})}), "a: b: input.nope is absent"},
		{Text(Part{Literal: "x"}, Part{Expr: compile(t, `steps.gone.?output`)}), "the value is absent: an optional without a value cannot stand here; give it one with .orValue()"},
		{Array(text1(t, `steps.gone.?output`)), "steps.gone.output is absent"},
		{text1(t, `steps.gone.?output`), "steps.gone.output is absent"},
	} {
		_, err := c.t.Eval(sample())
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	big := Literal([]byte(`"` + strings.Repeat("x", 600<<10) + `"`))
	if _, err := Array(big, big).Eval(nil); err == nil || err.(*Error).Class != ClassTooLarge {
		t.Errorf("got %v, want too_large", err)
	}
}

// A whole value passes through with its bytes untouched and is never decoded.
func TestPassThrough(t *testing.T) {
	raw := []byte(`{"id": 12345678901234567890, "a" : 1.50}`)
	in := FromJSON(raw)
	s := &inputScope{in: in}
	v, err := Text(Part{Expr: compile(t, "input")}).Eval(s)
	if err != nil || v != in || string(v.JSON()) != string(raw) {
		t.Errorf("got %v %v", v, err)
	}
	if FromJSON(nil) != nil || (*Value)(nil).JSON() != nil {
		t.Error("absent is not nil")
	}
	if _, err := in.Decoded(); err == nil || !strings.Contains(err.Error(), "id: the integer") {
		t.Errorf("got %v", err)
	}
}

type inputScope struct {
	fakeScope
	in *Value
}

func (s *inputScope) Input() *Value { return s.in }

func TestConcurrentUse(t *testing.T) {
	s := &inputScope{in: FromJSON([]byte(`{"l":[3,1,2],"n":2}`))}
	p := compile(t, `input.l.map(x, x * input.n * 1.5).sort()`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				v, err := p.Eval(s)
				if err != nil || string(v.JSON()) != "[3,6,9]" {
					t.Errorf("got %s %v", v.JSON(), err)
					return
				}
			}
		})
	}
	wg.Wait()
}
