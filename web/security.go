package web

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// hosts knows the names under which this server may be spoken to. A page elsewhere that makes its own name resolve to this machine (DNS rebinding)
// is told apart by the Host it sends.
type hosts struct {
	names map[string]bool
	anyIP bool // listening on every address: any address is ours, and only a name can be rebound
}

// newHosts takes the address that the server listens on, and further names that it is known by.
func newHosts(addr string, names []string) hosts {
	h := hosts{names: map[string]bool{"localhost": true}}
	for _, n := range names {
		if n = hostname(strings.TrimSpace(n)); n != "" {
			h.names[n] = true
		}
	}
	if own := hostname(addr); own != "" {
		ip, err := netip.ParseAddr(own)
		h.anyIP = err == nil && ip.IsUnspecified()
		h.names[own] = true
	} else if addr != "" {
		h.anyIP = true // ":8080"
	}
	return h
}

// hostname is a Host header without its port and brackets, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
}

func (h hosts) allow(host string) bool {
	name := hostname(host)
	if _, port, err := net.SplitHostPort(host); err == nil && strings.Trim(port, "0123456789") != "" {
		return false // net/http lets more through, and what is allowed here goes into the content security policy
	}
	if h.names[name] || strings.HasSuffix(name, ".localhost") {
		return true // RFC 6761: localhost names never leave the machine
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.IsLoopback() || h.anyIP)
}

// guard refuses what a page elsewhere could have made a browser send.
func (h hosts) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if p := r.URL.Path; p == "/healthz" || p == "/readyz" {
			return next(c) // a load balancer may call these by any name, and they tell nothing
		}
		if !h.allow(r.Host) {
			return fail(CodeForbidden, "the host %q is not one of this server's; start it with --hosts %s if it is", clip(r.Host), clip(hostname(r.Host)))
		}
		if changes(r) && !sameOrigin(r) {
			return fail(CodeForbidden, "the request comes from another origin (%s), so it was refused", clip(origin(r)))
		}
		return next(c)
	}
}

// changes reports whether a request may change something, or opens a websocket, which no same-origin policy protects.
func changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	}
	return true
}

// sameOrigin believes what the browser says about where a request comes from. A request that says nothing is a program's: browsers always do.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	from := r.Header.Values("Origin")
	if len(from) == 0 {
		return true
	}
	u, err := url.Parse(from[0])
	return len(from) == 1 && err == nil && u.Host != "" && authority(u.Host) == authority(r.Host)
}

// authority is host and port, the port left out where it is a scheme's own: behind a proxy that ends TLS the two schemes differ.
func authority(host string) string {
	host = strings.ToLower(host)
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
}

func origin(r *http.Request) string {
	if o := r.Header.Get("Origin"); o != "" {
		return o
	}
	return r.Header.Get("Sec-Fetch-Site")
}

// clip keeps a client's text readable inside a message.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

const nonceKey = "segno.nonce"

// headers sets what every answer carries. The style nonce is fresh for each request.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if strings.HasPrefix(c.Request().URL.Path, "/static/") { // no page, and asked for a dozen times by each
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
			return next(c)
		}
		var raw [16]byte
		_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails
		nonce := base64.RawURLEncoding.EncodeToString(raw[:])
		c.Set(nonceKey, nonce)
		connect := "'self'"
		if host := c.Request().Host; s.hosts.allow(host) {
			connect += " ws://" + host + " wss://" + host // older browsers don't count websockets as 'self'
		}
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data:; font-src 'self'; connect-src "+
			connect+"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

func nonceOf(c echo.Context) string {
	n, _ := c.Get(nonceKey).(string)
	return n
}
