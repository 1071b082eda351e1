package app

import (
	"testing"

	"github.com/segno-run/segno/models"
)

func TestANewPasswordEndsSessions(t *testing.T) {
	db := openModels(t)
	for _, c := range []struct {
		password string
		want     int // sessions left
	}{{"first", 0}, {"first", 1}, {"", 1}, {"second", 0}} {
		hash, err := passwordHash(t.Context(), db, c.password)
		if err != nil {
			t.Fatal(err)
		}
		if (hash == "") != (c.password == "") {
			t.Errorf("hash of %q: got %q", c.password, hash)
		}
		sessions, err := db.Tokens(t.Context(), models.Session)
		if err != nil {
			t.Fatal(err)
		}
		if len(sessions) != c.want {
			t.Errorf("started with %q: got %d sessions, want %d", c.password, len(sessions), c.want)
		}
		if c.want > 0 {
			continue
		}
		for _, kind := range []string{models.Session, models.Bearer} {
			if err := db.AddToken(t.Context(), models.Token{Hash: []byte(kind + c.password), Name: "operator", Kind: kind}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bearers, err := db.Tokens(t.Context(), models.Bearer); err != nil || len(bearers) != 2 {
		t.Errorf("bearer tokens: got %d, %v, want 2", len(bearers), err)
	}
}

// A password of viewers that changes, or is taken away, ends their sessions.
func TestAnotherViewerPasswordEndsSessions(t *testing.T) {
	db := openModels(t)
	for i, c := range []struct {
		password string
		want     int // sessions left
	}{{"", 1}, {"first", 0}, {"first", 1}, {"second", 0}, {"", 0}, {"", 1}} {
		if err := db.AddToken(t.Context(), models.Token{Hash: []byte{byte(i)}, Name: "viewer", Kind: models.Session}); err != nil {
			t.Fatal(err)
		}
		hash, err := viewerHash(t.Context(), db, c.password)
		if err != nil || (hash == "") != (c.password == "") {
			t.Errorf("hash of %q: got %q, %v", c.password, hash, err)
		}
		sessions, err := db.Tokens(t.Context(), models.Session)
		if err != nil || len(sessions) != c.want {
			t.Errorf("%d, started with %q: got %d sessions, %v, want %d", i, c.password, len(sessions), err, c.want)
		}
		if err := db.DeleteTokens(t.Context(), models.Session); err != nil {
			t.Fatal(err)
		}
	}
}
