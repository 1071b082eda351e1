package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

const (
	valueAtHand  = 16 << 10 // bytes: a value up to here is in the page for its tree, a larger one is fetched
	previewWhole = 64 << 10 // bytes: a value up to here is printed whole for who has no scripts
	previewPart  = 16 << 10 // bytes that are printed of a larger one
)

// Value is a value of a run as its page shows it.
type Value struct {
	ID    string // of the element
	Label string // "the output of ship"
	Root  string // the expression that reads it; "" for none
	Raw   []byte // JSON
	Href  string // of the API, where it is as it was recorded; "" for what is nowhere else

	Bytes     int64  // of a value that is kept apart: how many it has, for Raw is then only what stands in its place
	Beginning []byte // of such a value

	Waits bool // its tree is made when somebody asks for it: nobody has chosen to look at it, and it is large
}

// apart reports whether the value is kept apart from the history, so that it is not in the page.
func (v Value) apart() bool { return v.Bytes > 0 }

// still is what is printed of the value, and how much it is if that is not all.
func (v Value) still() (text, part string) {
	if !v.apart() && len(v.Raw) <= previewWhole {
		return pretty(v.Raw), ""
	}
	raw, of := v.Raw, len(v.Raw)
	if v.apart() {
		raw, of = v.Beginning, int(v.Bytes)
	}
	text = beginning(raw)
	return text + "…", "The first " + bytes1024(len(text)) + " of " + bytes1024(of) + "."
}

// tag tells two texts of one place apart.
func (v Value) tag() string {
	return fmt.Sprintf("%x-%08x", len(v.Raw), crc32.Checksum(v.Raw, crcTable))
}

var crcTable = crc32.MakeTable(crc32.Castagnoli)

func (v Value) download() templ.SafeURL {
	if strings.Contains(v.Href, "?") {
		return templ.SafeURL(v.Href + "&download")
	}
	return templ.SafeURL(v.Href + "?download")
}

func apiRun(run, rest string) string { return "/api/v1/runs/" + url.PathEscape(run) + rest }

// asked has a large value wait for somebody who wants all of it, unless its tab was chosen: a page that is opened to look at a step brings no megabytes along.
func (in Inspector) asked(v Value) Value {
	v.Waits = in.Tab == "" && max(int64(len(v.Raw)), v.Bytes) > previewWhole
	return v
}

// runValue is the run's own input or output, as what says.
func (p RunPage) runValue(what string) Value {
	v := Value{ID: "value-" + what, Label: "the run's " + what, Href: apiRun(p.Run.ID, "/"+what), Beginning: p.Inspector.Beginning}
	if what == "input" {
		v.Root, v.Raw = "input", p.Run.Input
	} else {
		v.Raw = p.Run.Output
	}
	if p.Inspector.Beginning != nil {
		v.Bytes = p.Inspector.Bytes
	}
	return p.Inspector.asked(v)
}

// value is the selection's input or output, as what says.
func (in Inspector) value(run, what string, raw []byte) Value {
	v := Value{ID: "value-" + what, Raw: raw, Href: in.address(run, what, in.Chosen()), Beginning: in.Beginning}
	if in.Beginning != nil {
		v.Bytes = in.Bytes
	}
	v = in.asked(v)
	of := in.unit()
	if a := in.Chosen(); a != nil {
		of = "attempt " + strconv.Itoa(a.Number) + " of " + of
	}
	if v.Label = "the output of " + of; what == "input" {
		v.Label = "what was sent to " + of
		return v
	}
	switch {
	case in.Of != nil && !bytes.Equal(raw, in.counts()): // no expression reads what does not count
	case in.Item != nil && in.Step.Status == "succeeded":
		v.Root = "steps." + in.Step.ID + ".output[" + strconv.Itoa(in.Item.Index) + "]"
	case in.Item == nil:
		v.Root = "steps." + in.Step.ID + ".output"
	}
	return v
}

// counts is the selection's output, whatever attempt is chosen.
func (in Inspector) counts() []byte {
	in.Of = nil
	return in.output()
}

// unit names what is selected: a step, or one of its items.
func (in Inspector) unit() string {
	if in.Item != nil {
		return "item " + strconv.Itoa(in.Item.Index) + " of " + in.Step.ID
	}
	return in.Step.ID
}

// address is where the API has a value of the selection, of an attempt if one is given.
func (in Inspector) address(run, what string, of *view.Attempt) string {
	q := url.Values{}
	if in.Item != nil {
		q.Set("item", strconv.Itoa(in.Item.Index))
	}
	if of != nil {
		q.Set("attempt", strconv.Itoa(of.Number))
	}
	at := apiRun(run, "/steps/"+url.PathEscape(in.Step.ID)+"/"+what)
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

// itemValue is the selected item as the list of its for_each has it.
func (in Inspector) itemValue(run string) Value {
	v := Value{ID: "value-item", Label: "item " + strconv.Itoa(in.Item.Index) + " of " + in.Step.ID, Root: "item", Raw: in.ItemValue, Href: in.address(run, "item", nil), Beginning: in.Beginning}
	if in.Beginning != nil {
		v.Bytes = in.Bytes
	}
	return v
}

// readsOf lists what a step reads of others.
func (p RunPage) readsOf(step string) (out []view.Read) {
	for _, r := range p.Run.Reads {
		if r.To == step {
			out = append(out, r)
		}
	}
	return out
}

// readSize says how large the output is that is read, or that there is none yet.
func readSize(r view.Read) string {
	if r.Bytes == 0 {
		return "none yet"
	}
	return bytes1024(int(r.Bytes))
}

// noWritten says why there is nothing written of a step's input.
func noWritten(s view.Step) string {
	if s.Kind == "call" || s.Kind == "flow" {
		return "Nothing is written: it is called without a value."
	}
	return "A step of kind " + s.Kind + " takes no input."
}

// beginning is the beginning of a value, indented. Numbers and the order of keys stay as they were recorded.
func beginning(raw []byte) string {
	// An indenter of its own, because it must stop early, and may be given no more than the beginning: a value may be of many megabytes.
	var out strings.Builder
	depth := 0
	line := func() {
		out.WriteByte('\n')
		for range depth {
			out.WriteString("  ")
		}
	}
	for i := 0; i < len(raw) && out.Len() < previewPart; i++ {
		switch c := raw[i]; c {
		case ' ', '\n', '\r', '\t':
		case '"':
			end := i + 1
			for end < len(raw) && raw[end] != '"' {
				if raw[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(raw))
			out.Write(raw[i:min(end, i+previewPart)])
			i = end - 1
		case '{', '[':
			out.WriteByte(c)
			depth++
			line()
		case '}', ']':
			depth--
			line()
			out.WriteByte(c)
		case ',':
			out.WriteByte(c)
			line()
		case ':':
			out.WriteString(": ")
		default:
			out.WriteByte(c)
		}
	}
	return visible(readable(strings.ToValidUTF8(out.String(), "")))
}

// withoutValues is a run as the live page needs it. Values and attempts are the inspector's.
func withoutValues(r view.Run) view.Run {
	r.Input, r.Output = json.RawMessage("null"), nil
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		st := &r.Steps[i]
		st.Input, st.Output, st.Attempts = nil, nil, nil
		if st.Loop != nil && st.Loop.Output != nil {
			l := *st.Loop
			l.Output = nil
			st.Loop = &l
		}
		if st.Compensation != nil && st.Compensation.Attempts != nil {
			c := *st.Compensation
			c.Attempts = nil
			st.Compensation = &c
		}
	}
	return r
}
