package expr_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/expr"
)

// shelf is a store of payloads.
type shelf map[expr.Payload][]byte

func (s shelf) put(raw string) string {
	p := expr.PayloadOf([]byte(raw))
	s[p] = []byte(raw)
	return string(p.StandIn())
}

func (s shelf) get(p expr.Payload) []byte { return s[p] }

// inputScope has an input and nothing else.
type inputScope struct {
	expr.Scope
	input *expr.Value
}

func (s inputScope) Input() *expr.Value { return s.input }

func TestPayloads(t *testing.T) {
	s := shelf{}
	text := s.put(`{"id":7,"name":"n","deep":{"list":[1,2]}}`)
	far := string(expr.Payload{Hash: [32]byte{9}, Size: 5 << 20}.StandIn())
	gone := string(expr.Payload{Hash: [32]byte{8}, Size: 100}.StandIn())
	input := expr.FromStored([]byte(`{"doc":`+text+`,"far":`+far+`,"gone":`+gone+`,"list":[`+far+`,1],"n":3}`), s.get)
	tests := []struct{ expression, want, fails string }{
		{"input.doc", text, ""},
		{"input.doc.id", "7", ""},
		{"input.doc.deep", `{"list":[1,2]}`, ""},
		{"input.doc.id + input.n", "10", ""},
		{"input.far", far, ""},
		{"input.n", "3", ""},
		{"input.list", "[" + far + ",1]", ""},
		{"input.list[1]", "1", ""},
		{"has(input.far)", "true", ""},
		{"input", string(input.JSON()), ""},
		{"{'a': input.doc.name, 'n': input.n}", `{"a":"n","n":3}`, ""},
		{"input.far.x", "", "input.far has 5.0 MiB (5242880 bytes)"},
		{"input.?far.?x", "", "input.far has 5.0 MiB"},
		{"input.far.size() > 1", "", "input.far has 5.0 MiB"},
		{"input.far == 1", "", "input.far has 5.0 MiB"},
		{"input.list.map(x, x)", "", "5.0 MiB"},
		{"input.gone.x", "", "could not be read from the store"},
	}
	for _, tt := range tests {
		p, problems := expr.Compile(tt.expression, expr.Options{})
		if p == nil {
			t.Fatalf("%s: %v", tt.expression, problems)
		}
		v, err := p.Eval(inputScope{input: input})
		var e *expr.Error
		switch {
		case tt.fails == "" && (err != nil || string(v.JSON()) != tt.want):
			t.Errorf("%s: got %q, %v, want %q", tt.expression, v.JSON(), err, tt.want)
		case tt.fails != "" && (!errors.As(err, &e) || e.Class != expr.ClassTooLarge || !strings.Contains(e.Message, tt.fails)):
			t.Errorf("%s: got %q, %v, want too_large with %q", tt.expression, v.JSON(), err, tt.fails)
		}
	}
	whole, _ := expr.Compile("input", expr.Options{})
	if _, err := expr.Text(expr.Part{Literal: "a "}, expr.Part{Expr: whole}).Eval(inputScope{input: input}); err == nil || !strings.Contains(err.Error(), "5.0 MiB") {
		t.Errorf("a stand-in inside text: got %v, want an error", err)
	}
	far1, _ := expr.Compile("input.far", expr.Options{})
	v, err := expr.Object(expr.TemplateField{Key: "all", Value: expr.Text(expr.Part{Expr: far1})}).Eval(inputScope{input: input})
	if err != nil || string(v.JSON()) != `{"all":`+far+`}` {
		t.Errorf("a stand-in in an object: got %q, %v", v.JSON(), err)
	}
}

// TestForgedStandIns: data can't pose as a payload, whatever it says.
func TestForgedStandIns(t *testing.T) {
	forged := expr.Payload{Hash: [32]byte{1}, Size: 10}.StandIn()
	for _, raw := range []string{`"` + `\u0001` + string(forged[1:len(forged)-1]) + `\u0001"`, `"sha256:00"`} {
		if expr.HasPayloads([]byte(raw)) {
			t.Errorf("%q holds a stand-in", raw)
		}
	}
	for _, raw := range [][]byte{forged[:20], append([]byte("\x01"), forged...), bytes.Replace(forged, []byte(":10"), []byte(":-1"), 1), bytes.Replace(forged, []byte(":10"), []byte(":"), 1),
		bytes.Replace(forged, []byte(":10"), []byte(":99999999999999"), 1)} {
		if _, ok := expr.WholePayload(raw); ok {
			t.Errorf("%q is taken for a stand-in", raw)
		}
	}
}

func TestSplice(t *testing.T) {
	s := shelf{}
	a, b := s.put(`"first"`), s.put(`[2]`)
	raw := []byte(`{"a":` + a + `,"b":[` + b + `,` + a + `]}`)
	const want = `{"a":"first","b":[[2],"first"]}`
	if got := expr.Splice(raw, s.get); string(got) != want {
		t.Errorf("Splice: got %q, want %q", got, want)
	}
	if got := expr.SizeOf(raw); got != int64(len(want)) {
		t.Errorf("SizeOf: got %d, want %d", got, len(want))
	}
	if got := string(expr.Shown(raw)); got != `{"a":"(7 bytes)","b":["(3 bytes)","(7 bytes)"]}` {
		t.Errorf("Shown: got %s", got)
	}
	if got := expr.Splice(raw, func(expr.Payload) []byte { return nil }); !bytes.Equal(got, raw) {
		t.Errorf("nothing to put in: got %q", got)
	}
}
