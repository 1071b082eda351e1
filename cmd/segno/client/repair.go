package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Repair is how a run is to go on.
type Repair struct {
	Version int                        // of the flow; 0: the run's own
	Inputs  map[string]json.RawMessage // of what failed, by step or step#item; under "" that of the one call that failed
	From    string                     // a step to go back to; "": where it failed
	Again   []string                   // with From: steps that may be called a second time
}

// Plan is what a repair would do to a run.
type Plan struct {
	Action     string     `json:"action"`
	Fits       bool       `json:"fits"`
	Version    int        `json:"version"`
	RunVersion int        `json:"run_version"`
	Blocked    bool       `json:"blocked"`
	Why        []string   `json:"why"`
	Steps      []PlanStep `json:"steps"`

	Raw json.RawMessage `json:"-"`
}

// PlanStep is what a repair would do to one step.
type PlanStep struct {
	ID     string `json:"id"`
	Does   string `json:"does"`
	Reason string `json:"reason"`
	Items  int    `json:"items"`
	Blocks bool   `json:"blocks"`
}

// Plan asks what a repair would do, and does nothing.
func (c *Client) Plan(ctx context.Context, id string, r Repair) (*Plan, error) {
	query := url.Values{"action": {"retry"}}
	if r.From != "" {
		query = url.Values{"action": {"restart"}, "step": {r.From}}
	}
	if r.Version != 0 {
		query.Set("version", strconv.Itoa(r.Version))
	}
	if len(r.Again) > 0 {
		query.Set("again", strings.Join(r.Again, ","))
	}
	body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"runs", id, "plan"}, query: query})
	if err != nil {
		return nil, err
	}
	plan := &Plan{Raw: body}
	return plan, decode(body, plan)
}

// Repair has a run go on.
func (c *Client) Repair(ctx context.Context, id string, r Repair) error {
	wish, button := map[string]any{}, "retry"
	if r.Version != 0 {
		wish["version"] = r.Version
	}
	inputs := map[string]json.RawMessage{}
	for ref, input := range r.Inputs {
		if ref == "" {
			wish["input"] = input
		} else {
			inputs[ref] = input
		}
	}
	if len(inputs) > 0 {
		wish["inputs"] = inputs
	}
	if r.From != "" {
		button, wish["step"] = "restart", r.From
		if len(r.Again) > 0 {
			wish["again"] = r.Again
		}
	}
	body, err := json.Marshal(wish)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: []string{"runs", id, button}, body: body, kind: "application/json"})
	return err
}
