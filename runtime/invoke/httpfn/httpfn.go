// Package httpfn owns functions that are reached over HTTP: one POST of the input as JSON, whose answer becomes an output or a classed fault.
//
// It knows no retry, no flow and no run beyond the names that it passes on as headers. What an outcome says about the effect follows from how far
// the request got, which it observes with net/http/httptrace: nothing sent means that nothing happened.
package httpfn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
	"github.com/segno-run/segno/runtime/invoke/netguard"
)

// Config says how to reach one function.
type Config struct {
	URL     string            // http or https
	Headers map[string]string // sent with each call; those that Segno sets itself (see reserved) win
	Policy  netguard.Policy   // which addresses may be dialled; ignored when Transport is set
	// Transport is a pool of connections shared by many functions; it has to come from NewTransport, which guards what is dialled.
	// Nil means a pool of the function's own.
	Transport *http.Transport
	Logger    *slog.Logger // nil: silent
}

// Limits of what is read and believed. Error answers are evidence only, so they are kept short.
const (
	maxErrorBody  = 2 << 10
	maxDrain      = 64 << 10 // an error body's rest is read up to here, so that the connection can be used again
	maxRetryAfter = 24 * time.Hour
	userAgent     = "segno"
)

// NewTransport returns a pool of connections that dials only what the policy allows. It never uses a proxy: a proxy would resolve and dial behind
// the guard's back.
func NewTransport(policy netguard.Policy) *http.Transport {
	dialer := &net.Dialer{KeepAlive: 15 * time.Second, Control: policy.Control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second, // under the keep-alive limit of common servers: a call on a connection just closed is an unknown outcome
		TLSHandshakeTimeout:    0,                // the invocation's own timeout bounds it
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// CheckConfig reports what makes a URL or headers unusable, before any call. The error is for the person who configured the function.
func CheckConfig(rawURL string, headers map[string]string) error {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return fmt.Errorf("the URL %q cannot be read", wire.Mask(rawURL, 200))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the URL %q has to begin with http:// or https://", wire.Mask(rawURL, 200))
	case u.Hostname() == "":
		return fmt.Errorf("the URL %q names no host", wire.Mask(rawURL, 200))
	}
	for name, value := range headers {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) }) {
			return fmt.Errorf("%q is not a header name", wire.Mask(name, 100))
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("the value of header %s holds a control character", name)
		}
	}
	return nil
}

// New returns the Invoker of one HTTP function. A config that CheckConfig refuses gives an Invoker whose every call is rejected with that reason.
func New(cfg Config) invoke.Invoker {
	f := &function{config: cfg, broken: CheckConfig(cfg.URL, cfg.Headers), transport: cfg.Transport, logger: cfg.Logger}
	f.config.Headers = maps.Clone(cfg.Headers)
	if f.transport == nil {
		f.transport = NewTransport(cfg.Policy)
		f.owned = true
	}
	if f.logger == nil {
		f.logger = slog.New(slog.DiscardHandler)
	}
	f.client = &http.Client{
		Transport:     f.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return f
}

type function struct {
	config    Config
	broken    error
	client    *http.Client
	transport *http.Transport
	owned     bool
	logger    *slog.Logger
}

// Close drops the idle connections of the function's own pool. A shared pool belongs to whoever made it.
func (f *function) Close() {
	if f.owned {
		f.transport.CloseIdleConnections()
	}
}

// Invoke makes one POST.
func (f *function) Invoke(ctx context.Context, inv invoke.Invocation) invoke.Result {
	result := invoke.Result{Started: time.Now()}
	timeout := inv.Timeout
	if timeout <= 0 {
		timeout = wire.DefaultTimeout
	}
	callCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	c := &call{function: f, ctx: ctx, callCtx: callCtx, timeout: timeout}
	if f.broken != nil {
		result.Fault = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: f.broken.Error()}
	} else {
		result.Output, result.Fault = c.do(inv)
	}
	result.RetryAfter, result.Free = c.retryAfter, c.free
	result.Ended = time.Now()
	result.Phases = c.trace.phases(result.Ended)
	if result.Fault != nil {
		f.logger.DebugContext(ctx, "HTTP function failed", "function", inv.Function, "class", result.Fault.Class, "effect", result.Fault.Effect,
			"message", result.Fault.Message)
	}
	return result
}

// call is one invocation under way.
type call struct {
	function   *function
	ctx        context.Context // the caller's
	callCtx    context.Context // ctx with the invocation's timeout
	timeout    time.Duration
	trace      trace
	retryAfter time.Duration
	free       func() // of the output; may be nil
}

func (c *call) do(inv invoke.Invocation) ([]byte, *fault.Fault) {
	req, err := c.request(inv)
	if err != nil {
		return nil, &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "the request could not be made: " + wire.Mask(err.Error(), 300)}
	}
	resp, err := c.function.client.Do(req)
	if err != nil {
		return nil, c.transportFault(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.statusFault(resp)
	}
	if resp.StatusCode == http.StatusNoContent {
		return []byte("null"), nil
	}
	answer, err := wire.Read(c.callCtx, resp.Body, resp.ContentLength, inv.Most())
	if err != nil {
		return nil, c.bodyFault(resp, err)
	}
	c.trace.bodyRead()
	var output []byte
	var f *fault.Fault
	if answer.Over {
		f = answer.Fault(inv.Most())
	} else if output, f = wire.Output(answer.Body, resp.Header.Get("Content-Type")); f == nil {
		c.free = answer.Free
	} else {
		answer.Free()
	}
	if f != nil {
		f.Message = c.host() + ": " + f.Message
		f.Evidence = append([]fault.Detail{c.where(), {Name: "status", Value: resp.Status}}, f.Evidence...)
	}
	return output, f
}

// request builds the POST. Its GetBody lets net/http repeat the request on a fresh connection when it is certain that nothing of it was written to
// a stale one; in any other case net/http may repeat only what it takes for idempotent, and a header spelled exactly Idempotency-Key would make it
// take this request for that. One Invoke is one call, so the header goes out in lower case (names are case-insensitive, RFC 9110 section 5.1).
func (c *call) request(inv invoke.Invocation) (*http.Request, error) {
	ctx := httptrace.WithClientTrace(c.callCtx, c.trace.client())
	body := inv.Input
	if len(body) == 0 {
		body = []byte("null")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.function.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	req.Header.Set("User-Agent", userAgent)
	for name, value := range c.function.config.Headers {
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for name, value := range map[string]string{
		"Traceparent":   inv.Traceparent,
		"Segno-Run":     inv.Run,
		"Segno-Flow":    inv.Flow,
		"Segno-Step":    inv.Step,
		"Segno-Attempt": strconv.Itoa(inv.Attempt),
	} {
		req.Header.Del(name)
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Del("Segno-Item")
	if inv.Item >= 0 {
		req.Header.Set("Segno-Item", strconv.Itoa(inv.Item))
	}
	req.Header.Del("Segno-Iteration")
	if inv.Iteration > 0 {
		req.Header.Set("Segno-Iteration", strconv.Itoa(inv.Iteration))
	}
	req.Header.Del("Idempotency-Key")
	req.Header.Del("X-Idempotency-Key")
	if inv.Key != "" {
		req.Header["idempotency-key"] = []string{inv.Key}
	}
	return req, nil
}

// host names the function's server in messages.
func (c *call) host() string {
	u, err := url.Parse(c.function.config.URL)
	if err != nil {
		return "the function"
	}
	return u.Host
}

// where is the evidence line with the address. Credentials and the query stay out of it: people keep tokens there.
func (c *call) where() fault.Detail {
	u, err := url.Parse(c.function.config.URL)
	if err != nil {
		return fault.Detail{Name: "url", Value: "unreadable"}
	}
	return fault.Detail{Name: "url", Value: wire.Mask((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), 300)}
}
