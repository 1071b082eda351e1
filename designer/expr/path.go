package expr

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// OutsideForEach ends the message about an `item` or `index` where there is none, so that whoever knows the place can say what to do about it.
const OutsideForEach = "` is there only inside `for_each`"

// Path is one place that an expression reads: `steps.reserve_funds.output.hold` is {steps, reserve_funds, output, [hold]}, `input.account` is
// {input, "", "", [account]}. It ends where the expression indexes by something that is not a constant name.
type Path struct {
	Root  string // input, steps, item, index or run
	Step  string // for steps: the step's name
	Field string // for steps: output or error
	Rest  []string
}

// String gives the path as it would be written.
func (p Path) String() string {
	var b strings.Builder
	b.WriteString(p.Root)
	if p.Step != "" {
		b.WriteString("." + p.Step)
	}
	if p.Field != "" {
		b.WriteString("." + p.Field)
	}
	for _, r := range p.Rest {
		b.WriteString("." + r)
	}
	return b.String()
}

func (p Path) compare(q Path) int {
	return slices.Compare(append([]string{p.Root, p.Step, p.Field}, p.Rest...), append([]string{q.Root, q.Step, q.Field}, q.Rest...))
}

// Ref is one occurrence of a path in an expression.
type Ref struct {
	Path
	Offset   int  // in code points into the source, where the path begins
	Optional bool // read by `.?` or `[?]` somewhere, or only tested by has()

	links  []link
	tested bool
}

// link is one step of a chain of selections.
type link struct {
	name     string
	optional bool
	offset   int // in code points
}

// chain is a root name and what is selected from it.
type chain struct {
	root     string
	offset   int
	links    []link
	tested   bool // has(…)
	computed bool // the chain goes on with an index that is not a constant name
}

// end is the offset just past what the chain selects last, if it is written without blanks.
func (c chain) end() int {
	if n := len(c.links); n > 0 {
		return c.links[n-1].offset + utf8.RuneCountInString(c.links[n-1].name)
	}
	return c.offset + len(c.root)
}

// simpleChain recognises an expression that is nothing but a path, such as `steps.reserve_funds.?output.hold`. Most are; they need no CEL at all.
func simpleChain(src string) (chain, bool) {
	body := strings.TrimRight(src, " \t\r\n")
	trimmed := strings.TrimLeft(body, " \t\r\n")
	start := len(body) - len(trimmed) // blanks are one byte each, so bytes are code points here
	name, rest, ok := takeName(trimmed)
	if !ok || !isRoot(name) {
		return chain{}, false
	}
	c := chain{root: name, offset: start}
	for rest != "" {
		if rest[0] != '.' {
			return chain{}, false
		}
		rest = rest[1:]
		optional := strings.HasPrefix(rest, "?")
		if optional {
			rest = rest[1:]
		}
		offset := len(body) - len(rest)
		var name string
		if name, rest, ok = takeName(rest); !ok {
			return chain{}, false
		}
		switch name {
		case "true", "false", "null", "in":
			return chain{}, false
		}
		c.links = append(c.links, link{name, optional, offset})
	}
	return c, true
}

func takeName(s string) (name, rest string, ok bool) {
	i := 0
	for i < len(s) && (s[i] == '_' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || i > 0 && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	return s[:i], s[i:], i > 0
}

func isRoot(name string) bool {
	switch name {
	case RootInput, RootSteps, RootItem, RootIndex, RootRun:
		return true
	}
	return false
}

// ref turns a chain into what it reads, or says why it may not be read.
func (c chain) ref(opts Options) (Ref, *Problem) {
	r := Ref{Path: Path{Root: c.root}, Offset: c.offset, Optional: c.tested, links: c.links, tested: c.tested}
	links := c.links
	for _, l := range links {
		r.Optional = r.Optional || l.optional
	}
	switch c.root {
	case RootItem, RootIndex:
		if !opts.Item {
			return r, &Problem{c.offset, "`" + c.root + OutsideForEach, "add `for_each: ${{ … }}` to the step"}
		}
	case RootSteps:
		if len(links) == 0 {
			if c.computed {
				return r, &Problem{c.offset, "`steps` must be followed by a step's name", "a step cannot be chosen by a computed name"}
			}
			return r, &Problem{c.offset, "`steps` must be followed by a step's name", "write steps.NAME.output"}
		}
		r.Step = links[0].name
		if len(links) == 1 {
			return r, &Problem{links[0].offset, "`steps." + r.Step + "` must be followed by `output` or `error`", "write steps." + r.Step + ".output"}
		}
		r.Field = links[1].name
		if r.Field != "output" && r.Field != "error" {
			hint := "a step has `output` and `error`"
			if near := nearest(r.Field, []string{"output", "error"}); near != "" {
				hint = "did you mean `" + near + "`?"
			} else {
				hint += "; did you mean `steps." + r.Step + ".output." + r.Field + "`?"
			}
			return r, &Problem{links[1].offset, "`steps." + r.Step + "` has no `" + r.Field + "`", hint}
		}
		links = links[2:]
	case RootRun:
		if len(links) > 0 && !slices.Contains(runFields, links[0].name) {
			hint := "it has " + strings.Join(runFields, ", ")
			if near := nearest(links[0].name, runFields); near != "" {
				hint = "did you mean `" + near + "`?"
			}
			return r, &Problem{links[0].offset, "`run` has no `" + links[0].name + "`", hint}
		}
	}
	for _, l := range links {
		r.Rest = append(r.Rest, l.name)
	}
	return r, nil
}

var runFields = []string{"id", "flow", "version", "started_at"}

// nearest gives the candidate that a person who wrote name most likely meant, or "".
func nearest(name string, candidates []string) string {
	best, bestDistance := "", 1+max(1, len([]rune(name))/3)
	for _, c := range candidates {
		if d := distance(name, c, bestDistance); d < bestDistance && c != name {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, replace or swap (Damerau-Levenshtein, restricted), giving up at limit.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= limit || len(t)-len(s) >= limit {
		return limit
	}
	rows := [3][]int{make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row := rows[(i+2)%3], rows[(i)%3], rows[(i+1)%3]
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
	}
	return rows[(len(s)+1)%3][len(t)]
}
