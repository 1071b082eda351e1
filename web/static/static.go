// Package static owns the embedded assets: stylesheet, fonts, icons, scripts, and the bundles that web/ui builds into dist.
//
// It knows no page. Whoever links an asset asks URL for its address, which changes with the content, so that browsers may keep it for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

// FS holds the assets by the path that follows /static/ in their URL.
//
//go:embed all:dist fonts licenses tokens.css app.css run.css tests.css lists.css app.js lists.js palette.js palette.css start.js theme.js htmx.min.js icons.svg status.svg favicon.svg
var FS embed.FS

// Prefix is where Handler expects to be mounted.
const Prefix = "/static/"

// asset is one file as it is served.
type asset struct {
	body []byte
	gzip []byte // nil where compressing gains nothing
	hash string // the first 12 hex digits of the content's SHA-256
	kind string // Content-Type
}

// assets reads, hashes and compresses all files once, at the first use: some milliseconds.
var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	err := fs.WalkDir(FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := FS.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		a := &asset{body: body, hash: hex.EncodeToString(sum[:])[:12], kind: contentType(name)}
		if compressible(a.kind) {
			a.gzip = compress(body)
		}
		all[name] = a
		return nil
	})
	if err != nil {
		panic("static: reading the embedded assets: " + err.Error()) // the compiler embedded them: this can't fail
	}
	return all
})

// URL returns the address of an asset, "/static/app.css?v=0f3a…": the same as long as its content is. A name that does not exist gets an address
// without a version, which answers 404.
func URL(name string) string {
	a, ok := assets()[name]
	if !ok {
		return Prefix + name
	}
	return Prefix + name + "?v=" + a.hash
}

// Has reports whether the asset exists: the bundles are built apart from the Go code.
func Has(name string) bool {
	_, ok := assets()[name]
	return ok
}

// chunk matches what the bundler names by its content: bundles import those without a version.
var chunk = regexp.MustCompile(`^dist/[a-z]+-[A-Z0-9]{8}\.js$`)

// Handler serves the assets below Prefix. A URL with the right version may be cached for a year; without one the browser asks again each time.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "assets are only read", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), Prefix)
		a, ok := assets()[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", `"`+a.hash+`"`)
		h.Set("Vary", "Accept-Encoding")
		switch {
		case r.URL.Query().Get("v") == a.hash, chunk.MatchString(name):
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		case strings.HasPrefix(name, "fonts/"):
			h.Set("Cache-Control", "public, max-age=604800") // the stylesheet names them without a version
		default:
			h.Set("Cache-Control", "no-cache")
		}
		if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := a.body
		if a.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.gzip
		}
		if r.Method == http.MethodHead {
			return
		}
		_, _ = w.Write(body) // the browser went away: nothing is left to tell it
	})
}

// contentType knows the kinds we ship itself, so that it does not depend on the machine's mime tables.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/svg")
}

// compress returns body gzipped, or nil if that is no smaller.
func compress(body []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic("static: " + err.Error()) // only for a level that does not exist
	}
	if _, err := z.Write(body); err != nil {
		panic("static: compressing into memory: " + err.Error())
	}
	if err := z.Close(); err != nil {
		panic("static: compressing into memory: " + err.Error())
	}
	if out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}
