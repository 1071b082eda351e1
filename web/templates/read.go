package templates

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

// ReadPage is GET /flows/{name}/versions/{N}?step=&q=: a version as a graph to look at. N may be `draft`.
type ReadPage struct {
	Chrome
	Head    FlowHead
	Version *VersionRow // nil: the draft
	Former  int         // the version before it, 0 if there is none
	Graph   view.Graph
	SVG     string // the graph as the server draws it, trusted; "" of one that is too large for a page
	Broken  string // why the text can't be read, "" if it can
	Flow    ReadFlow
	Step    *ReadStep   // the chosen one
	Query   string      // what the list of steps is looked through for
	Found   []view.Node // the steps that have it
}

// ReadFlow is what a flow says of itself.
type ReadFlow struct {
	Steps     int
	OnFailure string
	Notes     string
	Input     json.RawMessage // its schema; nil: none
}

// ReadStep is a step as it is written, and what it hangs on.
type ReadStep struct {
	Node          view.Node
	YAML          string // as written; "" if it shares its line with others
	Needs, Leads  []view.Edge
	Input, Output json.RawMessage // the contract of the function that it calls; nil: none
}

// Label is what the version is called: "v3" or "draft".
func (p ReadPage) Label() string {
	if p.Version == nil {
		return "draft"
	}
	return "v" + strconv.Itoa(p.Version.Number)
}

func (p ReadPage) path() string {
	if p.Version == nil {
		return "/flows/" + p.Head.Name + "/versions/draft"
	}
	return fmt.Sprintf("/flows/%s/versions/%d", p.Head.Name, p.Version.Number)
}

// at is the page with another step chosen, "" for none.
func (p ReadPage) at(step string) templ.SafeURL {
	q := url.Values{}
	if step != "" {
		q.Set("step", step)
	}
	if p.Query != "" {
		q.Set("q", p.Query)
	}
	if len(q) == 0 {
		return templ.SafeURL(p.path())
	}
	return templ.SafeURL(p.path() + "?" + q.Encode())
}

func (p ReadPage) chosen() string {
	if p.Step == nil {
		return ""
	}
	return p.Step.Node.ID
}

// edit is the canvas at the same step.
func (p ReadPage) edit() templ.SafeURL {
	at := "/flows/" + p.Head.Name + "/edit"
	if step := p.chosen(); step != "" {
		at += "?step=" + url.QueryEscape(step)
	}
	return templ.SafeURL(at)
}

// readURL is a version as a graph.
func readURL(flow string, n int) templ.SafeURL {
	return templ.SafeURL(fmt.Sprintf("/flows/%s/versions/%d", flow, n))
}
