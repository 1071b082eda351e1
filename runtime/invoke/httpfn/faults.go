package httpfn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
	"github.com/segno-run/segno/runtime/invoke/netguard"
)

// transportFault says what it means that no answer came.
func (c *call) transportFault(err error) *fault.Fault {
	f := &fault.Fault{Effect: fault.None, Evidence: []fault.Detail{c.where()}}
	if c.trace.sent() {
		f.Effect = fault.Maybe
	}
	if c.ended(f) {
		return f
	}

	var wrapped *url.Error // its text repeats the URL with its query
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	f.Evidence = append(f.Evidence, fault.Detail{Name: "error", Value: wire.Mask(err.Error(), 300)})
	f.Class = fault.Unavailable
	var (
		denied  *netguard.Denied
		unknown *net.DNSError
	)
	switch {
	case errors.As(err, &denied):
		f.Class, f.Effect = fault.Denied, fault.None
		f.Message = fmt.Sprintf("calling %s is not allowed: %s", c.host(), denied)
	case f.Effect == fault.Maybe:
		f.Message = fmt.Sprintf("the connection to %s was lost after the request was sent", c.host())
		if !c.trace.wrote() {
			f.Message = fmt.Sprintf("the connection to %s was lost while the request was being sent", c.host())
		}
	case errors.As(err, &unknown):
		f.Message = fmt.Sprintf("the name %s could not be resolved", unknown.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Message = c.host() + " refused the connection"
	case isTLS(err):
		f.Message = "no secure connection to " + c.host() + " could be made"
	default:
		f.Message = "no connection to " + c.host() + " could be made"
	}
	return f
}

func isTLS(err error) bool {
	var (
		record  tls.RecordHeaderError
		alert   tls.AlertError
		cert    *tls.CertificateVerificationError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &unknown)
}

// ended fills in f if the call stopped because the caller or the time limit ended it.
func (c *call) ended(f *fault.Fault) bool {
	switch {
	case c.ctx.Err() != nil:
		f.Class = fault.Cancelled
		f.Message = "the call was cancelled " + c.stage()
		return true
	case errors.Is(c.callCtx.Err(), context.DeadlineExceeded):
		f.Class = fault.Timeout
		limit := ""
		switch {
		case !c.trace.sent():
			limit = "no connection"
		case !c.trace.wrote():
			limit = "request not fully sent"
		default:
			limit = "no response headers"
		}
		f.Message = fmt.Sprintf("%s: %s within %s", c.host(), limit, c.timeout)
		f.Evidence = append(f.Evidence, fault.Detail{Name: "timeout", Value: fmt.Sprintf("%s within %s", limit, c.timeout)})
		return true
	}
	return false
}

func (c *call) stage() string {
	if c.trace.sent() {
		return "after the request was sent"
	}
	return "before anything was sent"
}

// bodyFault says what it means that the answer's head came and its body did not.
func (c *call) bodyFault(resp *http.Response, err error) *fault.Fault {
	f := &fault.Fault{Effect: fault.Maybe, Evidence: []fault.Detail{c.where(), {Name: "status", Value: resp.Status}}}
	switch {
	case c.ctx.Err() != nil:
		f.Class, f.Message = fault.Cancelled, "the call was cancelled while its answer was being read"
	case errors.Is(c.callCtx.Err(), context.DeadlineExceeded):
		f.Class = fault.Timeout
		f.Message = fmt.Sprintf("%s: body not finished within %s", c.host(), c.timeout)
		f.Evidence = append(f.Evidence, fault.Detail{Name: "timeout", Value: fmt.Sprintf("body not finished within %s", c.timeout)})
	default:
		f.Class = fault.Unavailable
		f.Message = fmt.Sprintf("the connection to %s was lost in the middle of its answer", c.host())
		f.Evidence = append(f.Evidence, fault.Detail{Name: "error", Value: wire.Mask(err.Error(), 300)})
	}
	return f
}

// statusFault turns an answer outside 2xx into its class and effect.
func (c *call) statusFault(resp *http.Response) *fault.Fault {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what could be read is evidence; the status decides
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	c.trace.bodyRead()
	now, err := http.ParseTime(resp.Header.Get("Date")) // by the clock that wrote the other one: ours may be off
	if err != nil {
		now = time.Now()
	}
	c.retryAfter = retryAfter(resp.Header.Get("Retry-After"), now)

	class, effect := classify(resp.StatusCode)
	f := &fault.Fault{Class: class, Effect: effect, Evidence: []fault.Detail{c.where(), {Name: "status", Value: wire.Mask(resp.Status, 100)}}}
	f.Message = fmt.Sprintf("%s answered %d", c.host(), resp.StatusCode)
	if text := http.StatusText(resp.StatusCode); text != "" {
		f.Message += " " + text
	}
	if text := wire.Message(body); text != "" {
		f.Message += ": " + text
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		if target := resp.Header.Get("Location"); target != "" {
			f.Evidence = append(f.Evidence, fault.Detail{Name: "location", Value: wire.Mask(withoutQuery(target), 300)})
		}
		f.Evidence = append(f.Evidence, fault.Detail{Name: "hint", Value: "redirects are not followed; set the function's url to its final address"})
	}
	if c.retryAfter > 0 {
		f.Evidence = append(f.Evidence, fault.Detail{Name: "retry after", Value: c.retryAfter.Round(time.Second).String()})
	}
	if len(body) > 0 {
		f.Evidence = append(f.Evidence, fault.Detail{Name: "body", Value: wire.Mask(string(body), maxErrorBody)})
	}
	return f
}

func withoutQuery(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// classify maps a status outside 2xx to its class and to what it says about the effect.
func classify(status int) (fault.Class, fault.Effect) {
	switch status {
	case http.StatusTooManyRequests:
		return fault.RateLimited, fault.None
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied, fault.None
	case http.StatusNotFound:
		return fault.NotFound, fault.None
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return fault.Timeout, fault.Maybe
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return fault.Unavailable, fault.Maybe
	case http.StatusSeeOther:
		return fault.Rejected, fault.Maybe // "the result of what you asked for is over there": it may well have been done
	}
	if status >= 500 || status < 300 {
		return fault.FunctionError, fault.Maybe
	}
	return fault.Rejected, fault.None // 3xx and every other 4xx: the request as it stands was refused
}

// retryAfter reads the Retry-After header, seconds or an HTTP date (RFC 9110 section 10.2.3). What is in the past or unreadable is 0; nobody may
// ask for more than a day.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return maxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
