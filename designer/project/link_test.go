package project

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/segno-run/segno/designer/check"
)

func folder(t *testing.T, flows map[string]string) *Project {
	t.Helper()
	files := fstest.MapFS{}
	for name, steps := range flows {
		files["flows/"+name+".yaml"] = &fstest.MapFile{Data: []byte("name: " + name + "\n" + steps)}
	}
	p, issues := Load(files)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	return p
}

func lines(issues Issues) []string {
	out := []string{}
	for _, i := range issues {
		i.Hint = ""
		out = append(out, i.String())
	}
	return out
}

const pay = "input: {type: object, required: [amount], additionalProperties: false, properties: {amount: {type: number}}}\nsteps: {a: {set: {x: 1}}}\noutput: {paid: true}\n"

func TestFlowsOfAFolderRunEachOther(t *testing.T) {
	p := folder(t, map[string]string{
		"a_parent": "steps:\n  p: {flow: pay, with: {amont: 1}}\n  q: {needs: [p], set: {x: \"${{ steps.p.output.payed }}\"}}\n  r: {flow: broken, with: {any: 1}}\n",
		"broken":   "steps:\n  a: {call: none}\n",
		"pay":      pay,
		"right":    "steps:\n  p: {flow: pay, with: {amount: 1}}\n  v: {flow: pay, version: 7, with: {not: known}}\n  x: {flow: elsewhere}\n",
	})
	want := []string{
		"flows/a_parent.yaml:3:25: `pay` takes no `amont`",
		"flows/a_parent.yaml:4:48: `steps.p.output` has no `payed`",
		"flows/broken.yaml:3:13: there is no function `none`",
		"flows/right.yaml:5:13: there is no flow `elsewhere`",
	}
	if got := lines(p.Check(nil)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFoldersFlowsMustNotRunThemselves(t *testing.T) {
	p := folder(t, map[string]string{
		"a":    "steps:\n  x: {flow: b}\n",
		"b":    "steps:\n  x: {wait: 1s}\n  y: {flow: c}\n",
		"c":    "steps:\n  x: {flow: a}\n",
		"self": "steps:\n  x: {flow: self}\n",
		"user": "steps:\n  x: {flow: a}\n",
	})
	want := []string{
		"flows/a.yaml:3:13: the flow would run itself: a → b → c → a",
		"flows/b.yaml:4:13: the flow would run itself: b → c → a → b",
		"flows/c.yaml:3:13: the flow would run itself: c → a → b → c",
		"flows/self.yaml:3:13: the flow would run itself: self → self",
	}
	if got := lines(p.Check(nil)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var deep []string
	flows := map[string]string{"f0": "steps:\n  x: {wait: 1s}\n"}
	for i := 1; i < 9; i++ {
		flows[fmt.Sprintf("f%d", i)] = fmt.Sprintf("steps:\n  x: {flow: f%d}\n", i-1)
	}
	deep = lines(folder(t, flows).Check(nil))
	if want := []string{"flows/f8.yaml:3:13: with `f7`, 9 flows would stand in one another; at most 8 may"}; !slices.Equal(deep, want) {
		t.Errorf("got %q", deep)
	}
}

func TestFlowsOfTheServer(t *testing.T) {
	server := map[int]string{1: "name: pay\nsteps: {a: {wait: 1s}}\n", 2: "name: pay\n" + pay}
	known := ServerFlows{Names: []string{"pay", "refund"}, Signature: func(name string, version int) *check.Signature {
		if version == 0 {
			version = 2
		}
		if server[version] == "" || name == "refunt" {
			return nil
		}
		s, _ := check.SignatureOf([]byte(server[version]), version, &Project{})
		s.Flow = name
		return s
	}}
	p := folder(t, map[string]string{
		"pay":    "steps: {a: {wait: 1s}}\noutput: {third: true}\n",
		"parent": "steps:\n  own: {flow: pay}\n  next: {flow: pay, version: 3}\n  first: {flow: pay, version: 1}\n  two: {flow: pay, version: 2}\n  far: {flow: pay, version: 4}\n  more: {flow: refunt}\n  out: {needs: [own, next, first], set: {a: \"${{ steps.own.output.third }}\", b: \"${{ steps.next.output.third }}\", c: \"${{ steps.first.output.x }}\"}}\n  refund: {flow: refund}\n",
	}).WithFlows(known)
	want := []string{
		"flows/parent.yaml:6:15: `pay` requires `amount`",
		"flows/parent.yaml:7:29: the flow `pay` has no version 4",
		"flows/parent.yaml:8:16: there is no flow `refunt`",
		"flows/parent.yaml:9:142: `steps.first.output` is null; it has no `x`",
		"flows/parent.yaml:10:18: `refund` requires `amount`",
	}
	if got := lines(p.Check(nil)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := p.FlowNames(), []string{"parent", "pay", "refund"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChildrenComeFirst(t *testing.T) {
	p := folder(t, map[string]string{
		"a": "steps:\n  x: {flow: z}\n  y: {flow: b, version: 2}\n", "b": "steps:\n  x: {flow: z}\n", "c": "steps:\n  x: {flow: c2}\n", "c2": "steps:\n  x: {flow: c}\n", "z": "steps: {x: {wait: 1s}}\n",
	})
	var got []string
	for _, f := range p.Ordered() {
		got = append(got, f.Def.Name)
	}
	if want := []string{"z", "b", "a", "c2", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.Children("a"); !slices.Equal(got, []string{"z", "b"}) || p.Children("none") != nil {
		t.Errorf("got %q", got)
	}
}

func TestPlanTellsWhoStaysBehind(t *testing.T) {
	texts := map[string]string{"parent": "steps: {x: {flow: pay}, y: {flow: note}, z: {flow: old}}\n", "pay": "steps: {x: {wait: 1s}}\n", "note": "steps: {x: {wait: 1s}}\n", "old": "steps: {x: {wait: 1s}}\n"}
	p := folder(t, texts)
	src := func(name string) []byte { return p.File(name).Source }
	s := State{Flows: map[string]Published{
		"parent": {Version: 1, Source: src("parent"), Runs: map[string]int{"pay": 1, "note": 2, "old": 3}},
		"pay":    {Version: 1, Source: []byte("name: pay\nsteps: {x: {wait: 2s}}\n")},
		"note":   {Version: 4, Source: src("note")},
		"old":    {Version: 3, Source: src("old")},
	}}
	want := "~ flow pay: version 1 → 2: 1 step changed\n    ~ step x\n        wait: 2s → 1s\n" +
		"= flow parent stays and goes on to run note version 2; the latest is 4 (publish parent anew to run that)\n" +
		"= flow parent stays and goes on to run pay version 1; the latest will be 2 (publish parent anew to run that)\n"
	plan := p.Plan(s)
	if got := plan.Text(); got != want || plan.Changes() != 1 {
		t.Errorf("%d changes\n%s\nwant\n%s", plan.Changes(), got, want)
	}
	if got := plan.Markdown(); !strings.Contains(got, "Flow `parent` stays and goes on to run `pay` version 1; the latest will be 2.") {
		t.Error(got)
	}
	changed := folder(t, map[string]string{"parent": texts["parent"] + "output: 1\n", "pay": texts["pay"], "note": texts["note"], "old": texts["old"]})
	if got := changed.Plan(s).Text(); strings.Contains(got, "goes on") {
		t.Errorf("a changed parent pins anew: %s", got)
	}
}

// TestUnreadFlowIsThere checks that who refers to a flow whose file is no YAML is not told that there is no such flow.
func TestUnreadFlowIsThere(t *testing.T) {
	p, issues := Load(fstest.MapFS{
		"functions.yaml":    {Data: []byte("{}\n")},
		"flows/other.yaml":  {Data: []byte("name: pay # the rest is being written\nsteps: {a: [\n")},
		"flows/refund.yaml": {Data: []byte("steps: {a: [\n")},
		"flows/parent.yaml": {Data: []byte("name: parent\nsteps:\n  a: {flow: pay, with: {x: 1}}\n  b: {flow: refund}\n  c: {flow: none}\n")},
	})
	var parent []string
	for _, i := range p.Check(issues) {
		if i.File == "flows/parent.yaml" {
			parent = append(parent, i.Message)
		}
	}
	if want := []string{"there is no flow `none`"}; !slices.Equal(parent, want) {
		t.Errorf("got %q, want %q", parent, want)
	}
	if f := p.Unread("pay"); f == nil || f.Path != "flows/other.yaml" || p.Unread("other") != nil || p.Unread("") != nil || p.Unread("parent") != nil {
		t.Errorf("the unread file of pay is %v", f)
	}
}
