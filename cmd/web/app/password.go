package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
)

// passwordSetting holds the hash of the operator's password as the last server was started with it.
const passwordSetting = "password"

// passwordHash is the hash of the operator's password, "" without one. Whoever signed in with another password than today's is signed out: a
// password is changed because somebody knows it who should not. Bearer tokens stay; they are revoked one by one.
func passwordHash(ctx context.Context, db *models.DB, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	kept, err := db.Setting(ctx, passwordSetting)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return "", fmt.Errorf("reading the password's hash: %w", err)
	}
	if err == nil && web.PasswordMatches(string(kept), password) {
		return string(kept), nil
	}
	hash := web.HashPassword(password)
	if err := db.DeleteTokens(ctx, models.Session); err != nil {
		return "", fmt.Errorf("ending the sessions of the old password: %w", err)
	}
	if err := db.PutSetting(ctx, passwordSetting, []byte(hash)); err != nil {
		return "", fmt.Errorf("keeping the password's hash: %w", err)
	}
	return hash, nil
}
