package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// TestSignIn serves beyond this machine with a password: nobody without it gets in, and a session and a bearer token do.
func TestSignIn(t *testing.T) {
	s := launch(t, options{Data: dataDir(t), Args: []string{"--addr", "0.0.0.0:0"}, Env: []string{"SEGNO_PASSWORD=open sesame"}})
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://127.0.0.1:" + u.Port()
	s.awaitReady(t) // /readyz is for everybody

	for _, path := range []string{"/flows", "/runs", "/functions", "/tokens"} {
		if err := s.call("GET", path, nil, nil, nil); !isRefused(err, http.StatusUnauthorized) {
			t.Errorf("GET %s without a sign-in: got %v, want 401", path, err)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	page := func(method, path string, form url.Values) (int, string) {
		req, err := http.NewRequest(method, s.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode, res.Request.URL.Path
	}
	if status, at := page("GET", "/runs", nil); status != 200 || at != "/login" {
		t.Errorf("the runs without a sign-in: got %d at %s, want the page /login", status, at)
	}
	if status, _ := page("POST", "/login", url.Values{"password": {"open barley"}}); status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password: got %d, want it refused", status)
	}
	if status, at := page("POST", "/login", url.Values{"password": {"open sesame"}, "next": {"/runs"}}); status != 200 || at != "/runs" {
		t.Errorf("the right password: got %d at %s, want the page /runs", status, at)
	}

	var minted struct{ ID, Token string }
	cookie := http.Header{}
	here, _ := url.Parse(s.url)
	for _, c := range jar.Cookies(here) {
		cookie.Add("Cookie", c.String())
	}
	if err := s.call("POST", "/tokens", cookie, map[string]string{"name": "tests"}, &minted); err != nil {
		t.Fatalf("minting a token: %v", err)
	}
	bearer := http.Header{"Authorization": {"Bearer " + minted.Token}}
	if err := s.call("GET", "/flows", bearer, nil, nil); err != nil {
		t.Errorf("with the token: %v", err)
	}
	if strings.Contains(s.Logged(), minted.Token) || strings.Contains(s.Logged(), "open sesame") {
		t.Errorf("a secret is in the log:\n%s", s.Logged())
	}
}

// TestViewer signs in to look: pages and the API are read, nothing is changed, and the password taken away ends it.
func TestViewer(t *testing.T) {
	data := dataDir(t)
	s := start(t, options{Data: data, Env: []string{"SEGNO_PASSWORD=open sesame", "SEGNO_VIEWER_PASSWORD=open barley"}})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, path string, form url.Values) int {
		t.Helper()
		req, err := http.NewRequest(method, s.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := ask("POST", "/login", url.Values{"password": {"open barley"}}); got != http.StatusOK {
		t.Errorf("signing in to look: %d", got)
	}
	for path, want := range map[string]int{"/flows/order": 200, "/flows/order/edit": 200, "/flows/order/start": 403, "/api/v1/flows": 200} {
		if got := ask("GET", path, nil); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	if got := ask("POST", "/flows/order/publish", url.Values{"message": {"mine"}}); got != http.StatusForbidden {
		t.Errorf("publishing: %d, want 403", got)
	}
	s.Kill(t)
	s = start(t, options{Data: data, Args: []string{"--addr", strings.TrimPrefix(s.url, "http://")}, Env: []string{"SEGNO_PASSWORD=open sesame"}})
	if got := ask("GET", "/api/v1/flows", nil); got != http.StatusUnauthorized {
		t.Errorf("after the password was taken away: %d, want 401", got)
	}
}
