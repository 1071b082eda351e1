package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
)

func TestOriginAndHost(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	own := s.http.URL
	retry := "/api/v1/runs/" + id + "/retry"
	for _, tt := range []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"a program", "POST", retry, nil, 409},
		{"our own page", "POST", retry, []string{"Origin", own, "Sec-Fetch-Site", "same-origin"}, 409},
		{"typed into the address bar", "POST", retry, []string{"Sec-Fetch-Site", "none"}, 409},
		{"a page elsewhere", "POST", retry, []string{"Origin", "http://evil.example"}, 403},
		{"another port of this machine", "POST", retry, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"an opaque origin", "POST", retry, []string{"Origin", "null"}, 403},
		{"a page elsewhere that hides its origin", "POST", retry, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a sister site", "POST", retry, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a form elsewhere", "POST", "/runs/" + id + "/retry", []string{"Origin", "http://evil.example"}, 403},
		{"a rebound name", "GET", "/api/v1/runs/" + id, []string{"Host", "evil.example"}, 403},
		{"a rebound name with our port", "POST", retry, []string{"Host", "evil.example:8080", "Origin", "http://evil.example:8080"}, 403},
		{"an address that is not ours", "GET", "/flows", []string{"Host", "192.0.2.1"}, 403},
		{"localhost", "GET", "/flows", []string{"Host", "localhost:8080"}, 200},
		{"a name below localhost", "GET", "/flows", []string{"Host", "segno.localhost"}, 200},
		{"IPv6 loopback", "GET", "/flows", []string{"Host", "[::1]:8080"}, 200},
		{"a load balancer", "GET", "/healthz", []string{"Host", "10.0.0.7"}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.do(tt.method, tt.path, "", tt.headers...); got.status != tt.want {
				t.Errorf("got %d, want %d: %.300s", got.status, tt.want, got.body)
			}
		})
	}
	for _, header := range []http.Header{{"Origin": {"http://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Host": {"evil.example"}}} {
		_, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(own, "http")+"/api/v1/runs/"+id+"/live", header)
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a websocket with %v: got %v, want 403", header, err)
		}
	}
}

func TestHostsOfAServerOnEveryAddress(t *testing.T) {
	s := open(t, func(c *web.Config) { c.Addr, c.Hosts = "0.0.0.0:8080", []string{"segno.example.org", "other:8443"} })
	for host, want := range map[string]int{"192.0.2.1:8080": 200, "segno.example.org": 200, "SEGNO.example.org.": 200, "other": 200, "evil.example": 403, "": 200, "other:1;script-src": 403} {
		if got := s.do("GET", "/flows", "", "Host", host); got.status != want {
			t.Errorf("Host %q: got %d, want %d", host, got.status, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := open(t)
	a, b := s.do("GET", "/flows", ""), s.do("GET", "/flows", "")
	csp := a.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self' 'nonce-", "img-src 'self' data:", "font-src 'self'", "connect-src 'self' ws://127.0.0.1:",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("Content-Security-Policy: got %s, want %q in it", csp, part)
		}
	}
	if csp == b.header.Get("Content-Security-Policy") {
		t.Error("two answers have the same nonce")
	}
	_, rest, _ := strings.Cut(csp, "'nonce-")
	nonce, _, _ := strings.Cut(rest, "'")
	a.has(`<meta name="csp-nonce" content="` + nonce + `"`)
	if strings.Contains(string(a.body), " style=") || strings.Contains(string(a.body), "<script>") {
		t.Error("the page has an inline style or script")
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "same-origin"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := s.do("GET", "/flows", "", "X-Request-Id", "mine-1").header.Get("X-Request-Id"); got != "mine-1" {
		t.Errorf("a client's request id: got %q", got)
	}
	if got := s.do("GET", "/flows", "", "X-Request-Id", "a\tb").header.Get("X-Request-Id"); len(got) != 36 {
		t.Errorf("an odd request id: got %q, want one of ours", got)
	}
	s.do("GET", "/static/app.css", "").want(200)
	s.do("GET", "/static/none.css", "").want(404)
}

func TestSignIn(t *testing.T) {
	s := open(t, func(c *web.Config) { c.PasswordHash, c.Secure = web.HashPassword("wolfgang"), true })
	s.do("GET", "/api/v1/flows", "").want(401, "unauthenticated")
	s.do("GET", "/metrics", "").want(401, "unauthenticated")
	s.do("GET", "/healthz", "").want(200)
	if got := s.do("GET", "/runs?status=failed", "").want(303).header.Get("Location"); got != "/login?next=%2Fruns%3Fstatus%3Dfailed" {
		t.Errorf("a page without a session: led to %s", got)
	}
	s.do("GET", "/login?next=/runs", "").want(200).has(`value="/runs"`)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	s.do("POST", "/login", "password=constanze", form...).want(401)
	a := s.do("POST", "/login", "password=wolfgang&next=/runs", form...).want(303)
	if got := a.header.Get("Location"); got != "/runs" {
		t.Errorf("after signing in: led to %s, want /runs", got)
	}
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"segno_session=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("Set-Cookie: got %s, want %s in it", cookie, part)
		}
	}
	session, _, _ := strings.Cut(cookie, ";")
	s.do("GET", "/flows", "", "Cookie", session).want(200).has("/logout")

	var token struct{ ID, Token string }
	s.do("POST", "/api/v1/tokens", `{"name": ""}`, "Cookie", session).want(422, "invalid")
	s.do("POST", "/api/v1/tokens", `{"name": "ci"}`, "Cookie", session).want(201).into(&token)
	bearer := []string{"Authorization", "Bearer " + token.Token}
	s.do("GET", "/api/v1/flows", "", bearer...).want(200)
	list := s.do("GET", "/api/v1/tokens", "", bearer...).want(200).has(`"name":"ci"`, token.ID)
	if strings.Contains(string(list.body), token.Token) {
		t.Error("the list of tokens tells a token")
	}
	s.do("GET", "/api/v1/flows", "", "Authorization", "Bearer segno_wrong").want(401, "unauthenticated")
	s.do("DELETE", "/api/v1/tokens/"+token.ID, "", "Cookie", session).want(204)
	s.do("DELETE", "/api/v1/tokens/"+token.ID, "", "Cookie", session).want(404, "not_found")
	s.do("GET", "/api/v1/flows", "", bearer...).want(401, "unauthenticated")

	s.do("POST", "/logout", "", "Cookie", session).want(303)
	s.do("GET", "/api/v1/flows", "", "Cookie", session).want(401, "unauthenticated")
	for _, next := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%09/evil.example"} {
		got := s.do("POST", "/login", "password=wolfgang&next="+next, form...).want(303).header.Get("Location")
		if strings.Contains(got, "evil") && got != "/%09/evil.example" || strings.Contains(got, "script") {
			t.Errorf("next=%s: led to %s", next, got)
		}
	}
}

func TestSignInLimit(t *testing.T) {
	s := open(t, func(c *web.Config) { c.PasswordHash = web.HashPassword("wolfgang") })
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for i := range 5 {
		if got := s.do("POST", "/login", fmt.Sprintf("password=guess%d", i), form...); got.status != 401 {
			t.Fatalf("guess %d: got %d, want 401", i, got.status)
		}
	}
	a := s.do("POST", "/login", "password=wolfgang", form...).want(429)
	if after := a.header.Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After: got %q, want seconds", after)
	}
	s.do("POST", "/login", "password=wolfgang", append(form, "Accept", "application/json")...).want(429, "rate_limited")
}

func TestPasswordHash(t *testing.T) {
	first, second := web.HashPassword("a"), web.HashPassword("a")
	if first == second {
		t.Error("two hashes of one password are the same: there is no salt")
	}
	for _, bad := range []string{"plain", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5", "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5"} {
		_, err := web.New(web.Config{DB: &models.DB{}, Runs: &engine{}, Functions: &functions{}, Programs: &programs{}, PasswordHash: bad})
		if err == nil || !strings.Contains(err.Error(), "Argon2id") {
			t.Errorf("%q was taken for a hash: %v", bad, err)
		}
	}
}

// written is a log whose lines can be waited for.
type written chan string

func (w written) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}

func TestReady(t *testing.T) {
	missing := []string{"the runs are being taken up"}
	log := make(written, 8)
	s := open(t, func(c *web.Config) { c.Ready, c.Logger = ready(&missing), slog.New(slog.NewTextHandler(log, nil)) })
	s.do("GET", "/readyz", "").want(503).has("the runs are being taken up")
	if got := <-log; !strings.Contains(got, "level=INFO msg=request method=GET path=/readyz status=503") {
		t.Errorf("a server that is not ready yet logged %s", got)
	}
	missing = nil
	s.do("GET", "/readyz", "").want(200)
	s.do("GET", "/metrics", "").want(200).has("segno_http_request_duration_seconds_count", "go_goroutines")
}

// TestLeft: somebody who goes on to another page before this one has come is no error of the server, neither in its log's lines of errors nor to an alarm on them.
func TestLeft(t *testing.T) {
	t.Parallel()
	log := make(written, 8)
	s := open(t, func(c *web.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	for _, path := range []string{"/runs", "/api/v1/runs"} {
		s.server.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:8080"+path, nil))
	}
	select {
	case line := <-log:
		t.Errorf("the log says %s", line)
	default:
	}
}
