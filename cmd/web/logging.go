package main

import (
	"fmt"
	"io"
	"log/slog"
)

// newLogger writes lines of one form, those of a level and above.
func newLogger(out io.Writer, form, level string) (*slog.Logger, error) {
	var least slog.Level
	switch level {
	case "debug", "info", "warn", "error":
		if err := least.UnmarshalText([]byte(level)); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("--log-level is %q; it is debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch form {
	case "text":
		return slog.New(slog.NewTextHandler(out, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, options)), nil
	}
	return nil, fmt.Errorf("--log-format is %q; it is text or json", form)
}
