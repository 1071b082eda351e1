package web

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web/templates"
)

// TestDiffLines: the lines of a diff are the old text without its "+" and the new one without its "-".
func TestDiffLines(t *testing.T) {
	line := rapid.SampledFrom([]string{"a", "b", "c", "", "d d"})
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SliceOfN(line, 0, 30).Draw(t, "from"), rapid.SliceOfN(line, 0, 30).Draw(t, "to")
		var was, is []string
		changes := 0
		for _, l := range diffLines(from, to) {
			if l.Op != "+" {
				was = append(was, l.Text)
				if l.Old != len(was) {
					t.Fatalf("line %q says it was %d, and is %d", l.Text, l.Old, len(was))
				}
			}
			if l.Op != "-" {
				is = append(is, l.Text)
				if l.New != len(is) {
					t.Fatalf("line %q says it is %d, and is %d", l.Text, l.New, len(is))
				}
			}
			if l.Op != " " {
				changes++
			}
		}
		if strings.Join(was, "\n") != strings.Join(from, "\n") || strings.Join(is, "\n") != strings.Join(to, "\n") {
			t.Fatalf("got %v and %v", was, is)
		}
		if shortest := len(from) + len(to) - 2*common(from, to); changes != shortest {
			t.Fatalf("got %d changes, want the fewest, %d", changes, shortest)
		}
	})
}

// common is the length of the longest common subsequence, by the book.
func common(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			} else {
				table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			}
		}
	}
	return table[len(a)][len(b)]
}

func TestDiffOfTextsFarApart(t *testing.T) {
	var a, b []string
	for i := range 3000 {
		a, b = append(a, fmt.Sprint("a", i)), append(b, fmt.Sprint("b", i))
	}
	if got := len(diffLines(a, b)); got != 6000 {
		t.Errorf("got %d lines, want 6000", got)
	}
}

const formSchema = `{"type": "object", "required": ["name", "n", "tags", "where"], "properties": {
	"name": {"type": "string", "title": "Name"}, "n": {"type": "integer", "minimum": 1}, "x": {"type": "number", "default": 2.5},
	"ok": {"type": "boolean"}, "mode": {"enum": ["fast", 2, true]}, "text": {"type": "string", "maxLength": 5000},
	"tags": {"type": "array", "items": {"type": "string"}},
	"where": {"type": "object", "properties": {"lat": {"type": "number"}, "more": {"type": "object", "properties": {"a": {"type": "string"}}}}},
	"grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
	"any": {}, "union": {"oneOf": [{"type": "string"}, {"type": "number"}]}, "self": {"$ref": "#"}}}`

func formOf(t *testing.T, text string) form {
	t.Helper()
	s, err := schema.Compile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return newForm(s)
}

func TestFormKinds(t *testing.T) {
	var got []string
	for _, f := range formOf(t, formSchema).fields(newTyped(), nil) {
		got = append(got, f.Path+" "+f.Kind)
	}
	want := "name string, n integer, x number, ok boolean, mode enum, text text, tags list, where object, grid list, any json, union json, self json"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	for _, none := range []string{`{"type": "string"}`, `{"type": "object"}`, `true`, `{"oneOf": [{"type": "object", "properties": {"a": {}}}]}`} {
		if f := formOf(t, none); f.asObject() || f.fields(newTyped(), nil) != nil {
			t.Errorf("%s has a form", none)
		}
	}
}

// TestFormRoundTrip: what a form is filled with is what it gives back, number for number.
func TestFormRoundTrip(t *testing.T) {
	f := formOf(t, formSchema)
	for _, input := range []string{
		`{"name":"","n":1,"tags":[],"where":{}}`,
		`{"name":"a \"b\"\n<c>","n":9007199254740993,"x":1.50,"ok":false,"mode":2,"text":"long","tags":["x",""],"where":{"lat":-0.0,"more":{"a":"z"}},"grid":[[1,2],[],[3]]}`,
		`{"name":"n","n":2,"mode":true,"tags":["a"],"where":{},"any":{"deep":[1,{"a":null}]},"union":"text","self":{"name":"again"}}`,
	} {
		filled := f.fill([]byte(input))
		got, errs := f.json(filled)
		if len(errs) != 0 {
			t.Errorf("%s: got %v", input, errs)
		}
		var compact strings.Builder
		for _, line := range strings.Split(string(got), "\n") {
			compact.WriteString(strings.TrimSpace(line))
		}
		if same := strings.ReplaceAll(strings.ReplaceAll(compact.String(), `": `, `":`), `\u003c`, "<"); strings.ReplaceAll(same, `\u003e`, ">") != input {
			t.Errorf("got  %s\nwant %s", same, input)
		}
	}
}

func TestFormMistakes(t *testing.T) {
	f := formOf(t, formSchema)
	in := newTyped()
	in.text["n"], in.text["x"], in.text["any"], in.text["mode"] = "one", " 2,5 ", "{", "slow"
	got, errs := f.json(in)
	if errs["n"] == "" || errs["x"] == "" || errs["any"] == "" {
		t.Errorf("what is no number and no JSON: got %v", errs)
	}
	if want := `{"n":"one","x":"2,5","mode":"slow","tags":[],"where":{},"any":null}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRemoveRow(t *testing.T) {
	rows := typed{text: map[string]string{"l.0.a": "0", "l.1.a": "1", "l.2.a": "2", "l.10.a": "10", "lx.1": "other"}, rows: map[string]int{"l": 11, "l.2.in": 3, "l.1.in": 1}}
	rows.removeRow("l.1")
	if fmt.Sprint(rows.text) != "map[l.0.a:0 l.1.a:2 l.9.a:10 lx.1:other]" || fmt.Sprint(rows.rows) != "map[l:10 l.1.in:3]" {
		t.Errorf("got %v and %v", rows.text, rows.rows)
	}
	before := fmt.Sprint(rows)
	for _, odd := range []string{"", "l", "l.x", "l.-1", "l.99", "nobody.0"} {
		rows.removeRow(odd)
	}
	if fmt.Sprint(rows) != before {
		t.Errorf("odd rows: got %v, want no change", rows)
	}
}

func TestAttempts(t *testing.T) {
	now := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	a := newAttempts()
	for i := range addressBurst {
		if wait := a.take("2001:db8::1", now); wait != 0 {
			t.Fatalf("attempt %d: got %s, want none", i, wait)
		}
	}
	if wait := a.take("2001:db8::2", now); wait <= 0 || wait > addressEvery {
		t.Errorf("a neighbour of the same network: got %s, want up to %s", wait, addressEvery)
	}
	if wait := a.take("2001:db8:0:1::1", now); wait != 0 {
		t.Errorf("another network: got %s, want none", wait)
	}
	if wait := a.take("2001:db8::1", now.Add(addressEvery)); wait != 0 {
		t.Errorf("later: got %s, want none", wait)
	}
	a.forgive("2001:db8::1")
	if wait := a.take("2001:db8::1", now.Add(addressEvery)); wait != 0 {
		t.Errorf("after the right password: got %s, want none", wait)
	}
	refused := 0
	for i := range 200 {
		if a.take(fmt.Sprintf("10.0.%d.%d", i/100, i%100), now) > 0 {
			refused++
		}
	}
	if want := 200 - globalBurst; refused < want || refused > want+addressBurst+5 {
		t.Errorf("a flood from everywhere: %d of 200 refused, want about %d", refused, want)
	}
	for i := range maxAddresses + 10 {
		a.take(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), now)
	}
	if len(a.addresses) > maxAddresses {
		t.Errorf("%d addresses are remembered, want at most %d", len(a.addresses), maxAddresses)
	}
}

func FuzzDepth(f *testing.F) {
	f.Add([]byte(`{"a": "[[[", "b": [1, {"c": "\"]"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := checkJSON(body); err == nil && depth(body) > maxDepth {
			t.Errorf("%q is deeper than allowed", body)
		}
	})
}

func TestALargeGraphIsNotDrawnInAList(t *testing.T) {
	small, large := "name: f\nsteps:\n", "name: f\nsteps:\n"
	for i := range 600 {
		step := fmt.Sprintf("  s%d: {set: {x: 1}}\n", i)
		if large += step; i < 10 {
			small += step
		}
	}
	for _, c := range []struct {
		source string
		labels bool
		want   bool
	}{{small, false, true}, {large, false, false}, {large, true, true}} {
		d, _ := flow.Parse([]byte(c.source))
		if got := strings.HasPrefix(thumbnail(d, c.labels), "<svg"); got != c.want {
			t.Errorf("%d steps, labels %v: got a drawing %v, want %v", len(d.Steps), c.labels, got, c.want)
		}
	}
}

func TestASmallFlowIsNoSpeckInAList(t *testing.T) {
	for _, c := range []struct {
		steps int
		want  float64
	}{{1, 0.5}, {12, 0.3}} {
		source := "name: f\nsteps:\n"
		for i := range c.steps {
			source += fmt.Sprintf("  s%d: {set: {x: 1}}\n", i)
			if i > 0 {
				source = strings.TrimSuffix(source, "}\n") + fmt.Sprintf(", needs: s%d}\n", i-1)
			}
		}
		d, issues := flow.Parse([]byte(source))
		if d == nil {
			t.Fatal(issues)
		}
		var width int
		_, svg, _ := strings.Cut(thumbnail(d, false), `width="`)
		if _, err := fmt.Sscanf(svg, "%d", &width); err != nil {
			t.Fatal(err)
		}
		if scale := float64(width) / layout.Layout(layout.FromFlow(d)).Width; math.Abs(scale-c.want) > 0.02 {
			t.Errorf("%d steps: drawn at %.2f of its size, want %.2f", c.steps, scale, c.want)
		}
	}
}

func TestMessageID(t *testing.T) {
	approve := runtime.Button{Kind: runtime.ButtonApprove, Step: "one"}
	seen := map[string]bool{}
	for _, id := range []string{
		messageID("r", approve, "k"),
		messageID("r", runtime.Button{Kind: runtime.ButtonApprove, Step: "two"}, "k"),
		messageID("r", runtime.Button{Kind: runtime.ButtonResolve, Step: "one"}, "k"),
		messageID("r", runtime.Button{Kind: runtime.ButtonResolve, Step: "one", Item: 1}, "k"),
		messageID("s", approve, "k"),
		messageID("r", approve, "l"),
	} {
		if seen[id] {
			t.Errorf("two buttons are the message %s", id)
		}
		seen[id] = true
	}
	if !seen[messageID("r", approve, "k")] {
		t.Error("the same button with the same key is another message")
	}
}

// TestFlashOfARun: what a button promised is not said of a run that has ended since.
func TestFlashOfARun(t *testing.T) {
	for _, c := range []struct {
		key, status string
		want        bool
	}{
		{"cancelled", "running", true}, {"cancelled", "cancelled", false}, {"cancelled", "failed", false}, {"cancelled", "succeeded", false},
		{"retried", "failed", true}, {"retried", "running", true}, {"retried", "succeeded", false},
		{"compensated", "compensating", true}, {"compensated", "compensated", false},
	} {
		if got := stillTrue(&templates.Flash{Text: flashes[c.key]}, c.key, c.status) != nil; got != c.want {
			t.Errorf("%s, and the run is %s: said %v, want %v", c.key, c.status, got, c.want)
		}
	}
}
