package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Failure is why a run or a step failed.
type Failure struct {
	Step    string `json:"step,omitempty"`
	Class   string `json:"class"`
	Message string `json:"message"`
}

// String is "ship: rejected: no such article".
func (f *Failure) String() string {
	s := f.Class + ": " + f.Message
	if f.Step != "" {
		s = f.Step + ": " + s
	}
	return s
}

// Run is one run.
type Run struct {
	ID        string          `json:"id"`
	Flow      string          `json:"flow"`
	Version   int             `json:"version"`
	Status    string          `json:"status"`
	CreatedAt time.Time       `json:"created_at"`
	Output    json.RawMessage `json:"output,omitempty"`
	Error     *Failure        `json:"error,omitempty"`

	Raw json.RawMessage `json:"-"` // the whole answer of the server
}

// Settled reports whether the run goes on by nothing but a person's decision about a failure, or not at all. A run that waits for an approval, a
// signal or a time has not settled.
func (r *Run) Settled() bool {
	switch r.Status {
	case "pending", "running", "waiting", "compensating":
		return false
	}
	return true
}

// StartRequest is a run to be.
type StartRequest struct {
	Flow    string
	Version int             // 0: the latest
	Input   json.RawMessage // nil: {}
	Key     string          // an Idempotency-Key, or ""
}

// Start begins a run and returns its id once it is durable.
func (c *Client) Start(ctx context.Context, r StartRequest) (id string, err error) {
	body, err := json.Marshal(struct {
		Input   json.RawMessage `json:"input,omitempty"`
		Version int             `json:"version,omitempty"`
	}{r.Input, r.Version})
	if err != nil {
		return "", fmt.Errorf("the input is not JSON: %w", err)
	}
	answer, err := c.do(ctx, request{method: http.MethodPost, path: []string{"flows", r.Flow, "runs"}, body: body, kind: "application/json", key: r.Key})
	if err != nil {
		return "", err
	}
	var started struct {
		ID string `json:"id"`
	}
	return started.ID, decode(answer, &started)
}

// Run reads one run.
func (c *Client) Run(ctx context.Context, id string) (*Run, error) {
	body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"runs", id}})
	if err != nil {
		return nil, err
	}
	r := &Run{Raw: body}
	return r, decode(body, r)
}

// Wait asks until the run has settled, or ctx ends; then the run is as it was last seen.
func (c *Client) Wait(ctx context.Context, id string) (*Run, error) {
	const first, longest = 25 * time.Millisecond, time.Second // between two questions: quick for short runs, no burden for long ones
	for pause := first; ; pause = min(2*pause, longest) {
		r, err := c.Run(ctx, id)
		if err != nil || r.Settled() {
			return r, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return r, ctx.Err()
		}
	}
}

// Filter picks runs.
type Filter struct {
	Flow     string
	Statuses []string
	Query    string // the beginning of an id, or part of a failure's message
	After    string // the cursor of a page
	Limit    int
}

// Runs is one page of runs, the newest first.
type Runs struct {
	Runs []Run  `json:"runs"`
	Next string `json:"next,omitempty"` // the cursor of the next page

	Raw json.RawMessage `json:"-"`
}

// Runs lists runs.
func (c *Client) Runs(ctx context.Context, f Filter) (*Runs, error) {
	query := url.Values{}
	for name, value := range map[string]string{"flow": f.Flow, "status": strings.Join(f.Statuses, ","), "q": f.Query, "after": f.After} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if f.Limit > 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"runs"}, query: query})
	if err != nil {
		return nil, err
	}
	page := &Runs{Raw: body}
	return page, decode(body, page)
}
