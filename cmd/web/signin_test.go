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
	s := launch(t, options{data: dataDir(t), args: []string{"--addr", "0.0.0.0:0"}, env: []string{"SEGNO_PASSWORD=open sesame"}})
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://127.0.0.1:" + u.Port()
	s.awaitReady(t) // /readyz is for everybody

	for _, path := range []string{"/flows", "/runs", "/functions", "/tokens"} {
		if err := call("GET", s.url+"/api/v1"+path, nil, nil, nil); !isRefused(err, http.StatusUnauthorized) {
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
	if err := call("POST", s.url+"/api/v1/tokens", cookie, map[string]string{"name": "tests"}, &minted); err != nil {
		t.Fatalf("minting a token: %v", err)
	}
	bearer := http.Header{"Authorization": {"Bearer " + minted.Token}}
	if err := call("GET", s.url+"/api/v1/flows", bearer, nil, nil); err != nil {
		t.Errorf("with the token: %v", err)
	}
	if strings.Contains(s.text(), minted.Token) || strings.Contains(s.text(), "open sesame") {
		t.Errorf("a secret is in the log:\n%s", s.text())
	}
}
