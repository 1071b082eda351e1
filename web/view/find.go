package view

// Find is something that the command palette goes to.
type Find struct {
	Kind string `json:"kind"` // flow, canvas, start, runs, function or run
	Name string `json:"name"`
	Note string `json:"note,omitempty"` // a title, a status: shown beside the name, and searched
	Href string `json:"href"`
}
