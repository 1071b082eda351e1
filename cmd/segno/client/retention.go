package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Retention is how long a flow keeps its finished runs; the zero one keeps all.
type Retention struct {
	MaxAge  string `json:"max_age,omitempty"`
	MaxRuns int    `json:"max_runs,omitempty"`
	Failed  bool   `json:"failed,omitempty"`
}

// Retention reads a flow's.
func (c *Client) Retention(ctx context.Context, flow string) (r Retention, err error) {
	err = c.get(ctx, &r, nil, "flows", flow, "retention")
	return r, err
}

// PutRetention changes it, and returns it as the server took it.
func (c *Client) PutRetention(ctx context.Context, flow string, want Retention) (r Retention, err error) {
	body, err := json.Marshal(want)
	if err != nil {
		return r, err
	}
	answer, err := c.do(ctx, request{method: http.MethodPut, path: []string{"flows", flow, "retention"}, body: body, kind: "application/json"})
	if err != nil {
		return r, err
	}
	return r, decode(answer, &r)
}
