package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// Flow is one flow of a server.
type Flow struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Published int    `json:"published"` // the latest version; 0 if there is none
	HasDraft  bool   `json:"has_draft"`
}

// Flows lists the flows.
func (c *Client) Flows(ctx context.Context) ([]Flow, error) {
	var answer struct {
		Flows []Flow `json:"flows"`
	}
	err := c.get(ctx, &answer, nil, "flows")
	return answer.Flows, err
}

// Version is the exact text of a version: a number, "latest", or "draft".
func (c *Client) Version(ctx context.Context, flow, version string) ([]byte, error) {
	path := []string{"flows", flow, "versions", version}
	if version == "draft" {
		path = []string{"flows", flow, "draft"}
	}
	return c.do(ctx, request{method: http.MethodGet, path: path, accept: "application/yaml"})
}

// Published is a version with what it was published with; number 0 is the latest. It is nil if there is none.
func (c *Client) Published(ctx context.Context, flow string, number int) (*check.Published, error) {
	version := "latest"
	if number > 0 {
		version = strconv.Itoa(number)
	}
	body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"flows", flow, "versions", version}, accept: "application/json"})
	if IsCode(err, "not_found") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var answer struct {
		Version   int             `json:"version"`
		Source    string          `json:"source"`
		Contracts json.RawMessage `json:"contracts"`
	}
	err = decode(body, &answer)
	return &check.Published{Version: answer.Version, Source: []byte(answer.Source), Pins: answer.Contracts}, err
}

// Publish makes a version of a text and returns its number. What is wrong with the text is an Error with code "invalid".
func (c *Client) Publish(ctx context.Context, flow string, source []byte, message string) (version int, err error) {
	query := url.Values{}
	if message != "" {
		query.Set("message", message)
	}
	body, err := c.do(ctx, request{method: http.MethodPost, path: []string{"flows", flow, "versions"}, query: query, body: source, kind: "application/yaml"})
	if err != nil {
		return 0, err
	}
	var answer struct {
		Version int `json:"version"`
	}
	return answer.Version, decode(body, &answer)
}

// Functions gives the entries of all functions in JSON, by name.
func (c *Client) Functions(ctx context.Context) (map[string][]byte, error) {
	var answer struct {
		Functions []struct {
			Name string `json:"name"`
		} `json:"functions"`
	}
	if err := c.get(ctx, &answer, nil, "functions"); err != nil {
		return nil, err
	}
	entries := make(map[string][]byte, len(answer.Functions))
	for _, f := range answer.Functions {
		body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"functions", f.Name}})
		if IsCode(err, "not_found") {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		entries[f.Name] = bytes.TrimSpace(body)
	}
	return entries, nil
}

// PutFunction registers a function. A change that would break a live flow is an Error with code "conflict" unless forced; Broken says which.
func (c *Client) PutFunction(ctx context.Context, name string, entry []byte, force bool) error {
	query := url.Values{}
	if force {
		query.Set("force", "true")
	}
	_, err := c.do(ctx, request{method: http.MethodPut, path: []string{"functions", name}, query: query, body: entry, kind: "application/json"})
	return err
}

// Broken is a live flow that a refused change of a function would break, with the places in its text.
type Broken struct {
	Flow    string      `json:"flow"`
	Version int         `json:"version"`
	Issues  flow.Issues `json:"issues"`
}

// Broken lists the flows that a refused change of a function would break.
func (e *Error) Broken() []Broken {
	var details struct {
		Flows []Broken `json:"flows"`
	}
	if json.Unmarshal(e.Details, &details) != nil {
		return nil
	}
	return details.Flows
}

// State reads everything that a project can change.
func (c *Client) State(ctx context.Context) (project.State, error) {
	s := project.State{Flows: map[string]project.Published{}}
	var err error
	if s.Functions, err = c.Functions(ctx); err != nil {
		return s, err
	}
	flows, err := c.Flows(ctx)
	if err != nil {
		return s, err
	}
	for _, f := range flows {
		p := project.Published{Version: f.Published}
		if f.Published > 0 {
			v, err := c.Published(ctx, f.Name, f.Published)
			if err != nil {
				return s, err
			}
			if v == nil {
				continue // gone since
			}
			p.Source = v.Source
			if pins, err := check.ReadPins(v.Pins); err == nil {
				p.Runs = pins.Flows
			}
		}
		s.Flows[f.Name] = p
		tests, err := c.Tests(ctx, f.Name)
		if err != nil {
			return s, err
		}
		s.Tests = append(s.Tests, tests...)
	}
	return s, nil
}
