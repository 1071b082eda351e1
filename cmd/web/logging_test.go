package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLogging(t *testing.T) {
	for _, c := range []struct {
		args []string
		env  map[string]string
		want int // lines of the three below
		json bool
	}{
		{nil, nil, 2, false},
		{[]string{"--log-level", "debug"}, nil, 3, false},
		{nil, map[string]string{"SEGNO_LOG_FORMAT": "json", "SEGNO_LOG_LEVEL": "warn"}, 1, true},
		{[]string{"--log-format=json", "--log-level=error"}, map[string]string{"SEGNO_LOG_LEVEL": "debug"}, 0, true},
	} {
		var out bytes.Buffer
		cfg, _, err := configure(c.args, func(name string) string { return c.env[name] }, &out)
		if err != nil {
			t.Fatalf("%v %v: %v", c.args, c.env, err)
		}
		cfg.Logger.Debug("one", "run", "r")
		cfg.Logger.Info("two", "run", "r")
		cfg.Logger.Warn("three", "run", "r")
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if out.Len() == 0 {
			lines = nil
		}
		if len(lines) != c.want {
			t.Errorf("%v %v: got %d lines, want %d", c.args, c.env, len(lines), c.want)
		}
		for _, line := range lines {
			var entry struct{ Run string }
			if err := json.Unmarshal([]byte(line), &entry); (err == nil && entry.Run == "r") != c.json {
				t.Errorf("%v %v: got %q (%v), want it JSON: %v", c.args, c.env, line, err, c.json)
			}
		}
	}
	for _, args := range [][]string{{"--log-format", "xml"}, {"--log-level", "loud"}, {"--log-level", "ERROR+2"}} {
		var out bytes.Buffer
		if code := run(args, func(string) string { return "" }, &out); code != 2 || !strings.Contains(out.String(), args[1]) || !strings.Contains(out.String(), "it is ") {
			t.Errorf("%v: got code %d and %q, want 2 and what it may be", args, code, out.String())
		}
	}
}
