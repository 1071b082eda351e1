package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

const requestKey = "segno.request"

// observe gives each request an id, counts it and logs it. Errors are answered here, so that what is logged is what was sent.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		r := c.Request()
		id := r.Header.Get(echo.HeaderXRequestID)
		if !plainID(id) {
			id = uuid.NewString()
		}
		c.Set(requestKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		took, status := time.Since(began), c.Response().Status
		s.metrics.observe(r.Method, c.Path(), status, took)
		attrs := []slog.Attr{
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", status), slog.Int64("bytes", c.Response().Size),
			slog.Duration("took", took), slog.String("from", c.RealIP()), slog.String("request_id", id),
		}
		for _, name := range []string{"run", "flow", "step"} {
			if v := c.Param(name); v != "" {
				attrs = append(attrs, slog.String(name, clip(v)))
			}
		}
		level := slog.LevelDebug
		if err != nil {
			attrs = append(attrs, slog.String("code", string(coded(err).Code)))
			if status >= http.StatusInternalServerError { // below it the words are for whoever asked, and may quote what they sent
				attrs = append(attrs, slog.String("error", err.Error()))
			}
		}
		switch {
		case errors.Is(r.Context().Err(), context.Canceled): // whoever asked has left: nothing went wrong here
		case c.Path() == readyPath && status == http.StatusServiceUnavailable:
			level = slog.LevelInfo // an answer as good as the other: a probe asks until it is ready
		case status >= http.StatusInternalServerError:
			level = slog.LevelError
		case changes(r):
			level = slog.LevelInfo
		}
		s.Logger.LogAttrs(r.Context(), level, "request", attrs...)
		return nil
	}
}

// plainID reports whether a client's own request id may go into logs and headers.
func plainID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.'
	}) < 0
}

// recover turns a panic of a handler into an internal error with its stack in the log.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Logger.Error("panic", "value", fmt.Sprint(p), "path", c.Request().URL.Path, "request_id", c.Get(requestKey), "stack", string(debug.Stack()))
				err = &Error{Code: CodeInternal, Message: "something went wrong in the server; its log says more under this request's id", cause: fmt.Errorf("panic: %v", p)}
			}
		}()
		return next(c)
	}
}

// compress gzips answers; assets bring their own compressed form.
func compress() echo.MiddlewareFunc {
	const worthIt = 1 << 10 // bytes: below it a packet is a packet
	return middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: worthIt, Skipper: func(c echo.Context) bool {
		r := c.Request()
		return strings.HasPrefix(r.URL.Path, "/static/") || isValue(r.URL.Path) || r.URL.Path == metricsPath || r.Header.Get("Upgrade") != ""
	}})
}

// answerError is where every error of a handler becomes an answer.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return // an answer is on its way already; the log has the error
	}
	e := coded(err)
	write := writeError
	if isPage(c) {
		write = s.errorPage
	}
	if failed := write(c, e); failed != nil && c.Request().Context().Err() == nil {
		s.Logger.Error("answering an error", "error", failed, "path", c.Request().URL.Path, "request_id", c.Get(requestKey))
	}
}

// isPage reports whether a person looks at the answer rather than a program.
func isPage(c echo.Context) bool {
	p := c.Request().URL.Path
	switch {
	case strings.HasPrefix(p, "/api/"), p == metricsPath, p == "/readyz", p == "/healthz", strings.HasPrefix(p, "/static/"):
		return false
	}
	return !strings.EqualFold(c.Request().Header.Get("Upgrade"), "websocket")
}
