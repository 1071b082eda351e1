package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// Code names a kind of error for programs. The list is part of the API.
type Code string

// The error codes.
const (
	CodeBadRequest      Code = "bad_request"           // 400: the request itself is malformed
	CodeUnauthenticated Code = "unauthenticated"       // 401: sign in, or send a bearer token
	CodeForbidden       Code = "forbidden"             // 403: another origin, a foreign Host
	CodeNotFound        Code = "not_found"             // 404
	CodeNotAllowed      Code = "method_not_allowed"    // 405
	CodeConflict        Code = "conflict"              // 409, and 412 where somebody else saved a draft first
	CodeTooLarge        Code = "too_large"             // 413
	CodeUnsupported     Code = "unsupported"           // 415
	CodeInvalid         Code = "invalid"               // 422: well formed, and wrong
	CodePrecondition    Code = "precondition_required" // 428: If-Match is missing
	CodeRateLimited     Code = "rate_limited"          // 429
	CodeInternal        Code = "internal"              // 500
	CodeUnavailable     Code = "unavailable"           // 503
)

var statuses = map[Code]int{
	CodeBadRequest: http.StatusBadRequest, CodeUnauthenticated: http.StatusUnauthorized, CodeForbidden: http.StatusForbidden,
	CodeNotFound: http.StatusNotFound, CodeNotAllowed: http.StatusMethodNotAllowed, CodeConflict: http.StatusConflict,
	CodeTooLarge: http.StatusRequestEntityTooLarge, CodeUnsupported: http.StatusUnsupportedMediaType, CodeInvalid: http.StatusUnprocessableEntity,
	CodePrecondition: http.StatusPreconditionRequired, CodeRateLimited: http.StatusTooManyRequests, CodeInternal: http.StatusInternalServerError,
	CodeUnavailable: http.StatusServiceUnavailable,
}

// Error is every refusal and failure that a client sees: {"error": {"code", "message", "details"}} from the API, a page elsewhere.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`           // a sentence for a person
	Details any    `json:"details,omitempty"` // by code: the issues, the flows concerned, the draft as it stands
	Status  int    `json:"-"`                 // 0: the code's own

	cause error // for the log, never for the client
}

// Error gives the code, the message and the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) status() int {
	if e.Status != 0 {
		return e.Status
	}
	if s, ok := statuses[e.Code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

func (e *Error) with(details any) *Error {
	e.Details = details
	return e
}

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// coded turns any error into one that a client may see. What it does not know is internal, and its text stays in the log.
func coded(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var refusal *planner.Refusal
	if errors.As(err, &refusal) {
		if refusal.Code == planner.Invalid {
			return fail(CodeInvalid, "%s", refusal.Message)
		}
		return fail(CodeConflict, "%s", refusal.Message)
	}
	var tooLarge *http.MaxBytesError
	var httpError *echo.HTTPError
	switch {
	case errors.As(err, &tooLarge):
		return fail(CodeTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, runtime.ErrNoRun):
		return fail(CodeNotFound, "there is no such run")
	case errors.Is(err, context.Canceled):
		return &Error{Code: CodeUnavailable, Message: "the request was given up", cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: CodeUnavailable, Message: "the answer took too long; try again", cause: err}
	case errors.As(err, &httpError):
		return routed(httpError)
	case models.Away(err):
		return &Error{Code: CodeUnavailable, Message: "the database can't be reached at the moment; try again", cause: err}
	}
	return &Error{Code: CodeInternal, Message: "something went wrong in the server; its log says more under this request's id", cause: err}
}

// routed turns the errors of the router and of its middleware into ours.
func routed(err *echo.HTTPError) *Error {
	message := fmt.Sprint(err.Message)
	switch err.Code {
	case http.StatusNotFound:
		return fail(CodeNotFound, "there is nothing at this address")
	case http.StatusMethodNotAllowed:
		return fail(CodeNotAllowed, "this address does not answer that method")
	case http.StatusRequestEntityTooLarge:
		return fail(CodeTooLarge, "the body is too large")
	case http.StatusUnsupportedMediaType:
		return fail(CodeUnsupported, "%s", message)
	case http.StatusBadRequest:
		return fail(CodeBadRequest, "%s", message)
	}
	if err.Code < 500 {
		return &Error{Code: CodeBadRequest, Message: message, Status: err.Code, cause: err}
	}
	return &Error{Code: CodeInternal, Message: "something went wrong in the server", Status: err.Code, cause: err}
}

// writeError answers with an Error as JSON.
func writeError(c echo.Context, e *Error) error {
	body, err := encodeJSON(map[string]*Error{"error": e})
	if err != nil {
		body = []byte(`{"error":{"code":"internal","message":"the error could not be written"}}` + "\n")
	}
	return c.Blob(e.status(), echo.MIMEApplicationJSON, body)
}
