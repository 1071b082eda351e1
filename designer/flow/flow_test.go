package flow

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func mustParse(t *testing.T, src string) *Definition {
	t.Helper()
	def, issues := Parse([]byte(src))
	if len(issues) > 0 {
		t.Fatalf("issues:\n%s", show(issues))
	}
	return def
}

// TestHash: what makes no difference to the meaning makes none to the hash, and the reverse.
func TestHash(t *testing.T) {
	const base = `name: x
title: X
steps:
  a: {call: f, with: {p: 1, q: "two"}, timeout: 60s, retry: {on: [timeout, unavailable]}}
  b: {needs: {any: [a, a.error]}, switch: {one: "${{ input.a }}", two: true}}
  c: {needs: [a, b.one], wait: 2d}
`
	want := Hash(mustParse(t, base))
	same := map[string]string{
		"comments, quotes and order": `# hello
steps:
  c:
    wait: 48h   # two days
    needs: [b.one, a.done]
  b: {switch: {one: input.a, two: true}, needs: {any: [a.error, a]}}
  a:
    timeout: 1m
    retry:
      on:
        - unavailable
        - timeout
    with: {q: two, "p": 1}
    call: 'f'
title: "X"
name: x
on_failure: pause
`,
		"line ends": strings.ReplaceAll(base, "\n", "\r\n"),
	}
	for name, src := range same {
		if got := Hash(mustParse(t, src)); got != want {
			t.Errorf("%s: got another hash\n%s\n%s", name, Canonical(mustParse(t, src)), Canonical(mustParse(t, base)))
		}
	}
	for _, change := range [][2]string{
		{`one: "${{ input.a }}", two: true`, `two: true, one: "${{ input.a }}"`},
		{`p: 1`, `p: "1"`}, {`any: [a, a.error]`, `any: [a]`}, {`{any: [a, a.error]}`, `[a, a.error]`}, {"60s", "61s"}, {"title: X", "title: Y"}, {"f,", "g,"},
		{`input.a`, `input.b`}, {"wait: 2d", "wait: 3d"},
	} {
		src := strings.Replace(base, change[0], change[1], 1)
		if src == base {
			t.Fatalf("%q is not there", change[0])
		}
		if Hash(mustParse(t, src)) == want {
			t.Errorf("%q for %q makes no difference", change[1], change[0])
		}
	}
}

// TestAt: every character of a text is found in the source, however it is written there.
func TestAt(t *testing.T) {
	src, err := os.ReadFile("testdata/flows/text_styles/in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	def, _ := Parse(src)
	lines := strings.Split(string(src), "\n")
	with := def.Step("a").Call.With
	for _, key := range []string{"lit", "single 'q'", "double", "plain"} {
		v := with.Get(key)
		for i, r := range []rune(v.Text) {
			if r == ' ' || r == '\n' || r == '\t' || key == "double" && r == 'é' || r == '\'' {
				continue // a fold or an escape
			}
			p := v.At(i)
			line := []rune(lines[p.Line-1])
			if p.Column > len(line) || line[p.Column-1] != r {
				t.Errorf("%s: character %d, %q, is not at %d:%d", key, i, r, p.Line, p.Column)
			}
			if !strings.HasPrefix(string(src[p.Offset:]), string(r)) {
				t.Errorf("%s: character %d, %q, is not at byte %d", key, i, r, p.Offset)
			}
		}
	}
	e := def.Step("a").If
	if e.Source != "input.a && input.b" || e.Exact {
		t.Fatalf("got %+v", e)
	}
	if p := e.At(strings.Index(e.Source, "input.b")); p.Line != 12 || p.Column != 7 {
		t.Errorf("input.b: got %+v, want 12:7", p)
	}
	order := mustParse(t, "name: x\nsteps:\n  a: {call: f, if: \"${{ é.b }}\"}\n")
	if x := order.Steps[0].If; x.Source != "é.b" || !x.Exact || x.Pos.Column != 25 || x.At(2).Column != 27 {
		t.Errorf("got %+v, %+v", x, x.At(2))
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{"10s": 10 * time.Second, "48h": 48 * time.Hour, "500ms": 500 * time.Millisecond, "2d": 48 * time.Hour,
		"2d12h": 60 * time.Hour, "1h30m": 90 * time.Minute, "3650d": MaxDuration, "1.5h": 90 * time.Minute} {
		got, err := ParseDuration(s)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", s, got, err, want)
		}
		if back, err := ParseDuration(FormatDuration(got)); err != nil || back != got {
			t.Errorf("%s: written %s, read back as %v, %v", s, FormatDuration(got), back, err)
		}
	}
	for _, s := range []string{"", "10", "d", "-1d", "2dd", "0s", "0d", "-1s", "3651d", "1d-2h", "99999d", "s", "1w", "3650d1s"} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
	for d, want := range map[time.Duration]string{48 * time.Hour: "48h", 72 * time.Hour: "3d", 90 * time.Minute: "1h30m", time.Second: "1s", 10 * time.Minute: "10m", 48*time.Hour + 400*time.Millisecond: "48h0.4s"} {
		if got := FormatDuration(d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestFunctionJSON: the API's shape and functions.yaml say the same.
func TestFunctionJSON(t *testing.T) {
	src, err := os.ReadFile("testdata/functions/sample/in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fs, issues := ParseFunctions(src)
	if len(issues) > 0 || len(fs) != 2 {
		t.Fatalf("got %d functions, %s", len(fs), show(issues))
	}
	for _, f := range fs {
		again, issues := ParseFunctionJSON(f.Name, f.JSON())
		if len(issues) > 0 {
			t.Errorf("%s: %s", f.JSON(), show(issues))
		}
		if !bytes.Equal(again.JSON(), f.JSON()) || again.Timeout != f.Timeout || *again.Idempotent != *f.Idempotent {
			t.Errorf("got %s, want %s", again.JSON(), f.JSON())
		}
		if !strings.HasPrefix(string(f.Source), f.Name+":") {
			t.Errorf("the source of %s is %q", f.Name, f.Source)
		}
	}
	for body, want := range map[string]string{
		``:   "the body is empty",
		`[]`: "must be a mapping",
		`{"http": {"url": "https://x"}, "idempotent": true, "idempotent": true}`: "is here twice",
		`{"http": {"url": "https://x"}}`:                                         "calling it twice",
		`{"http": `:                                                              "never closed",
		"\xff":                                                                   "invalid UTF-8",
	} {
		if _, issues := ParseFunctionJSON("f", []byte(body)); !strings.Contains(show(issues), want) {
			t.Errorf("%q: got %s, want %q", body, show(issues), want)
		}
	}
	if _, issues := ParseFunctionJSON("Bad", []byte(`{"http": {"url": "https://\u0078\ud83d\ude00"}, "idempotent": true}`)); len(issues) != 1 {
		t.Errorf("got %s, want one issue, of the name", show(issues))
	}
}

func TestFromJSON(t *testing.T) {
	const raw = `{"b":1,"a":[true,null,"é <\u0000>",{"x":-1.5e3}],"c":{}}`
	v, err := FromJSON([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(v.JSON()); got != raw {
		t.Errorf("got %s, want %s", got, raw)
	}
	if v.Get("a").Items[0].Kind != Bool || v.Get("zzz").Kind != Absent {
		t.Errorf("got %+v", v)
	}
	for _, bad := range []string{"", "{", "[1,]", "1 2", `{"a":1,"a":2}`, "\"\xff\"", "nul", strings.Repeat("[", 65) + strings.Repeat("]", 65), `{"a" 1}`, "]"} {
		if v, err := FromJSON([]byte(bad)); err == nil {
			t.Errorf("%q: got %s, want an error", bad, v.JSON())
		}
	}
	var s string
	if err := json.Unmarshal(Value{Kind: String, Text: "a\u2028\n\""}.JSON(), &s); err != nil || s != "a\u2028\n\"" {
		t.Errorf("got %q, %v", s, err)
	}
}

// TestHostile: the largest texts of the shapes that cost the most are read in a time that a request can bear.
func TestHostile(t *testing.T) {
	n := MaxSource
	fill := func(s string) string { return strings.Repeat(s, n/len(s)) }
	for name, src := range map[string]string{
		"dashes": fill("- "), "brackets": fill("["), "braces": fill("{a: "), "lines": fill("a\n"), "keys": fill("a: b\n"), "quotes": fill("'"),
		"comments": fill("#\n"), "blank lines": "a: b" + fill("\n")[8:], "literal": "a: |\n" + fill(" x\n")[8:], "one line list": "[" + fill("é,")[8:] + "]",
		"escapes": `a: "` + fill(`\u00e9`)[16:] + `"`, "colons": fill(":"), "questions": fill("? "), "anchors": fill("&a "), "stars": fill("*"),
		"empty values": fill("a:\n\n\n"), "folded": "a: >\n" + fill(" x\n\n")[8:], "plain lines": "a: b\n" + fill(" c\n")[8:], "too long": fill("x") + "yy",
		"steps": "name: x\nsteps:\n" + manySteps(20000),
	} {
		start := time.Now()
		def, issues := Parse([]byte(src))
		if def != nil {
			Hash(def)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if name == "too long" && (def != nil || len(issues) != 1) {
			t.Errorf("%s: got %d issues, want one", name, len(issues))
		}
	}
}

func manySteps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("  s")
		b.WriteString(itoa(i))
		b.WriteString(": {call: f, needs: []}\n")
	}
	return b.String()
}
