package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/segno-run/segno/web"
)

// TestMetricsWithoutADatabase: who may look at the metrics may do so most of all while the database is down, and nobody else and nothing else gets in by that.
func TestMetricsWithoutADatabase(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := open(t, func(c *web.Config) {
		c.PasswordHash, c.Now = web.HashPassword("boss"), func() time.Time { return now }
	})
	s.signIn("boss")
	mint := func(name string) (id, token string) {
		t.Helper()
		var minted struct{ ID, Token string }
		s.do("POST", "/api/v1/tokens", `{"name": "`+name+`"}`).want(201).into(&minted)
		return minted.ID, minted.Token
	}
	_, scraper := mint("prometheus")
	_, other := mint("ci")
	gone, revoked := mint("old")
	session := s.cookie
	s.cookie = ""
	ask := func(path, token string, want int) {
		t.Helper()
		s.do("GET", path, "", "Authorization", "Bearer "+token).want(want)
	}
	for _, token := range []string{scraper, revoked} {
		ask("/metrics", token, http.StatusOK)
	}
	ask("/api/v1/flows", other, http.StatusOK)
	s.cookie = session
	s.do("DELETE", "/api/v1/tokens/"+gone, "").want(http.StatusNoContent)
	s.cookie = ""
	ask("/metrics", revoked, http.StatusUnauthorized)

	s.engine.pool.Close()
	ask("/metrics", scraper, http.StatusOK)
	for _, token := range []string{other, revoked, "segno_wrong"} {
		ask("/metrics", token, http.StatusInternalServerError)
	}
	ask("/api/v1/language.schema.json", scraper, http.StatusInternalServerError) // which needs no database itself
	s.cookie = session
	s.do("GET", "/metrics", "").want(http.StatusInternalServerError)
	s.cookie = ""
	now = now.Add(time.Hour + time.Second)
	ask("/metrics", scraper, http.StatusInternalServerError)
}
