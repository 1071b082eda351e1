package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/internal/bounded"
)

// texts gives every in.yaml of the cases, also with CRLF.
func texts(t interface {
	Helper()
	Fatal(...any)
}) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*/in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(b); !slices.Contains(out, s) {
			out = append(out, s)
			if !strings.Contains(s, "\r") {
				out = append(out, strings.ReplaceAll(s, "\n", "\r\n"))
			}
		}
	}
	return out
}

func drawOp(t *rapid.T, def *flow.Definition) Op {
	names := []string{"missing", "fresh", "fresh2"}
	for _, s := range def.Steps {
		names = append(names, s.Name, s.Name)
	}
	name := rapid.SampledFrom(names)
	port := rapid.SampledFrom([]string{"", "error", "done", "approved", "rejected", "review", "otherwise", "first"})
	path := rapid.SampledFrom([]string{"title", "timeout", "with.a", "with.b.c", "with", "retry.max_attempts", "retry", "if", "needs", "compensate.with.x",
		"approval.title", "signal.name", "signal.timeout", "deadline", "notes", "switch.review", "call", "flow", "version", "output.x", "output", "input", "input.properties.a", "signal.schema", "tolerated_failures", "max_parallel", "on_failure", "fail.message", "set.k", "with.x"})
	value := rapid.SampledFrom([]string{`"a text"`, `"${{ input.x ? 1 : 2 }}"`, `3`, `null`, `true`, `"it's \"so\"\n: # \\"`, `{"k": "v", "l": [1, {"m": []}]}`, `[]`, `{}`,
		`["a", "b.error"]`, `" lead"`, `""`, `"no"`, `"- x"`, `"007"`, `"\u0000\u2028é🙂"`,
		`{"long": "` + strings.Repeat("x", 120) + `", "list": [{"a": "` + strings.Repeat("y", 120) + `", "b": 1}, [1], "z"]}`})
	op := Op{Op: rapid.SampledFrom([]string{AddStep, DeleteStep, Connect, Disconnect, SetField, SetField, RemoveField, RenameStep, InsertBetween}).Draw(t, "op")}
	op.Step = name.Draw(t, "step")
	op.To = name.Draw(t, "to")
	op.From = name.Draw(t, "from")
	op.Port = port.Draw(t, "port")
	op.Kind = rapid.SampledFrom([]flow.Kind{flow.Call, flow.SubFlow, flow.Switch, flow.Set, flow.Wait, flow.Signal, flow.Approval, flow.Fail}).Draw(t, "kind")
	op.Function, op.Flow = "f.g", "g"
	op.Bridge = rapid.Bool().Draw(t, "bridge")
	if rapid.Bool().Draw(t, "more") {
		op.Needs = []string{edgeText(name.Draw(t, "need"), port.Draw(t, "needport"))}
		op.After = name.Draw(t, "after")
	}
	op.Path = path.Draw(t, "path")
	op.Value = json.RawMessage(value.Draw(t, "value"))
	if op.Op == SetField && rapid.Bool().Draw(t, "asyaml") { // JSON is YAML, and so is this
		op.YAML, op.Value = rapid.SampledFrom([]string{"type: object\nproperties:\n  a: {type: string} # why\n", "- 1\n- [a, b]", "10%", "'it''s'", "|\n  two\n  lines\n"}).Draw(t, "yaml"), nil
	}
	if (op.Op == SetField || op.Op == RemoveField) && rapid.Bool().Draw(t, "flowlevel") {
		op.Step = ""
	}
	return op
}

// TestProperties does chains of operations on every text and holds each result against what the operation promises.
func TestProperties(t *testing.T) {
	all := texts(t)
	rapid.Check(t, func(t *rapid.T) {
		src := []byte(rapid.SampledFrom(all).Draw(t, "text"))
		for range rapid.IntRange(1, 5).Draw(t, "length") {
			before, _ := flow.Parse(src)
			if before == nil {
				return
			}
			op := drawOp(t, before)
			out, undo, err := Apply(src, op)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Code == "" || e.Message == "" {
					t.Fatalf("%+v: %v", op, err)
				}
				if e.Code == NotPossible && !tolerated(e.Message) {
					t.Fatalf("%+v: %v\n%s", op, err, src)
				}
				continue
			}
			checkApplied(t, src, out, undo)
			after, _ := flow.Parse(out)
			promise(t, op, before, after, src, out)
			src = out
		}
	})
}

// tolerated are the refusals that a text of the cases can deserve.
func tolerated(message string) bool {
	return strings.Contains(message, "nothing would be left") || strings.Contains(message, "can't be read")
}

// promise checks that op did what it says, and nothing else: every step that it does not concern means what it meant, and every comment that is not
// inside of what it took away or wrote anew is there still.
func promise(t interface {
	Helper()
	Fatalf(string, ...any)
}, op Op, before, after *flow.Definition, src, out []byte) {
	t.Helper()
	has := func(step, edge string) bool {
		s := after.Step(step)
		return s != nil && slices.ContainsFunc(s.Needs.Edges, func(e flow.Edge) bool { return edgeText(e.Step, e.Port) == edge })
	}
	concerned := map[string]bool{op.Step: true}
	switch op.Op {
	case AddStep:
		if s := after.Step(op.Step); s == nil || s.Kind != op.Kind {
			t.Fatalf("%+v: the step is not there\n%s", op, out)
		}
	case DeleteStep:
		if after.Step(op.Step) != nil || bytes.Contains(flow.Canonical(after), []byte(`"`+op.Step+`.done"`)) {
			t.Fatalf("%+v: the step is still there\n%s", op, out)
		}
		for _, s := range before.Steps {
			concerned[s.Name] = slices.ContainsFunc(s.Needs.Edges, func(e flow.Edge) bool { return e.Step == op.Step }) || s.Name == op.Step
		}
	case Connect:
		concerned = map[string]bool{op.To: true}
		if !has(op.To, edgeText(op.From, op.Port)) {
			t.Fatalf("%+v: not connected\n%s", op, out)
		}
	case Disconnect:
		concerned = map[string]bool{op.To: true}
		if has(op.To, edgeText(op.From, op.Port)) {
			t.Fatalf("%+v: still connected\n%s", op, out)
		}
	case RenameStep:
		if after.Step(op.To) == nil || op.Step != op.To && after.Step(op.Step) != nil {
			t.Fatalf("%+v: not renamed\n%s", op, out)
		}
		back, _, err := Apply(out, Op{Op: RenameStep, Step: op.To, To: op.Step})
		if err != nil {
			t.Fatalf("%+v: renaming back: %v", op, err)
		}
		if again, _ := flow.Parse(back); flow.Hash(again) != flow.Hash(before) && !bytes.Contains(src, []byte("steps."+op.To)) {
			t.Fatalf("%+v: renamed there and back it means something else\n%s\n%s", op, src, back)
		}
		return
	case InsertBetween:
		concerned[op.To] = true
		if !has(op.Step, edgeText(op.From, op.Port)) || has(op.To, edgeText(op.From, op.Port)) {
			t.Fatalf("%+v: not between\n%s", op, out)
		}
	case SetField:
		tree, _ := flow.ParseTree(out)
		node := tree.Root
		if op.Step != "" {
			node = node.Get("steps").Get(op.Step)
		}
		if node = at(node, strings.Split(op.Path, ".")); node == nil {
			t.Fatalf("%+v: not set\n%s", op, out)
		}
		got, err := flow.FromNode(tree, node)
		want, _ := valueOf(op)
		if err != nil || !bytes.Equal(got.JSON(), want.JSON()) {
			t.Fatalf("%+v: got %s want %s (%v)\n%s", op, got.JSON(), want.JSON(), err, out)
		}
	}
	if op.Step == "" && (op.Op == SetField || op.Op == RemoveField) {
		concerned = map[string]bool{}
	}
	for _, s := range before.Steps {
		if concerned[s.Name] {
			continue
		}
		now := after.Step(s.Name)
		if now == nil || flow.Hash(&flow.Definition{Steps: []flow.Step{s}}) != flow.Hash(&flow.Definition{Steps: []flow.Step{*now}}) {
			t.Fatalf("%+v: the step %s changed\n%s\n%s", op, s.Name, src, out)
		}
	}
	if op.Op == AddStep || op.Op == Connect {
		if bytes.Count(src, []byte("#")) != bytes.Count(out, []byte("#")) {
			t.Fatalf("%+v: a comment went\n%s\n%s", op, src, out)
		}
	}
	if bytes.Contains(src, []byte("\r\n")) && bytes.Count(out, []byte("\n")) != bytes.Count(out, []byte("\r\n")) {
		t.Fatalf("%+v: line ends are mixed\n%q", op, out)
	}
}

// at follows a path, in which a key that has dots itself counts as one.
func at(node *flow.Node, path []string) *flow.Node {
	if len(path) == 0 || node == nil {
		return node
	}
	for n := len(path); n > 0; n-- {
		if found := at(node.Get(strings.Join(path[:n], ".")), path[n:]); found != nil {
			return found
		}
	}
	return nil
}

// FuzzApply: nothing panics, what is applied can be read and undone, whatever text and operation come.
func FuzzApply(f *testing.F) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, dir := range dirs {
		src, err := os.ReadFile(filepath.Join(dir, "in.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		op, err := os.ReadFile(filepath.Join(dir, "op.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, op)
	}
	f.Fuzz(func(t *testing.T, src, raw []byte) {
		var op Op
		if json.Unmarshal(raw, &op) != nil {
			return
		}
		var out []byte
		var undo Patch
		var err error
		bounded.Run(t, func() { out, undo, err = Apply(src, op) })
		if err != nil {
			return
		}
		checkApplied(t, src, out, undo)
		if before, issues := flow.Parse(src); before != nil && !issues.HasErrors() {
			after, _ := flow.Parse(out)
			promise(t, op, before, after, src, out)
		}
	})
}
