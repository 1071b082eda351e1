package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/suggest"
)

// OutsideForEach ends the message about an `item` or `index` where there is none, so that whoever knows the place can say what to do about it.
const OutsideForEach = "` is there only inside `for_each`"

// OutsideCompensate ends the message about a `key` where no call is being undone.
const OutsideCompensate = "` is there only in the `with` of a `compensate`"

// OutsideUntil ends the message about an `iteration` or `previous` where nothing loops, OutsideCondition that about an `output` of its own.
const (
	OutsideUntil     = "` is there only in a step with `until`"
	OutsideCondition = "` is there only in the `condition` of an `until`"
)

// Path is one place that an expression reads: `steps.reserve_funds.output.hold` is {steps, reserve_funds, output, [hold]}, `input.account` is
// {input, "", "", [account]}. It ends where the expression indexes by something that is not a constant name.
type Path struct {
	Root  string // input, steps, item, index, run or key; in a loop output, iteration, previous
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
	case RootInput, RootSteps, RootItem, RootIndex, RootRun, RootKey, RootOutput, RootIteration, RootPrevious:
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
			return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`" + c.root + OutsideForEach, Hint: "add `for_each: ${{ … }}` to the step"}
		}
	case RootKey:
		if !opts.Key {
			return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`" + c.root + OutsideCompensate, Hint: "it is the idempotency key of the call that is being undone"}
		}
	case RootIteration, RootPrevious:
		if !opts.Loop {
			return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`" + c.root + OutsideUntil, Hint: "it may be read in its `with` and in its `condition`"}
		}
	case RootOutput:
		if !opts.Output {
			return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`" + c.root + OutsideCondition, Hint: "the output of a step is steps.NAME.output"}
		}
	case RootSteps:
		if len(links) == 0 {
			if c.computed {
				return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`steps` must be followed by a step's name", Hint: "a step cannot be chosen by a computed name"}
			}
			return r, &Problem{Offset: c.offset, Length: len(c.root), Message: "`steps` must be followed by a step's name", Hint: "write steps.NAME.output"}
		}
		r.Step = links[0].name
		if len(links) == 1 {
			return r, &Problem{Offset: links[0].offset, Length: len(r.Step), Message: "`steps." + r.Step + "` must be followed by `output` or `error`",
				Hint: "write `steps." + r.Step + ".output`", Fix: Edit{c.offset, "steps." + r.Step, "steps." + r.Step + ".output"}}
		}
		r.Field = links[1].name
		if r.Field != "output" && r.Field != "error" {
			p := lost("steps."+r.Step, links[1], "`steps."+r.Step+"` has no `"+r.Field+"`", "a step has `output` and `error`")
			p.mean(links[1], suggest.Nearest(r.Field, []string{"output", "error"}))
			return r, &p
		}
		links = links[2:]
	case RootRun:
		if len(links) > 0 && !slices.Contains(runFields, links[0].name) {
			p := lost(RootRun, links[0], "`run` has no `"+links[0].name+"`", "it has "+strings.Join(runFields, ", "))
			p.mean(links[0], suggest.Nearest(links[0].name, runFields))
			return r, &p
		}
	}
	for _, l := range links {
		r.Rest = append(r.Rest, l.name)
	}
	return r, nil
}

var runFields = []string{"id", "flow", "version", "started_at"}

// lost is the problem of a name that is not there.
func lost(owner string, l link, message, hint string) Problem {
	return Problem{Offset: l.offset, Length: utf8.RuneCountInString(l.name), Message: message, Hint: hint, Owner: owner, Name: l.name}
}

// mean says which name was most likely meant instead, if any.
func (p *Problem) mean(l link, near string) {
	if near != "" {
		p.Hint = "did you mean `" + near + "`?"
		p.Fix = Edit{l.offset, l.name, near}
	}
}
