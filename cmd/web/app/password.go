package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
)

// The settings that hold the hashes of the passwords as the last server was started with them.
const (
	passwordSetting = "password" // the operator's
	viewerSetting   = "viewer_password"
)

// viewerHash is the hash of the password of who may only look, "" without one. When it changes or is taken away everybody is signed out, as with the operator's.
func viewerHash(ctx context.Context, db *models.DB, password string) (string, error) {
	if password != "" {
		return hashOf(ctx, db, viewerSetting, password)
	}
	switch _, err := db.Setting(ctx, viewerSetting); {
	case errors.Is(err, models.ErrNotFound):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading the viewers' password's hash: %w", err)
	}
	if err := db.DeleteTokens(ctx, models.Session); err != nil {
		return "", fmt.Errorf("ending the sessions of viewers: %w", err)
	}
	if err := db.DeleteSetting(ctx, viewerSetting); err != nil {
		return "", fmt.Errorf("forgetting the viewers' password: %w", err)
	}
	return "", nil
}

// passwordHash is the hash of the operator's password, "" without one. Whoever signed in with another password than today's is signed out: a
// password is changed because somebody knows it who should not. Bearer tokens stay; they are revoked one by one.
func passwordHash(ctx context.Context, db *models.DB, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	return hashOf(ctx, db, passwordSetting, password)
}

// hashOf is the hash of a password: the one that is kept if it is of the same password, else a new one, and then nobody stays signed in.
func hashOf(ctx context.Context, db *models.DB, setting, password string) (string, error) {
	kept, err := db.Setting(ctx, setting)
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
	if err := db.PutSetting(ctx, setting, []byte(hash)); err != nil {
		return "", fmt.Errorf("keeping the password's hash: %w", err)
	}
	return hash, nil
}
