package servertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Patience is how long something that must happen may take before a test says that it did not. No test measures with it.
const Patience = 2 * time.Minute

// Await asks until the answer is yes, for what tells nobody when it changes. It reports whether that came to be.
func Await(ok func() bool) bool {
	tick, late := time.NewTicker(25*time.Millisecond), time.After(Patience)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			return false
		}
	}
	return true
}

// Eventually is Await for what a test can't go on without.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !Await(ok) {
		t.Fatalf("waited %s in vain: %s", Patience, what)
	}
}

// Client keeps no connections, so that none of a killed server is used again.
var Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// Refused is an answer that says no: a status of 400 and more.
type Refused struct {
	Status        int
	Text          string
	Code, Message string // "" if the text says none
}

func (r *Refused) Error() string { return fmt.Sprintf("%d: %s", r.Status, r.Text) }

// Call makes one request to the JSON API of the server at an address. A string is sent as it is, any other body as JSON; no body is nil. A header Host goes
// where it belongs. An answer that says no is a *Refused.
func Call(at, method, path string, header http.Header, body, into any) error {
	if at == "" {
		return errors.New("no server is up")
	}
	text, verbatim := body.(string)
	if body != nil && !verbatim {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	req, err := http.NewRequest(method, at+"/api/v1"+path, strings.NewReader(text))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Host = header.Get("Host")
	res, err := Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	if res.StatusCode >= 400 {
		no := &Refused{Status: res.StatusCode, Text: string(said)}
		var in struct {
			Error struct{ Code, Message string }
		}
		if json.Unmarshal(said, &in) == nil {
			no.Code, no.Message = in.Error.Code, in.Error.Message
		}
		return no
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(said, into); err != nil {
		return fmt.Errorf("%s %s: %w in %.200s", method, path, err, said)
	}
	return nil
}
