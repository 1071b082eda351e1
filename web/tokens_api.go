package web

import (
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
)

// tokenEntry is a bearer token without its secret. ID is the beginning of the secret's hash.
type tokenEntry struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Role       role       `json:"role"` // operator or viewer
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

const tokenIDBytes = 8 // enough to tell the tokens of one server apart

func tokenID(hash []byte) string { return hex.EncodeToString(hash[:min(tokenIDBytes, len(hash))]) }

// mintToken makes a bearer token: {"name": "ci"}, which may do everything, or with "role": "viewer" one that may only look. Its secret is in this answer and nowhere else.
func (s *Server) mintToken(c echo.Context) error {
	var req struct {
		Name string `json:"name"`
		Role role   `json:"role"`
	}
	if err := readJSON(c, &req); err != nil {
		return err
	}
	name := strings.TrimSpace(req.Name)
	if name == "" || len(name) > 100 {
		return fail(CodeInvalid, "`name` says what the token is for, in 1 to 100 bytes")
	}
	if req.Role == "" {
		req.Role = operatorRole
	}
	if req.Role != operatorRole && req.Role != viewerRole {
		return fail(CodeInvalid, "`role` is %q; it must be operator or viewer", clip(string(req.Role)))
	}
	secret := secretFor(req.Role, tokenPrefix)
	t := models.Token{Hash: digest(secret), Name: name, Kind: models.Bearer, CreatedAt: s.Now().UTC()}
	if err := s.DB.AddToken(c.Request().Context(), t); err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, map[string]any{"id": tokenID(t.Hash), "name": name, "role": req.Role, "token": secret})
}

func (s *Server) listTokens(c echo.Context) error {
	ts, err := s.DB.Tokens(c.Request().Context(), models.Bearer)
	if err != nil {
		return err
	}
	out := make([]tokenEntry, 0, len(ts))
	for _, t := range ts {
		out = append(out, tokenEntry{ID: tokenID(t.Hash), Name: t.Name, Role: roleOfToken(t.Hash), CreatedAt: t.CreatedAt, LastUsedAt: t.LastUsedAt})
	}
	return answerJSON(c, http.StatusOK, map[string]any{"tokens": out})
}

func (s *Server) revokeToken(c echo.Context) error {
	ctx := c.Request().Context()
	ts, err := s.DB.Tokens(ctx, models.Bearer)
	if err != nil {
		return err
	}
	for _, t := range ts {
		if tokenID(t.Hash) == c.Param("token") {
			if err := s.DB.DeleteToken(ctx, t.Hash); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		}
	}
	return fail(CodeNotFound, "there is no token %s", clip(c.Param("token")))
}
