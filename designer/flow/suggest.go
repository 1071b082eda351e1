package flow

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/suggest"
)

// synonyms are words that people know from other tools.
var synonyms = map[string]string{
	"after": "needs", "depends_on": "needs", "dependson": "needs", "depends": "needs", "requires": "needs",
	"when": "if", "condition": "if", "foreach": "for_each", "loop": "for_each", "repeat": "until", "poll": "until", "do_until": "until", "max_iterations": "max", "map": "for_each", "concurrency": "max_parallel",
	"function": "call", "uses": "call", "subflow": "flow", "sub_flow": "flow", "workflow": "flow", "child": "flow", "run": "call", "choice": "switch", "sleep": "wait", "delay": "wait",
	"args": "with", "arguments": "with", "parameters": "with", "inputs": "with", "retries": "retry", "undo": "compensate",
	"attempts": "max_attempts", "max_retries": "max_attempts", "interval": "backoff", "initial_interval": "backoff", "description": "title",
	"outputs": "output", "inputschema": "input", "on_error": "on_failure", "cmd": "command", "environment": "env", "uri": "url",
}

// meant is what a person most likely meant by a word that is none of the candidates, or "".
func meant(word string, candidates []string) string {
	best := suggest.Nearest(word, candidates)
	low := strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	if s := synonyms[low]; s != "" && slices.Contains(candidates, s) && (best == "" || suggest.Distance(low, best, 3) > 1) {
		return s
	}
	return best
}

// didYouMean is the hint for a word that is none of the candidates.
func didYouMean(word string, candidates []string) string {
	if best := meant(word, candidates); best != "" {
		return "did you mean `" + best + "`?"
	}
	return ""
}

// lacks reports whether a mapping has no such key, nor one that is most likely meant to be it: that one is reported already.
func lacks(n *Node, key string, known []string) bool {
	return n.Entry(key) == nil && !slices.ContainsFunc(n.Entries, func(e Entry) bool {
		return !slices.Contains(known, e.Key.Text) && meant(e.Key.Text, known) == key
	})
}

// mend gives the last issue the edit that puts another word in the place of a node.
func (d *decoder) mend(n *Node, word string) {
	is := &d.issues[len(d.issues)-1]
	if n.Kind == ScalarNode && n.Start < n.End && bytes.IndexByte(d.tree.Source[n.Start:n.End], '\n') < 0 {
		old := string(d.tree.Source[n.Start:n.End])
		is.EndColumn = is.Column + utf8.RuneCountInString(old)
		if word != "" && (n.Style == Plain || n.Style == SingleQuoted || n.Style == DoubleQuoted) {
			is.Fix = Replace(d.tree.Source, d.tree.Pos(n.Start), old, word, "Use "+word)
		}
	}
}
