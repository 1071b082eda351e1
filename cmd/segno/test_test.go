package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onWrite is a screen that acts on what is written to it.
type onWrite struct {
	bytes.Buffer
	act func(text string)
}

func (w *onWrite) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	w.act(string(p))
	return n, err
}

// TestWatch: --watch tests at once, and again when a file has changed; what it prints then is about the file as it is.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/cases/test/in/good")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rounds := 0
	screen := &onWrite{}
	screen.act = func(text string) {
		if !strings.Contains(text, "waiting for a change") {
			return
		}
		if rounds++; rounds == 2 {
			cancel()
			return
		}
		src, err := os.ReadFile("testdata/cases/test/in/bad/tests/shop.yaml")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "tests", "shop.yaml"), src, 0o600)
		}
		if err != nil {
			t.Error(err)
			cancel()
		}
	}
	report := filepath.Join(t.TempDir(), "junit.xml")
	code := run(ctx, []string{"test", dir, "--watch", "--junit", report}, terminal{in: strings.NewReader(""), out: screen, err: screen, env: func(string) string { return "" }})
	ok, fail := strings.Index(screen.String(), "ok 1 scenario passed"), strings.Index(screen.String(), "FAIL 1 of 1 scenario failed")
	if code != fine || ok < 0 || fail < ok {
		t.Errorf("exit %d\n%s", code, screen.String())
	}
	if raw, err := os.ReadFile(report); err != nil || !strings.Contains(string(raw), `failures="1"`) {
		t.Errorf("%v\n%s", err, raw)
	}
}
