package web

import (
	"sync"
	"time"

	"github.com/segno-run/segno/models"
)

// metricsPath is where programs look how the server does.
const metricsPath = "/metrics"

// What a token that may look at the metrics is worth without the database: they are wanted most when that is down. One that is revoked meanwhile is
// refused as soon as it can be looked up again.
const (
	scrapeWait   = 2 * time.Second // for the database, before the token is taken from memory
	scrapeTrust  = time.Hour       // since it was last looked up
	mostScrapers = 32
)

// scrapers remembers the tokens that the metrics were last shown to. The zero value is ready to use.
type scrapers struct {
	mu    sync.Mutex
	known map[string]scraper // by digest
}

type scraper struct {
	token models.Token
	at    time.Time
}

func (s *scrapers) remember(t models.Token, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, old := range s.known {
		if now.Sub(old.at) > scrapeTrust || len(s.known) >= mostScrapers {
			delete(s.known, hash)
		}
	}
	if s.known == nil {
		s.known = map[string]scraper{}
	}
	s.known[string(t.Hash)] = scraper{t, now}
}

func (s *scrapers) forget(hash []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, string(hash))
}

// recall returns the token if it was good not long ago, and has not ended since.
func (s *scrapers) recall(hash []byte, now time.Time) (models.Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.known[string(hash)]
	if !ok || now.Sub(got.at) > scrapeTrust || got.token.ExpiresAt != nil && now.After(*got.token.ExpiresAt) {
		return models.Token{}, false
	}
	return got.token, true
}
