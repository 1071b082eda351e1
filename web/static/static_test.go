package static

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The pairs that ui.md names: text and status colours at 4.7 on every ground they stand on, controls and edges at 3.3.
func TestContrast(t *testing.T) {
	css, err := FS.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		tokens := tokensOf(t, string(css), `[data-theme=`+theme+`]{ --canvas`)
		pair := func(front, back string, want float64) {
			t.Helper()
			if got := contrast(tokens[front], tokens[back]); math.IsNaN(got) || got < want {
				t.Errorf("%s: --%s on --%s: got %.2f, want at least %.1f", theme, front, back, got, want)
			}
		}
		for _, ground := range []string{"canvas", "surface"} {
			for _, text := range []string{"ink", "ink-2", "ink-3", "accent", "run", "ok", "fail", "retry", "wait", "ask", "undo", "idle"} {
				pair(text, ground, 4.7)
			}
			pair("control", ground, 3.3)
			pair("edge", ground, 3.3)
		}
		for _, status := range []string{"run", "ok", "fail", "retry", "wait", "ask", "undo", "idle"} {
			pair(status, status+"-t", 4.7)
			pair("ink", status+"-t", 4.7)
			pair("ink-2", status+"-t", 4.7)
		}
		for _, text := range []string{"ink", "ink-2", "ink-3"} {
			pair(text, "sunken", 4.7)
			pair(text, "accent-tint", 4.7)
		}
		pair("accent", "accent-tint", 4.7)
		pair("on-accent", "accent", 4.7)
		pair("canvas", "ink", 4.7)   // a primary button
		pair("canvas", "ink-2", 4.7) // and under the pointer
	}
}

// With scripts off the dark values stand in a media query: they must not drift from the others.
func TestThemesAgree(t *testing.T) {
	css, err := FS.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	got := tokensOf(t, string(css), `:root:not([data-theme]){ --canvas`)
	want := tokensOf(t, string(css), `[data-theme=dark]{ --canvas`)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("--%s without a script in the dark: got %s, want %s", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d tokens, want %d", len(got), len(want))
	}
}

var tokenPattern = regexp.MustCompile(`--([a-z0-9-]+):(#[0-9A-Fa-f]{3,6})`)

func tokensOf(t *testing.T, css, start string) map[string]string {
	t.Helper()
	i := strings.Index(css, start)
	if i < 0 {
		t.Fatalf("tokens.css has no block that starts with %q", start)
	}
	block := css[i:]
	block = block[:strings.Index(block, "}")]
	tokens := map[string]string{}
	for _, m := range tokenPattern.FindAllStringSubmatch(block, -1) {
		tokens[m[1]] = m[2]
	}
	return tokens
}

// contrast is the ratio of WCAG 2.2, 1.4.3.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func luminance(hex string) float64 {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return math.NaN() // a token that is missing fails every comparison
	}
	channel := func(shift uint) float64 {
		v := float64(n>>shift&0xFF) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// A sprite that is not well-formed draws nothing, and no browser says so.
func TestSpritesAreWellFormed(t *testing.T) {
	for _, name := range []string{"icons.svg", "status.svg", "favicon.svg"} {
		body, err := FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := wellFormed(string(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wellFormed also refuses an attribute that stands twice, which encoding/xml lets pass and browsers do not.
func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			seen := map[string]bool{}
			for _, a := range start.Attr {
				if seen[a.Name.Local] {
					return fmt.Errorf("%s has %s twice", start.Name.Local, a.Name.Local)
				}
				seen[a.Name.Local] = true
			}
		}
	}
}

func TestHandler(t *testing.T) {
	get := func(url string, header ...string) *http.Response {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, url, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		return w.Result()
	}
	versioned := get(URL("app.css"), "Accept-Encoding", "gzip")
	if got, want := versioned.StatusCode, http.StatusOK; got != want {
		t.Fatalf("the stylesheet: got %d, want %d", got, want)
	}
	if got, want := versioned.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
		t.Errorf("Cache-Control with a version: got %q, want %q", got, want)
	}
	if got, want := versioned.Header.Get("Content-Encoding"), "gzip"; got != want {
		t.Errorf("Content-Encoding: got %q, want %q", got, want)
	}
	if got, want := get("/static/app.css").Header.Get("Cache-Control"), "no-cache"; got != want {
		t.Errorf("Cache-Control without a version: got %q, want %q", got, want)
	}
	if got, want := get("/static/app.css", "If-None-Match", versioned.Header.Get("ETag")).StatusCode, http.StatusNotModified; got != want {
		t.Errorf("asking again: got %d, want %d", got, want)
	}
	for _, url := range []string{"/static/no.css", "/static/../static.go", "/static/", "/static/fonts"} {
		if got, want := get(url).StatusCode, http.StatusNotFound; got != want {
			t.Errorf("%s: got %d, want %d", url, got, want)
		}
	}
}
