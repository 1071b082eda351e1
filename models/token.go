package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Kinds of tokens.
const (
	Session = "session" // a browser's cookie
	Bearer  = "bearer"  // a program's
)

// Token lets somebody in. Only its hash is kept.
type Token struct {
	Hash       []byte `gorm:"primaryKey"`
	Name       string
	Kind       string // Session or Bearer
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time // to the minute; nil: never
}

// TableName implements GORM's Tabler.
func (Token) TableName() string { return "tokens" }

// AfterFind implements a hook of GORM.
func (t *Token) AfterFind(*gorm.DB) error {
	utc(&t.CreatedAt, t.ExpiresAt, t.LastUsedAt)
	return nil
}

// AddToken keeps a token; CreatedAt is set to now if it is zero.
func (db *DB) AddToken(ctx context.Context, t Token) error {
	t.Name = clean(t.Name)
	return wrap(db.on(ctx).Create(&t).Error, "adding a %s token", t.Kind)
}

// UseToken returns the token of that kind with that hash, if it has not expired by the database's clock, and notes its use. ErrNotFound.
func (db *DB) UseToken(ctx context.Context, kind string, hash []byte) (Token, error) {
	var t Token
	err := db.on(ctx).Where("hash = ? AND kind = ? AND (expires_at IS NULL OR expires_at > now())", full(hash), clean(kind)).Take(&t).Error
	if err != nil {
		return t, wrap(err, "using a %s token", kind)
	}
	// Once a minute is enough for people, and spares a write with every request.
	err = db.on(ctx).Exec(`UPDATE tokens SET last_used_at = now() WHERE hash = ? AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
		full(hash)).Error
	return t, wrap(err, "using a %s token", kind)
}

// Tokens lists the tokens of a kind that have not expired, the newest first.
func (db *DB) Tokens(ctx context.Context, kind string) ([]Token, error) {
	var ts []Token
	err := db.on(ctx).Where("kind = ? AND (expires_at IS NULL OR expires_at > now())", clean(kind)).Order("created_at DESC, hash").Find(&ts).Error
	return ts, wrap(err, "listing %s tokens", kind)
}

// DeleteToken removes a token; one that is not there is no error.
func (db *DB) DeleteToken(ctx context.Context, hash []byte) error {
	return wrap(db.on(ctx).Where("hash = ?", full(hash)).Delete(&Token{}).Error, "deleting a token")
}

// DeleteTokens removes all tokens of a kind.
func (db *DB) DeleteTokens(ctx context.Context, kind string) error {
	return wrap(db.on(ctx).Where("kind = ?", clean(kind)).Delete(&Token{}).Error, "deleting the %s tokens", kind)
}

// DeleteExpiredTokens removes what nobody can use any more.
func (db *DB) DeleteExpiredTokens(ctx context.Context) error {
	return wrap(db.on(ctx).Where("expires_at <= now()").Delete(&Token{}).Error, "deleting expired tokens")
}
