package templates

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// DiffPage is GET /flows/{name}/diff?from=&to=&view=&lines=&change=: two versions on one graph, as text or as Markdown.
type DiffPage struct {
	Chrome
	Head     FlowHead
	From, To DiffEnd
	Versions []VersionRow      // newest first, to choose from
	View     string            // canvas, text or markdown
	Split    bool              // text: side by side rather than one below the other
	Summary  string            // the changes in one line
	Changes  []view.DiffChange // what matters most first
	Change   *view.DiffChange  // the one that the address names, or nil
	Same     bool              // the texts do not differ by a byte
	Overlay  view.Overlay      // canvas: what the script draws
	SVG      string            // canvas: the same as the server draws it; "" if it is too large
	Lines    []DiffLine        // text
	Added    int               // lines
	Removed  int
	Markdown string // markdown: to copy
}

// DiffEnd is one of the two sides: a version, or the draft if Version is 0.
type DiffEnd struct {
	Version int
	Row     VersionRow
	Broken  bool // its text can't be read, so that nothing is known of what it means
}

// Label is "v3" or "draft".
func (e DiffEnd) Label() string {
	if e.Version == 0 {
		return "draft"
	}
	return "v" + strconv.Itoa(e.Version)
}

func (e DiffEnd) param() string {
	if e.Version == 0 {
		return "draft"
	}
	return strconv.Itoa(e.Version)
}

// DiffLine is one line of a diff. Op is "+", "-" or " "; "@" is a fold ("12 lines alike"), its text in Text. A line number of 0 is not shown.
type DiffLine struct {
	Op       string
	Old, New int
	Text     string
}

// DiffURL is the page of the difference of two versions; 0 is the draft.
func DiffURL(flow string, from, to int) string {
	return "/flows/" + flow + "/diff?from=" + DiffEnd{Version: from}.param() + "&to=" + DiffEnd{Version: to}.param()
}

// url is this page with another view, and with a change.
func (p DiffPage) url(viewed string, split bool, change *view.DiffChange) templ.SafeURL {
	q := DiffURL(p.Head.Name, p.From.Version, p.To.Version)
	if viewed != "canvas" {
		q += "&view=" + viewed
	}
	if split {
		q += "&lines=split"
	}
	if change != nil {
		q += "&change=" + url.QueryEscape(change.ID)
		if viewed == "text" {
			q += "#" + anchorOf(*change)
		} else {
			q += "#diff-view"
		}
	}
	return templ.SafeURL(q)
}

func (p DiffPage) changeURL(c view.DiffChange) templ.SafeURL { return p.url(p.View, p.Split, &c) }

// changeOf is the first change that is about a step, nil if none is.
func (p DiffPage) changeOf(step string) *view.DiffChange {
	for i := range p.Changes {
		if p.Changes[i].Step == step {
			return &p.Changes[i]
		}
	}
	return nil
}

// at is the place of the chosen change among all, from 0; -1 without one.
func (p DiffPage) at() int {
	for i := range p.Changes {
		if p.Change != nil && p.Changes[i].ID == p.Change.ID {
			return i
		}
	}
	return -1
}

// next is the change that N leads to, or P with -1: behind the last comes the first.
func (p DiffPage) next(by int) view.DiffChange {
	at, n := p.at(), len(p.Changes)
	if at < 0 && by < 0 {
		at = 0
	}
	return p.Changes[(at+by+n)%n]
}

// place is "2 of 7".
func (p DiffPage) place() string {
	if at := p.at(); at >= 0 {
		return strconv.Itoa(at+1) + " of " + strconv.Itoa(len(p.Changes))
	}
	return count(len(p.Changes), "change")
}

// anchorOf is the id of the line in the text view.
func anchorOf(c view.DiffChange) string {
	if c.New > 0 {
		return "new-" + strconv.Itoa(c.New)
	}
	return "old-" + strconv.Itoa(c.Old)
}

// lineID is the id of a line: of the new text, or of the old where the new has it not.
func lineID(l DiffLine) string {
	if l.New > 0 {
		return "new-" + strconv.Itoa(l.New)
	}
	return "old-" + strconv.Itoa(l.Old)
}

// lineFocus says that the chosen change begins at this line.
func (p DiffPage) lineFocus(l DiffLine) bool {
	return p.Change != nil && l.Op != "@" && lineID(l) == anchorOf(*p.Change)
}

// DiffPair is one row side by side; nil where a side has no line. A fold is in Old alone.
type DiffPair struct{ Old, New *DiffLine }

// pairs puts what was removed beside what was added in its place.
func pairs(all []DiffLine) []DiffPair {
	var out []DiffPair
	for i := 0; i < len(all); {
		if all[i].Op != "-" && all[i].Op != "+" {
			one := DiffPair{Old: &all[i]}
			if all[i].Op == " " {
				one.New = &all[i]
			}
			out = append(out, one)
			i++
			continue
		}
		var old, now []*DiffLine
		for ; i < len(all) && (all[i].Op == "-" || all[i].Op == "+"); i++ {
			if all[i].Op == "-" {
				old = append(old, &all[i])
			} else {
				now = append(now, &all[i])
			}
		}
		for k := range max(len(old), len(now)) {
			var one DiffPair
			if k < len(old) {
				one.Old = old[k]
			}
			if k < len(now) {
				one.New = now[k]
			}
			out = append(out, one)
		}
	}
	return out
}

// signClass colours a change.
func signClass(sign string) string {
	switch sign {
	case "+":
		return "mark-added"
	case "-":
		return "mark-removed"
	case "!":
		return "mark-reach"
	}
	return "mark-changed"
}

// signSaid is a sign for those who do not see it.
func signSaid(sign string) string { return words.Title(words.Mark(sign)) + ": " }

// sign is how a sign is shown: a minus as wide as a plus.
func sign(s string) string {
	if s == "-" {
		return "−"
	}
	return s
}
