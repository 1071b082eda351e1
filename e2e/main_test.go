package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/internal/servertest"
)

// patience is how long a journey waits for what must happen. No test measures with it.
const patience = 30 * time.Second

// chromium is the one browser of all journeys; each has a profile of its own in it.
var chromium context.Context

func TestMain(m *testing.M) {
	app.RunHandler() // the sample's handlers execute this binary once more
	if err := os.Setenv("SEGNO_PACE", "20ms"); err != nil {
		fail(err)
	}
	path, err := findBrowser()
	if err != nil {
		fail(err)
	}
	dir, err := os.MkdirTemp("", "segno-e2e-")
	if err != nil {
		fail(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.DisableGPU, chromedp.WindowSize(1280, 800),
		chromedp.NoSandbox, // containers run tests as root, where Chromium has no sandbox; it visits our own pages only
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	var quit context.CancelFunc
	chromium, quit = chromedp.NewContext(allocator)
	if err := chromedp.Do(chromium); err != nil {
		fail(fmt.Errorf("starting %s: %w", path, err))
	}
	code := m.Run()
	quit()
	stop()
	servertest.Remove()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	os.Exit(code)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	os.Exit(1)
}

func findBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium found: install it (Debian and Ubuntu: apt-get install chromium)")
}

// until asks again and again, because a page tells nobody when it has changed.
func until(t testing.TB, what func() string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("waited %s in vain: %s", patience, what())
		}
	}
}

func said(format string, args ...any) func() string {
	return func() string { return fmt.Sprintf(format, args...) }
}
