package check_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
)

var fence = regexp.MustCompile("(?ms)^```yaml ?(\\w*)\n(.*?)^```$")

// TestReference checks every example of docs/language.md: a block of `yaml` is a flow, one of `yaml steps` what stands under steps, one of `yaml flow` a
// flow that the others may run.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	language, err := schema.Compile(flow.LanguageSchema())
	if err != nil {
		t.Fatal(err)
	}
	functions := documented{map[string]*flow.Function{}, map[string]*check.Signature{}}
	blocks := fence.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		if b[1] != "functions" {
			continue
		}
		fns, issues := flow.ParseFunctions([]byte(b[2]))
		if len(issues) > 0 {
			t.Fatalf("the functions: %+v", issues)
		}
		for i := range fns {
			functions.functions[fns[i].Name] = &fns[i]
		}
	}
	for _, b := range blocks {
		if b[1] == "flow" {
			s, issues := check.SignatureOf([]byte(b[2]), 1, functions)
			if len(issues) > 0 {
				t.Fatalf("a flow that is run: %+v", issues)
			}
			functions.flows[s.Flow] = s
		}
	}
	examples := 0
	for _, b := range blocks {
		src := b[2]
		switch b[1] {
		case "functions":
			continue
		case "steps":
			src = "name: example\nsteps:\n  " + strings.ReplaceAll(strings.TrimRight(src, "\n"), "\n", "\n  ") + "\n"
		}
		examples++
		if p, _, issues := check.CompileSource([]byte(src), functions); p == nil || issues.HasErrors() {
			t.Errorf("an example does not check: %+v\n%s", issues, src)
		}
		fitsLanguage(t, language, src)
	}
	if examples < 5 {
		t.Errorf("found %d examples", examples)
	}
}

// TestRightFlowsFitTheSchema holds the published schema against the flows that are known to be right.
func TestRightFlowsFitTheSchema(t *testing.T) {
	language, err := schema.Compile(flow.LanguageSchema())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/right/*/flow.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fitsLanguage(t, language, string(src))
	}
	for _, wrong := range []string{"name: f\nsteps: {a: {cal: x}}", "name: f\nsteps: {a: {set: {}, wait: 1s}}", "name: f\nsteps: {a: {set: {}, retry: {}}}", "steps: {a: {set: {}}}"} {
		if v := violations(t, language, wrong); len(v) == 0 {
			t.Errorf("the schema takes %q", wrong)
		}
	}
}

func fitsLanguage(t *testing.T, language *schema.Schema, src string) {
	t.Helper()
	for _, v := range violations(t, language, src) {
		t.Errorf("the published schema refuses it: %s\n%s", v, src)
	}
}

func violations(t *testing.T, language *schema.Schema, src string) []schema.Violation {
	t.Helper()
	tree, _ := flow.ParseTree([]byte(src))
	v, err := flow.FromNode(tree, tree.Root)
	if err != nil {
		t.Fatal(err)
	}
	return language.Validate(v.JSON())
}

// documented is a Catalog of what the reference declares.
type documented struct {
	functions map[string]*flow.Function
	flows     map[string]*check.Signature
}

func (d documented) Function(name string) *flow.Function      { return d.functions[name] }
func (d documented) FunctionNames() []string                  { return nil }
func (d documented) Flow(name string, _ int) *check.Signature { return d.flows[name] }
func (documented) FlowNames() []string                        { return nil }
