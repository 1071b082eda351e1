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
