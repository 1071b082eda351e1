package flow

import (
	"slices"
	"strings"
)

// synonyms are words that people know from other tools.
var synonyms = map[string]string{
	"after": "needs", "depends_on": "needs", "dependson": "needs", "depends": "needs", "requires": "needs",
	"when": "if", "condition": "if", "foreach": "for_each", "loop": "for_each", "map": "for_each", "concurrency": "max_parallel",
	"function": "call", "uses": "call", "run": "call", "choice": "switch", "sleep": "wait", "delay": "wait",
	"args": "with", "arguments": "with", "parameters": "with", "inputs": "with", "retries": "retry", "undo": "compensate",
	"attempts": "max_attempts", "max_retries": "max_attempts", "interval": "backoff", "initial_interval": "backoff", "description": "title",
	"outputs": "output", "inputschema": "input", "on_error": "on_failure", "cmd": "command", "environment": "env", "uri": "url",
}

// Nearest returns the candidate that a person most likely meant by word, or "" if none is near: at most one edit in three characters, where an edit
// adds, drops or changes a character or swaps two neighbours (Damerau–Levenshtein, optimal string alignment). The first of equals wins.
func Nearest(word string, candidates []string) string {
	low := strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	if len(low) > 64 {
		return ""
	}
	best, bestDist := "", max(1, len([]rune(low))/3)+1
	for _, c := range candidates {
		if d := distance(low, strings.ToLower(c)); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}

// didYouMean is the hint for a word that is none of the candidates.
func didYouMean(word string, candidates []string) string {
	low := strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	best := Nearest(word, candidates)
	if s := synonyms[low]; s != "" && slices.Contains(candidates, s) && (best == "" || distance(low, best) > 1) {
		best = s
	}
	if best == "" {
		return ""
	}
	return "did you mean `" + best + "`?"
}

func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, prev, cur := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(y)]
}
