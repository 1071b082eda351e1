package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// BulkWish is which failed runs of a flow are to be retried. What is empty is left open.
type BulkWish struct {
	Class       string `json:"class,omitempty"`
	Step        string `json:"step,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Version     int    `json:"version,omitempty"` // to go on with; 0: each its own
	DryRun      bool   `json:"dry_run,omitempty"`
}

// BulkPlan is what a bulk retry would do.
type BulkPlan struct {
	Runs    int `json:"runs"`
	Planned int `json:"planned"`
	Fit     int `json:"fit"`
	Kinds   []struct {
		Fits bool   `json:"fits"`
		Text string `json:"text"`
		Runs int    `json:"runs"`
		Run  string `json:"run"`
	} `json:"kinds"`

	Raw json.RawMessage `json:"-"`
}

// Bulk is a bulk retry, and what has come of it so far.
type Bulk struct {
	ID        string `json:"id"`
	Done      bool   `json:"done"` // no run waits any more
	Runs      int    `json:"runs"`
	Waiting   int    `json:"waiting"`
	Retried   int    `json:"retried"`
	Refused   int    `json:"refused"`
	Stopped   int    `json:"stopped"`
	Succeeded int    `json:"succeeded"` // of those retried, like the two below
	Failed    int    `json:"failed"`    // again
	Otherwise int    `json:"otherwise"` // cancelled, compensated or deleted

	Raw json.RawMessage `json:"-"`
}

// Settled reports whether every run has had its turn, and those that were retried have ended.
func (b *Bulk) Settled() bool { return b.Done && b.Retried == b.Succeeded+b.Failed+b.Otherwise }

// PlanBulk says what retrying the runs would do.
func (c *Client) PlanBulk(ctx context.Context, flow string, w BulkWish) (*BulkPlan, error) {
	w.DryRun = true
	raw, err := c.postBulk(ctx, flow, w)
	if err != nil {
		return nil, err
	}
	p := &BulkPlan{Raw: raw}
	return p, decode(raw, p)
}

// StartBulk retries the runs.
func (c *Client) StartBulk(ctx context.Context, flow string, w BulkWish) (*Bulk, error) {
	raw, err := c.postBulk(ctx, flow, w)
	if err != nil {
		return nil, err
	}
	b := &Bulk{Raw: raw}
	return b, decode(raw, b)
}

func (c *Client) postBulk(ctx context.Context, flow string, w BulkWish) ([]byte, error) {
	body, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, request{method: http.MethodPost, path: []string{"flows", flow, "retries"}, body: body, kind: "application/json"})
}

// WaitBulk asks until the bulk retry is settled, or ctx ends.
func (c *Client) WaitBulk(ctx context.Context, flow, id string) (*Bulk, error) {
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	for {
		raw, err := c.do(ctx, request{method: http.MethodGet, path: []string{"flows", flow, "retries", id}})
		if err != nil {
			return nil, err
		}
		b := &Bulk{Raw: raw}
		if err := decode(raw, b); err != nil || b.Settled() {
			return b, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return b, ctx.Err()
		}
	}
}
