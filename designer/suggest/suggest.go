// Package suggest owns the answer to "what did they mean by that word?": the distance of two words, and the nearest of several.
//
// It knows no language and imports nothing else of Segno.
package suggest

import "strings"

// MaxWord is the longest word, in bytes, that is compared with others.
const MaxWord = 64

// Nearest returns the candidate that a person most likely meant by word, or "" if none is near: at most one edit in three characters, and one in a
// shorter word. An edit adds, drops or changes a character or swaps two neighbours; case does not count, and `-` is `_`. The first of equals wins. The
// word itself is no answer.
func Nearest(word string, candidates []string) string {
	if len(word) > MaxWord {
		return ""
	}
	low := plain(word)
	best, bestDistance := "", max(1, len([]rune(low))/3)+1
	for _, c := range candidates {
		if c == word {
			continue
		}
		if d := distance(low, plain(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// Distance counts the edits between two words, and gives up at limit.
func Distance(a, b string, limit int) int { return distance(plain(a), plain(b), limit) }

// Same reports whether two words differ by case and dashes at most.
func Same(a, b string) bool { return plain(a) == plain(b) }

func plain(word string) string { return strings.ToLower(strings.ReplaceAll(word, "-", "_")) }

// distance is Damerau and Levenshtein's, in the form of optimal string alignment.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= limit || len(t)-len(s) >= limit {
		return limit
	}
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
