package words_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/words"
)

// sources are the texts that say something to people: of pages, of what runs are told by, of the browser, of the command line.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, room := range []string{"..", "../../cmd/segno"} {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := filepath.ToSlash(path)
			switch {
			case d.IsDir() && slices.Contains([]string{"node_modules", "dist", "testdata", "words", ".test", "fonts", "licenses"}, d.Name()):
				return filepath.SkipDir
			case d.IsDir(), strings.Contains(name, "_test.go"), strings.Contains(name, ".test.ts"), strings.Contains(name, ".gen.ts"), strings.HasSuffix(name, "_templ.go"), strings.HasSuffix(name, ".min.js"):
				return nil
			case !slices.Contains([]string{".go", ".templ", ".ts", ".tsx", ".js"}, filepath.Ext(name)):
				return nil
			}
			raw, err := os.ReadFile(path)
			all[name] = string(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 100 {
		t.Fatalf("%d sources", len(all))
	}
	return all
}

// literals are the texts of a line: what stands in quotes, between tags, and in a template by itself.
var literals = regexp.MustCompile("\"((?:[^\"\\\\]|\\\\.)*)\"|`([^`]*)`|'([^']*)'|>([^<>{}]+)<")

func textsOf(line string) (all []string) {
	for _, m := range literals.FindAllStringSubmatch(line, -1) {
		for _, text := range m[1:] {
			if text = strings.TrimSpace(text); text != "" {
				all = append(all, text)
			}
		}
	}
	if bare := strings.TrimSpace(line); regexp.MustCompile(`^[A-Za-z][a-z ]+$`).MatchString(bare) {
		all = append(all, bare)
	}
	return all
}

// owned are the texts of several words that the catalogue alone says, and what others say for it. A single word is its own id and can't be spelled in another
// way; "Not found" is also what an HTTP status is called.
func owned() (exact map[string]string, never map[string]string) {
	exact, never = map[string]string{words.JustNow: "words.JustNow"}, map[string]string{}
	for name, list := range map[string][]words.Word{"Statuses": words.Statuses, "Classes": words.Classes, "Effects": words.Effects, "Kinds": words.Kinds, "Marks": words.Marks} {
		for _, w := range list {
			for _, text := range []string{w.Text, w.About} {
				if strings.Contains(text, " ") {
					exact[text] = "words." + name
				}
			}
			if title := words.Title(w.Text); name == "Statuses" && strings.Contains(title, " ") {
				exact[title] = "words." + name
			}
			for _, n := range w.Not {
				never[n] = w.Text
			}
		}
	}
	return exact, never
}

// mistakes finds what a source says that the catalogue says, or says otherwise.
func mistakes(name, source string) (found []string) {
	exact, never := owned()
	for i, line := range strings.Split(source, "\n") {
		code, _, _ := strings.Cut(line, "// ")
		at := name + ":" + itoa(i+1) + ": "
		if spelled.MatchString(code) {
			found = append(found, at+"an id is spelled out by hand; package words has its words")
		}
		for _, text := range textsOf(code) {
			if list, ok := exact[text]; ok {
				found = append(found, at+"\""+text+"\" is said by "+list)
			}
			for other, ours := range never {
				if regexp.MustCompile(`(?i)\b` + other + `\b`).MatchString(text) {
					found = append(found, at+"\""+other+"\": we say "+ours)
				}
			}
		}
	}
	return found
}

// spelled is how somebody makes words of an id.
var spelled = regexp.MustCompile(`(?i)replaceAll\([^)]*["/]_["/]g?, " "\)|ReplaceAll\(.*, "_", " "\)`)

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// TestSaidOnce: what the catalogue says stands nowhere else, in no other spelling, and under no other name.
func TestSaidOnce(t *testing.T) {
	for name, source := range sources(t) {
		for _, m := range mistakes(name, source) {
			if strings.HasPrefix(m, "../static/app.js:") && strings.Contains(m, "words.JustNow") {
				continue // no module: web/ui/src/model/words.test.ts holds its two lines against words.Ago
			}
			t.Error(m)
		}
	}
}

// TestMistakesAreFound holds the check itself.
func TestMistakesAreFound(t *testing.T) {
	for _, line := range []string{
		`	return "Compensation failed"`, `const W = { ask: "waiting for a person" };`, `	<b>Waiting for a person</b>`, `	waiting for a person`, `	return strings.ReplaceAll(s.Status, "_", " ")`,
		`  return status.replaceAll("_", " ");`, `  return status.replace(/_/g, " ").replaceAll(/_/g, " ");`, `	x = "The run was canceled by ada"`, `	said := "just now"`, `  about: "a person decides",`, `	"It took too long",`,
	} {
		if len(mistakes("x", line)) == 0 {
			t.Errorf("%s passes", line)
		}
	}
	for _, line := range []string{`	case "failed", "compensation_failed":`, `	// it is Compensating`, `	return "Failed step"`, `	<dt>Queued</dt>`, `	v.Sentence = "Paused: no new step starts"`, `context.Canceled`, `words.Status("retrying")`} {
		if got := mistakes("x", line); len(got) > 0 {
			t.Errorf("%s: %v", line, got)
		}
	}
}
