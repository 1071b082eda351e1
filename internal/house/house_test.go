package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/segno-run/segno"

// pkg is what `go list -json` says about one of our packages; its name is the import path below the module.
type pkg struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func (p pkg) room() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

var packages = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,GoFiles,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func allPackages(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func TestDirections(t *testing.T) {
	for _, p := range allPackages(t) {
		from := p.room()
		own, rule, ok := ruleOf(from)
		if !ok {
			t.Errorf("package %s stands in no row of the table in directions_test.go: give it one, by the design's section 2", from)
			continue
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				if why := refuses(from, path); why != "" {
					t.Errorf("package %s imports %s: %s", from, path, why)
				}
				continue
			}
			if to != own && !within(to, own) && !allows(rule, to) {
				t.Errorf("package %s imports %s, and may import only: %s", from, to, strings.Join(rule, ", "))
			}
		}
	}
}

// A rule that lets everything pass would pass every other test here.
func TestDirectionsAreSharp(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"designer/check", "designer/flow", true},
		{"designer/flow", "designer/check", false},
		{"designer/check", "runtime/planner", false},
		{"runtime/planner", "runtime/journal", false},
		{"runtime/invoke/httpfn", "runtime/invoke", true},
		{"runtime/invoke/httpfn", "runtime/planner", false},
		{"runtime/scenario", "designer/project", true},
		{"web", "runtime/postgres", false},
		{"web/view", "web", false},
		{"cmd/web/app", "runtime/postgres", true},
		{"cmd/web", "web", false},
		{"examples", "runtime", false},
	} {
		own, rule, ok := ruleOf(c.from)
		if got := ok && (within(c.to, own) || allows(rule, c.to)); got != c.want {
			t.Errorf("%s importing %s: got allowed %v, want %v", c.from, c.to, got, c.want)
		}
	}
	for _, unknown := range []string{"runtime/unheard", "internal/unheard", "unheard", "cmd/web/unheard"} {
		if _, _, ok := ruleOf(unknown); ok {
			t.Errorf("%s stands in a row, want it to need one", unknown)
		}
	}
	for from, path := range map[string]string{"designer/flow": "github.com/jackc/pgx/v5", "runtime/planner": "math/rand/v2",
		"runtime": "database/sql", "runtime/postgres": "gorm.io/gorm", "examples": "github.com/labstack/echo/v4"} {
		if refuses(from, path) == "" {
			t.Errorf("%s may import %s", from, path)
		}
	}
	if why := refuses("runtime/postgres", "github.com/jackc/pgx/v5"); why != "" {
		t.Errorf("runtime/postgres may not import pgx: %s", why)
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range allPackages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + filepath.Base(p.Dir) + " "
		}
		if !documented(t, p, want) {
			t.Errorf("package %s: no comment begins with %q: say what it owns and what it may not know", p.room(), want)
		}
	}
}

// documented looks into each file, since what `go list` takes for a package's comment may be a generator's remark.
func documented(t *testing.T, p pkg, want string) bool {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Doc != nil && strings.HasPrefix(f.Doc.Text(), want) {
			return true
		}
	}
	return false
}

const maxLines = 600

var (
	// promises and sleeps are spelt in two halves so that this file does not find itself.
	promise  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	idleTest = regexp.MustCompile(`\bt\.S` + `kip|\btesting\.Sho` + `rt\(\)|\btime\.Sl` + `eep\(`)
	// machinePath is a place that exists on one person's machine only. Homebrew's home on Linux is the same everywhere.
	machinePath = regexp.MustCompile(`(^|[\s"'` + "`" + `=(:])(/ro` + `ot/|/wo` + `rk/|/Us` + `ers/|/ho` + `me/)[\w.-]+`)
	generated   = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	lockHost    = regexp.MustCompile(`"resolved": "(https?://[^/"]+)`)
)

// TestSources reads every source of ours once and holds it against the rules that no compiler knows.
func TestSources(t *testing.T) {
	n := 0
	for name, text := range sources(t) {
		n++
		if strings.HasSuffix(name, "package-lock.json") {
			for _, m := range lockHost.FindAllStringSubmatch(text, -1) {
				t.Errorf("%s: a package is bound to %s, want no address: whoever installs says which registry", name, m[1])
			}
			continue
		}
		lines := strings.Split(text, "\n")
		if isCode(name) && len(lines) > maxLines {
			t.Errorf("%s: %d lines, want at most %d: does it hold two nouns?", name, len(lines), maxLines)
		}
		// In a bubble of testing/synctest a sleep takes no time: it is how such a test moves its clock.
		virtualTime := strings.Contains(text, `"testing/synctest"`)
		for i, line := range lines {
			if promise.MatchString(line) {
				t.Errorf("%s:%d: a promise left open: %.80s", name, i+1, strings.TrimSpace(line))
			}
			if strings.HasSuffix(name, "_test.go") && !virtualTime && idleTest.MatchString(line) {
				t.Errorf("%s:%d: a test that skips or sleeps: %.80s", name, i+1, strings.TrimSpace(line))
			}
			if m := machinePath.FindString(line); m != "" && !strings.Contains(line, "/linuxbrew/") {
				t.Errorf("%s:%d: a path of one machine: %s", name, i+1, m)
			}
		}
	}
	if n < 20 {
		t.Errorf("read only %d sources", n)
	}
}

func isCode(name string) bool {
	switch filepath.Ext(name) {
	case ".go", ".ts", ".tsx", ".templ", ".mjs", ".css":
		return true
	}
	return false
}

// sources yields the text files that people write, by their path below the repository's root.
func sources(t *testing.T) func(func(string, string) bool) {
	t.Helper()
	root := filepath.Join("..", "..")
	kinds := map[string]bool{".go": true, ".ts": true, ".tsx": true, ".templ": true, ".mjs": true, ".css": true, ".sql": true, ".md": true,
		".yaml": true, ".yml": true, ".json": true, ".sh": true, "": true}
	skipped := map[string]bool{".git": true, "node_modules": true, "dist": true, "testdata": true, "bin": true}
	return func(yield func(string, string) bool) {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if skipped[entry.Name()] {
					return fs.SkipDir
				}
				return nil
			}
			if !entry.Type().IsRegular() || !kinds[filepath.Ext(path)] {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.IndexByte(b, 0) >= 0 || generated.Match(b) {
				return nil
			}
			name, err := filepath.Rel(root, path)
			if err == nil && !yield(filepath.ToSlash(name), string(b)) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
