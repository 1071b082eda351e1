package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of one check of a password: OWASP's second recommendation for Argon2id, some 20 ms.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32 // bytes
)

// The bounds within which a hash from outside is taken: its cost is paid at each sign-in.
const (
	mostMemory = 1 << 20 // KiB
	mostTime   = 20
)

// passwordHash is a parsed hash.
type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// HashPassword makes the Argon2id hash of a password, in the PHC string format ("$argon2id$v=19$m=…$salt$key").
func HashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // crypto/rand.Read never fails
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// parseHash is the inverse of HashPassword's writing.
func parseHash(text string) (*passwordHash, error) {
	bad := func(why string) error { return fmt.Errorf("web: the password's hash is no Argon2id hash: %s", why) }
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return nil, bad("it does not read $argon2id$v=19$m=…,t=…,p=…$salt$key")
	}
	var version int
	h := &passwordHash{}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return nil, bad("its version is not 19")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return nil, bad("its parameters can't be read")
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return nil, bad("its salt is not base64")
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return nil, bad("its key is not base64")
	}
	switch {
	case h.memory < 8 || h.memory > mostMemory || h.time < 1 || h.time > mostTime || h.threads < 1:
		return nil, bad("its cost is out of bounds")
	case len(h.salt) < 8 || len(h.key) < 16 || len(h.key) > 64:
		return nil, bad("its salt or key has the wrong length")
	}
	return h, nil
}

// PasswordMatches reports whether hash is one that HashPassword made of that password.
func PasswordMatches(hash, password string) bool {
	h, err := parseHash(hash)
	return err == nil && h.matches(password)
}

// matches compares in a time that does not depend on the password.
func (h *passwordHash) matches(password string) bool {
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}
