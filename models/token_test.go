package models_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/models"
)

func TestTokens(t *testing.T) {
	db, _ := open(t)
	ctx := t.Context()
	past, soon := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, tok := range []models.Token{
		{Hash: []byte{0, 1}, Name: "ci", Kind: models.Bearer},
		{Hash: []byte{0, 2}, Name: "old", Kind: models.Bearer, ExpiresAt: &past},
		{Hash: []byte{0, 3}, Name: "browser", Kind: models.Session, ExpiresAt: &soon},
	} {
		ok(t, db.AddToken(ctx, tok))
	}
	if err := db.AddToken(ctx, models.Token{Hash: []byte{9}, Kind: "key"}); err == nil {
		t.Error("AddToken of an unknown kind: got no error")
	}
	for range 2 {
		tok, err := db.UseToken(ctx, models.Bearer, []byte{0, 1})
		if err != nil || tok.Name != "ci" || tok.CreatedAt.IsZero() {
			t.Errorf("UseToken: got %+v, %v, want ci", tok, err)
		}
	}
	ts, err := db.Tokens(ctx, models.Bearer)
	if err != nil || len(ts) != 1 || ts[0].LastUsedAt == nil {
		t.Errorf("Tokens: got %+v, %v, want the one that has not expired, used", ts, err)
	}
	_, err = db.UseToken(ctx, models.Bearer, []byte{0, 2})
	is(t, err, models.ErrNotFound)
	_, err = db.UseToken(ctx, models.Bearer, []byte{0, 3})
	is(t, err, models.ErrNotFound)
	_, err = db.UseToken(ctx, models.Session, []byte{0, 3})
	ok(t, err)
	ok(t, db.DeleteToken(ctx, []byte{0, 3}))
	ok(t, db.DeleteToken(ctx, []byte{0, 3}))
	_, err = db.UseToken(ctx, models.Session, []byte{0, 3})
	is(t, err, models.ErrNotFound)
	ok(t, db.DeleteExpiredTokens(ctx))
}
