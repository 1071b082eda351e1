// Package client speaks the JSON API of a Segno server: what the command line asks and orders. It knows addresses and answers; it prints nothing and
// decides nothing.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultServer is the address of a server that was started without flags.
const DefaultServer = "http://127.0.0.1:8080"

// maxAnswer bounds an answer, in bytes: the API pages whatever could be larger.
const maxAnswer = 64 << 20

// Client asks one server. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a client. server is an address such as http://127.0.0.1:8080 (without a scheme, http is meant; "" is DefaultServer), token a bearer token
// or "". Nothing is asked yet.
func New(server, token string) (*Client, error) {
	if server == "" {
		server = DefaultServer
	}
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the address of a server, such as %s", server, DefaultServer)
	}
	const patience = 60 * time.Second // longer than any answer of the API takes
	return &Client{base: strings.TrimRight(u.String(), "/"), token: token, http: &http.Client{Timeout: patience}}, nil
}

// Server is the address that is asked.
func (c *Client) Server() string { return c.base }

// Error is a refusal of the server.
type Error struct {
	Status  int             // of HTTP
	Code    string          `json:"code"` // of the API, such as "conflict"; "" if something else answered
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
}

// Error is the server's own sentence.
func (e *Error) Error() string { return e.Message }

// IsCode reports whether err is a refusal with that code.
func IsCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// request is one question.
type request struct {
	method string
	path   []string // below /api/v1, each escaped
	query  url.Values
	body   []byte
	kind   string // of the body
	accept string
	key    string // an Idempotency-Key
	match  string // an If-Match
}

// do asks and gives the body of a good answer.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	address := c.base + "/api/v1"
	for _, p := range r.path {
		address += "/" + url.PathEscape(p)
	}
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.base, err)
	}
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var op *url.Error
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("%s can't be reached: %w", c.base, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer of %s: %w", c.base, err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s is larger than %d bytes", c.base, maxAnswer)
	case res.StatusCode >= 300:
		return nil, refusal(res, body)
	}
	return body, nil
}

func refusal(res *http.Response, body []byte) error {
	var answer struct {
		Error *Error `json:"error"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Error != nil && answer.Error.Code != "" {
		answer.Error.Status = res.StatusCode
		if answer.Error.Code == "unauthenticated" {
			answer.Error.Message += " (SEGNO_TOKEN)"
		}
		return answer.Error
	}
	return &Error{Status: res.StatusCode, Message: fmt.Sprintf("the server answered %s, and not as Segno does: is it the right address?", res.Status)}
}

// get asks and reads the JSON of the answer into v.
func (c *Client) get(ctx context.Context, v any, query url.Values, path ...string) error {
	body, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, accept: "application/json"})
	if err != nil {
		return err
	}
	return decode(body, v)
}

func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("the server's answer is not as expected: %w", err)
	}
	return nil
}
