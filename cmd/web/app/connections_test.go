package app

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/pgtest"
)

func TestEachShareHasItsConnections(t *testing.T) {
	for all := LeastConnections; all <= 40; all++ {
		s := shared(all)
		if s.writers != 2 || s.others < 1 || s.others > 4 || s.pages < 1 || s.writers+s.others+s.pages+1 != all {
			t.Errorf("%d connections are %+v and one that listens", all, s)
		}
	}
	if s := shared(mostConnections); s.others != 4 || s.pages != 8 {
		t.Errorf("the most are %+v", s)
	}
}

// TestThreeServersFit asks databases of several sizes for a fair share.
func TestThreeServersFit(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t)) // of 200 connections, 3 of them for superusers
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var database string
	if err := conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&database); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]int{"-1": mostConnections, "24": 8, "9": LeastConnections} {
		if _, err := conn.Exec(t.Context(), "ALTER DATABASE "+database+" CONNECTION LIMIT "+limit); err != nil {
			t.Fatal(err)
		}
		if got, err := fair(t.Context(), conn); got != want || err != nil {
			t.Errorf("of %s connections: got %d, %v; want %d", limit, got, err, want)
		}
	}
	if _, err := New(Config{Addr: "127.0.0.1:0", Data: t.TempDir(), Connections: 4}); !errors.Is(err, ErrConnections) {
		t.Errorf("four connections: got %v", err)
	}
}
