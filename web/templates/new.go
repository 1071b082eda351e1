package templates

import "net/url"

// with is the form's address with another name, and what else was typed.
func (p NewFlowPage) with(name string) string {
	q := url.Values{"template": {p.Template}, "name": {name}}
	if p.Title != "" {
		q.Set("title", p.Title)
	}
	return "/flows/new?" + q.Encode()
}

// newFlowHref is the form for a new flow. It names a template: without one the address is that of a flow called `new`, if there is one.
const newFlowHref = "/flows/new?template=blank"
