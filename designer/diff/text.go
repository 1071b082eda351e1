package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Summary is the difference in one line: "1 step added, 2 changed; 3 edges".
func (d *Diff) Summary() string {
	if d.Empty() {
		return "no difference in meaning"
	}
	var parts []string
	noun := " step"
	for _, c := range []struct {
		n    int
		what string
	}{{len(d.Added), "added"}, {len(d.Removed), "removed"}, {len(d.Renamed), "renamed"}, {len(d.Changed), "changed"}} {
		if c.n == 0 {
			continue
		}
		s := strconv.Itoa(c.n) + noun
		if noun != "" && c.n > 1 {
			s += "s"
		}
		parts = append(parts, s+" "+c.what)
		noun = ""
	}
	var all []string
	if len(parts) > 0 {
		all = append(all, strings.Join(parts, ", "))
	}
	if n := len(d.Edges.Added) + len(d.Edges.Removed); n == 1 {
		all = append(all, "1 edge")
	} else if n > 1 {
		all = append(all, strconv.Itoa(n)+" edges")
	}
	for _, c := range []struct {
		changes []Change
		what    string
	}{{d.Input, "the input"}, {d.Output, "the output"}, {d.Flow, "the flow's own settings"}} {
		if len(c.changes) > 0 {
			all = append(all, c.what)
		}
	}
	if len(d.Types) > 0 {
		all = append(all, "output types")
	}
	if len(d.Reach) > 0 {
		all = append(all, "reach")
	}
	return strings.Join(all, "; ")
}

// Line is one difference in words.
type Line struct {
	Sign  string   // "!" reach, "+" added, "-" removed, "~" changed
	Text  string   // without `backticks`
	Below []string // the fields that changed
	ID    string   // names the line in an address: the same for the same difference; letters, digits, ".", "_" and "-"

	Step string // the step that it is about, by its new name; "" if it is about an edge or the flow itself
	Edge *Edge  // the edge that it is about, or nil
	Path string // of the first field that changed, within the step or, without one, the flow
}

// Lines is the difference in words, what matters most first.
func (d *Diff) Lines() []Line {
	var out []Line
	line := func(l Line, id, format string, args ...any) {
		l.ID, l.Text = d.freeID(out, id), fmt.Sprintf(format, args...)
		out = append(out, l)
	}
	for _, r := range d.Reach {
		line(Line{Sign: "!", Step: r.Step}, "reach-"+r.Step, "%s", strings.ReplaceAll(r.Text, "`", ""))
	}
	for _, s := range d.Added {
		line(Line{Sign: "+", Step: s.Name}, "step-"+s.Name, "step %s", s)
	}
	for _, s := range d.Removed {
		line(Line{Sign: "-", Step: s.Name}, "step-"+s.Name, "step %s", s)
	}
	for _, r := range d.Renamed {
		line(Line{Sign: "~", Step: r.To}, "name-"+r.To, "step %s is now %s", r.From, r.To)
	}
	for _, s := range d.Changed {
		l := Line{Sign: "~", Step: s.Step, Path: s.Changes[0].Path}
		for _, c := range s.Changes {
			l.Below = append(l.Below, c.String())
		}
		line(l, "step-"+s.Step, "step %s", s.Step)
	}
	for _, pass := range []struct {
		sign  string
		edges []Edge
	}{{"+", d.Edges.Added}, {"-", d.Edges.Removed}} {
		for _, e := range pass.edges {
			line(Line{Sign: pass.sign, Edge: &e}, "edge-"+e.From+"."+e.Port+"-"+e.To, "edge %s", e)
		}
	}
	for _, c := range d.keys() {
		line(Line{Sign: "~", Path: c.Path}, "key-"+c.Path, "%s", c)
	}
	for i, c := range d.Types {
		if i == 0 || d.Types[i-1].Step != c.Step {
			line(Line{Sign: "~", Step: c.Step}, "type-"+c.Step, "type of %s", c.output())
		}
		out[len(out)-1].Below = append(out[len(out)-1].Below, c.String())
	}
	return out
}

// noID is what an ID does not hold.
var noID = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// freeID makes an ID of a text that no line before has.
func (d *Diff) freeID(lines []Line, text string) string {
	text = strings.TrimSuffix(noID.ReplaceAllString(text, "-"), "-")
	taken := func(id string) bool { return slices.ContainsFunc(lines, func(l Line) bool { return l.ID == id }) }
	id := text
	for n := 2; taken(id); n++ {
		id = text + "-" + strconv.Itoa(n)
	}
	return id
}

// Text is the difference for a terminal, a line each. It is the same for the same difference, and empty for none.
func (d *Diff) Text() string {
	var b strings.Builder
	for _, l := range d.Lines() {
		fmt.Fprintf(&b, "%s %s\n", l.Sign, l.Text)
		for _, c := range l.Below {
			fmt.Fprintf(&b, "    %s\n", c)
		}
	}
	return b.String()
}

// keys are the changes of the flow itself, its input and its output.
func (d *Diff) keys() []Change {
	return append(append(append([]Change{}, d.Flow...), d.Input...), d.Output...)
}

// Markdown is the difference for a pull request: lists under bold heads, the same for the same difference.
func (d *Diff) Markdown() string {
	if d.Empty() {
		return "No difference in meaning.\n"
	}
	var b strings.Builder
	head := func(text string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "**%s**\n\n", text)
	}
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if len(d.Reach) > 0 {
		head("What can run when")
		for _, r := range d.Reach {
			line("- %s", r.Text)
		}
	}
	if len(d.Added)+len(d.Removed)+len(d.Renamed)+len(d.Changed) > 0 {
		head("Steps")
		for _, s := range d.Added {
			line("- added %s", s.markdown())
		}
		for _, s := range d.Removed {
			line("- removed %s", s.markdown())
		}
		for _, r := range d.Renamed {
			line("- renamed %s to %s", code(r.From), code(r.To))
		}
		for _, s := range d.Changed {
			line("- changed %s", code(s.Step))
			for _, c := range s.Changes {
				line("  - %s", c.markdown())
			}
		}
	}
	if len(d.Edges.Added)+len(d.Edges.Removed) > 0 {
		head("Edges")
		for _, e := range d.Edges.Added {
			line("- added %s", code(e.String()))
		}
		for _, e := range d.Edges.Removed {
			line("- removed %s", code(e.String()))
		}
	}
	for _, c := range []struct {
		what    string
		changes []Change
	}{{"Flow", d.Flow}, {"Input", d.Input}, {"Output", d.Output}} {
		if len(c.changes) == 0 {
			continue
		}
		head(c.what)
		for _, ch := range c.changes {
			line("- %s", ch.markdown())
		}
	}
	if len(d.Types) > 0 {
		head("Output types")
		for i, c := range d.Types {
			if i == 0 || d.Types[i-1].Step != c.Step {
				line("- %s", c.owner())
			}
			line("  - %s", c.markdown())
		}
	}
	return b.String()
}

// output names what has the type: "the output of ocr".
func (c TypeChange) output() string {
	if c.Step == "" {
		return "the flow's output"
	}
	return "the output of " + c.Step
}

func (c TypeChange) owner() string {
	if c.Step == "" {
		return "the flow's output"
	}
	return "of " + code(c.Step)
}

// String is "ocr_result.has_text: boolean → string".
func (c TypeChange) String() string { return c.said(func(s string) string { return s }) }

func (c TypeChange) markdown() string { return c.said(code) }

func (c TypeChange) said(as func(string) string) string {
	path := "all of it"
	if c.Path != "" {
		path = as(c.Path)
	}
	switch {
	case c.Old == "":
		return path + ": added, " + c.New
	case c.New == "":
		return path + ": removed, was " + c.Old
	}
	return path + ": " + c.Old + " → " + c.New
}

// String is "notify (call mail.send)".
func (s Step) String() string {
	switch {
	case s.Does != "":
		return fmt.Sprintf("%s (%s %s)", s.Name, s.Kind, s.Does)
	case s.Kind != "":
		return fmt.Sprintf("%s (%s)", s.Name, s.Kind)
	}
	return s.Name
}

func (s Step) markdown() string {
	switch {
	case s.Does != "":
		return fmt.Sprintf("%s (%s %s)", code(s.Name), s.Kind, code(s.Does))
	case s.Kind != "":
		return fmt.Sprintf("%s (%s)", code(s.Name), s.Kind)
	}
	return code(s.Name)
}

// String is "big.review → review".
func (e Edge) String() string {
	if e.Port == "done" {
		return e.From + " → " + e.To
	}
	return e.From + "." + e.Port + " → " + e.To
}

// String is "timeout: 10s → 20s", with "none" for what is not written.
func (c Change) String() string {
	path := c.Path
	if path == "" {
		path = "value"
	}
	switch {
	case c.Old == nil:
		return fmt.Sprintf("%s: added %s", path, shown(c.New))
	case c.New == nil:
		return fmt.Sprintf("%s: removed, was %s", path, shown(c.Old))
	}
	return fmt.Sprintf("%s: %s → %s", path, shown(c.Old), shown(c.New))
}

func (c Change) markdown() string {
	path := code(c.Path)
	if c.Path == "" {
		path = "the value"
	}
	switch {
	case c.Old == nil:
		return path + ": added " + code(shown(c.New))
	case c.New == nil:
		return path + ": removed, was " + code(shown(c.Old))
	}
	return path + ": " + code(shown(c.Old)) + " → " + code(shown(c.New))
}

// plain are the texts that need no quotes to be told from what is around them.
var plain = regexp.MustCompile(`^[A-Za-z_$][\w.:/@%+$-]*$|^[0-9]+(ms|s|m|h|d)([0-9msh]*)$`)

// mostShown bounds a shown value, in runes; the JSON has all of it.
const mostShown = 200

// shown writes a value on one line.
func shown(raw json.RawMessage) string {
	var text string
	s := string(raw)
	if json.Unmarshal(raw, &text) == nil && len(raw) > 0 && raw[0] == '"' {
		if plain.MatchString(text) && text != "true" && text != "false" && text != "null" {
			s = text
		}
	} else {
		var compact bytes.Buffer
		if json.Compact(&compact, raw) == nil {
			s = compact.String()
		}
	}
	if utf8.RuneCountInString(s) > mostShown {
		s = string([]rune(s)[:mostShown-1]) + "…"
	}
	return s
}

// code is a text as Markdown's code span, whatever backticks it holds (CommonMark 0.31, section 6.1).
func code(s string) string {
	longest, now := 0, 0
	for _, r := range s {
		if r == '`' {
			now++
			longest = max(longest, now)
		} else {
			now = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}
