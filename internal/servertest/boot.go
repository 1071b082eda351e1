package servertest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/segno-run/segno/cmd/web/app" // also for the tests of processes: a change of the server is a change of them, whose results are cached
)

// Boot runs the whole server in this process until the test ends, on a free port, and returns once it is ready. Its log is shown if the test has failed.
func Boot(t testing.TB, cfg app.Config) *app.App {
	t.Helper()
	log := &lines{}
	cfg.Addr, cfg.Logger = "127.0.0.1:0", slog.New(slog.NewTextHandler(log, nil))
	a, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	select {
	case <-a.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("the server did not start: %v", err)
	}
	return a
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
