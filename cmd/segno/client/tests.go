package client

import (
	"context"
	"net/http"
	"strings"

	"github.com/segno-run/segno/designer/project"
)

// Tests gives the test files of a flow and the inputs that they name.
func (c *Client) Tests(ctx context.Context, flow string) ([]project.TestSource, error) {
	type file struct {
		File string `json:"file"`
	}
	var answer struct {
		Tests  []file `json:"tests"`
		Inputs []file `json:"inputs"`
	}
	if err := c.get(ctx, &answer, nil, "flows", flow, "tests"); err != nil {
		return nil, err
	}
	var out []project.TestSource
	for _, f := range append(answer.Tests, answer.Inputs...) {
		body, err := c.do(ctx, request{method: http.MethodGet, path: []string{"flows", flow, "tests", f.File}})
		if IsCode(err, "not_found") {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		out = append(out, project.TestSource{Flow: flow, File: f.File, Source: body})
	}
	return out, nil
}

// PutTest keeps a test file, in place of whatever the server has under its name.
func (c *Client) PutTest(ctx context.Context, t project.TestSource) error {
	kind := "application/yaml"
	if strings.HasSuffix(t.File, ".json") {
		kind = "application/json"
	}
	_, err := c.do(ctx, request{method: http.MethodPut, path: []string{"flows", t.Flow, "tests", t.File}, body: t.Source, kind: kind, match: "*"})
	return err
}
