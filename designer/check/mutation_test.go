package check

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

var expression = regexp.MustCompile(`\$?\$\{\{\s*(.*?)\s*\}\}`)

// mutant is a flow's text with one path of one expression changed.
type mutant struct {
	how, from, to string
	src           string
	at            int // where the path stands
}

// mutants changes every name of every path: a letter less, another name of the same object, a level too few and a level too many; and puts a value of
// another type in the place of the whole path.
func mutants(src string, siblings func(at int, path []string) []string) []mutant {
	var out []mutant
	for _, m := range expression.FindAllStringSubmatchIndex(src, -1) {
		if src[m[0]:m[0]+2] == "$$" {
			continue
		}
		body := src[m[2]:m[3]]
		p, _ := expr.Compile(body, expr.Options{Item: true, Loop: true, Output: true})
		if p == nil {
			continue
		}
		for _, r := range p.Refs() {
			start := m[2] + len(string([]rune(body)[:r.Offset]))
			written := pathText(src[start:m[3]])
			names := strings.Split(written, ".")
			put := func(how, to string) {
				if to != written {
					out = append(out, mutant{how, written, to, src[:start] + to + src[start+len(written):], start})
				}
			}
			for i := range names {
				plain := strings.TrimPrefix(names[i], "?")
				with := func(name string) string {
					c := slices.Clone(names)
					c[i] = strings.Replace(c[i], plain, name, 1)
					return strings.Join(c, ".")
				}
				if len(plain) > 1 {
					put("dropped letter", with(plain[:len(plain)-1]))
				}
				if i == 0 {
					continue
				}
				for _, s := range siblings(start, names[:i]) {
					put("sibling", with(s))
				}
				if i < len(names)-1 || len(names) > 2 {
					put("level left out", strings.Join(slices.Delete(slices.Clone(names), i, i+1), "."))
				}
				put("level twice", strings.Join(slices.Insert(slices.Clone(names), i+1, names[i]), "."))
			}
			put("wrong type", "[7]")
			put("wrong type", "run")
		}
	}
	return out
}

var written = regexp.MustCompile(`^[a-z]+(\.\??[A-Za-z0-9_]+)*`)

// pathText is the path that a text begins with, without a method that is called on it.
func pathText(s string) string {
	path := written.FindString(s)
	if strings.HasPrefix(s[len(path):], "(") {
		path = path[:strings.LastIndexByte(path, '.')]
	}
	return path
}

// TestMutants: a flow in which one path was changed is refused, or testdata/mutants.txt says why it is as right as the one before.
func TestMutants(t *testing.T) {
	type source struct{ name, flow, functions string }
	var sources []source
	for _, f := range globbed(t, "../../examples/flows/*.yaml") {
		sources = append(sources, source{"examples/" + strings.TrimSuffix(filepath.Base(f), ".yaml"), f, "../../examples/functions.yaml"})
	}
	for _, f := range globbed(t, "testdata/right/*/flow.yaml") {
		functions := filepath.Join(filepath.Dir(f), "functions.yaml")
		if _, err := os.Stat(functions); err != nil {
			functions = "testdata/functions.yaml"
		}
		sources = append(sources, source{filepath.Base(filepath.Dir(f)), f, functions})
	}
	for _, f := range slices.Concat(globbed(t, "../../runtime/scenario/testdata/sagas/*/mended.yaml"), globbed(t, "../../cmd/segno/testdata/cases/*/in/*/flows/*.yaml")) {
		functions := filepath.Join(filepath.Dir(f), "functions.yaml")
		for range 3 {
			if _, err := os.Stat(functions); err == nil {
				break
			}
			functions = filepath.Join(filepath.Dir(functions), "..", "functions.yaml")
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !refuses(string(src), readCatalog(t, functions)) { // the others are broken on purpose
			name := strings.TrimSuffix(strings.NewReplacer("../../runtime/scenario/testdata/", "", "../../cmd/segno/testdata/cases/", "segno/", "/mended", "", "/in/", "/").Replace(f), ".yaml")
			sources = append(sources, source{name, f, functions})
		}
	}
	all, refused := 0, 0
	accepted := map[string]bool{}
	for _, s := range sources {
		text, err := os.ReadFile(s.flow)
		if err != nil {
			t.Fatal(err)
		}
		c := readCatalog(t, s.functions)
		_, d, _ := CompileSource(text, c)
		siblings := func(at int, path []string) []string {
			step, field := placeOf(d, at)
			var names []string
			for _, one := range Complete(d, c, step, field, strings.Join(path, ".")+".") {
				names = append(names, one.Label)
			}
			return names
		}
		for _, m := range mutants(string(text), siblings) {
			all++
			if refuses(m.src, c) {
				refused++
				continue
			}
			key := fmt.Sprintf("%s: %s: %s for %s", s.name, m.how, m.to, m.from)
			accepted[key+": "+cmp.Or(equivalent(string(text), d, c, m), byHand[key])] = true
		}
	}
	t.Logf("%d mutants of %d flows, %d refused, %d kinds of equivalent ones listed", all, len(sources), refused, len(accepted))
	lines := slices.Sorted(maps.Keys(accepted))
	for _, l := range lines {
		if strings.HasSuffix(l, ": ") {
			t.Errorf("nothing says why this is right, too: %s", l)
		}
	}
	golden(t, "testdata/mutants.txt", strings.Join(lines, "\n")+"\n")
}

// byHand says of mutants that are as right as what they came from why, where it takes a person to see it.
var byHand = map[string]string{
	"typed_handled: wrong type: run for input.name":                     "of what comes of it only the size is taken, and an object has one",
	"optional_chains: level left out: input.?a.b for input.?a.b.c":      "another value is taken where it is absent, and any value fits at this place",
	"typed_schemas: level left out: input.?open for input.?open.?extra": "any value fits at this place",
}

func refuses(src string, c Catalog) bool {
	_, _, issues := CompileSource([]byte(src), c)
	return issues.HasErrors()
}

// equivalent says why an accepted mutant may be; "" if nothing does.
func equivalent(src string, d *flow.Definition, c Catalog, m mutant) string {
	step, field := placeOf(d, m.at)
	was, is := TypeAt(d, c, step, field, m.from), TypeAt(d, c, step, field, m.to)
	instead := func(value string) string { return src[:m.at] + value + src[m.at+len(m.from):] }
	switch {
	case was == is && is != "":
		return "that is " + is + ", too"
	case !refuses(instead("run"), c) && !refuses(instead("run.version"), c) && !refuses(instead("run.id"), c) && (is != "" || m.how == "wrong type"):
		return "any value fits at this place"
	case m.to == "[7]" && strings.HasPrefix(was, "list"):
		return "that is a list, too"
	case strings.HasSuffix(src[:m.at], "size("):
		return "a list and an object have a size, too"
	case m.to == "run" && was == "object":
		return "that is an object, too"
	case m.to == "[7]" && was == "object" && strings.Contains(src[m.at:], m.from+".transform"):
		return "a list can be looped over, too"
	case m.how == "sibling" && is != "":
		return is + " fits as well as " + was
	}
	if names := strings.Split(strings.ReplaceAll(m.to, "?", ""), "."); len(names) > 2 && (names[1] == "bag" || names[1] == "open" || names[1] == "prices" || names[1] == "?prices") {
		return "it holds any name"
	}
	if is == "any value" && strings.Count(m.to, ".") == 2 { // all of an output that has no contract
		return "nothing is known of " + m.to
	}
	for path := m.to; strings.Contains(path, "."); { // a name in something of which nothing is known
		path = path[:strings.LastIndexByte(path, '.')]
		if TypeAt(d, c, step, field, path) == "any value" {
			return "nothing is known of " + path
		}
	}
	return ""
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	return files
}

// placeOf finds the step and the field of an offset in the text.
func placeOf(d *flow.Definition, offset int) (step, field string) {
	for i := range d.Steps {
		s := &d.Steps[i]
		if offset < s.Pos.Offset || offset >= s.End.Offset {
			continue
		}
		best := -1
		for f, p := range s.Positions {
			if p.Offset <= offset && p.Offset > best {
				best, field = p.Offset, f
			}
		}
		if strings.HasPrefix(field, "compensate") {
			field = "compensate.with"
		}
		return s.Name, field
	}
	return "", "output"
}
