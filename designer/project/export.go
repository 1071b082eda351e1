package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/flow"
)

// FunctionsYAML writes a functions.yaml that holds these entries, given in JSON by name. It reads back as the very same entries, or is an error.
func FunctionsYAML(entries map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(entries)) {
		v, err := flow.FromJSON(entries[name])
		if err != nil {
			return nil, fmt.Errorf("writing function %q: %w", name, err)
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(bare(name) + ":")
		block(&b, v, "  ")
	}
	functions, issues := flow.ParseFunctions(b.Bytes())
	if issues.HasErrors() || len(functions) != len(entries) {
		return nil, fmt.Errorf("writing functions.yaml: %d functions came back as %d, %v", len(entries), len(functions), issues)
	}
	for _, f := range functions {
		if !bytes.Equal(f.JSON(), entries[f.Name]) {
			return nil, fmt.Errorf("writing function %q: it came back as %s", f.Name, f.JSON())
		}
	}
	return b.Bytes(), nil
}

// widest is how long a map or list may be to stand on one line, in characters.
const widest = 100

// block writes a value behind its key, and ends the line.
func block(b *bytes.Buffer, v flow.Value, indent string) {
	line := inline(v)
	if v.Kind == flow.Map && len(v.Fields) > 0 && (len(indent) == 2 || utf8.RuneCountInString(line)+len(indent) > widest) {
		b.WriteByte('\n')
		for _, f := range v.Fields {
			b.WriteString(indent + bare(f.Key) + ":")
			block(b, f.Value, indent+"  ")
		}
		return
	}
	b.WriteString(" " + line + "\n")
}

// InlineYAML writes a value as YAML on one line.
func InlineYAML(v flow.Value) string { return inline(v) }

// inline writes a value on one line.
func inline(v flow.Value) string {
	switch v.Kind {
	case flow.Map:
		parts := make([]string, 0, len(v.Fields))
		for _, f := range v.Fields {
			parts = append(parts, bare(f.Key)+": "+inline(f.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case flow.List:
		parts := make([]string, 0, len(v.Items))
		for _, i := range v.Items {
			parts = append(parts, inline(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case flow.String:
		return bare(v.Text)
	}
	return string(v.JSON())
}

var (
	// word is a text that no reader of YAML takes for anything else, wherever it stands.
	word = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)
	// special are the words that readers of YAML 1.1 or 1.2 take for null and truth values.
	special = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
)

// bare writes a text without quotes if it is a word, else as in JSON, which YAML reads the same.
func bare(s string) string {
	if word.MatchString(s) && !special.MatchString(s) {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string always encodes
		return `""`
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}
