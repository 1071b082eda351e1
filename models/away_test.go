package models_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/models"
)

func TestAway(t *testing.T) {
	nowhere, err := pgxpool.New(t.Context(), "postgres://nobody@/none?host="+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	if _, err = models.Open(nowhere); !models.Away(err) {
		t.Errorf("no server: got %v, which is not away", err)
	}

	db, pool := open(t)
	conn, err := pool.Acquire(t.Context())
	ok(t, err)
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())"); !models.Away(fmt.Errorf("ending: %w", err)) {
		t.Errorf("a connection that is ended: got %v, which is not away", err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 1"); !models.Away(err) {
		t.Errorf("a connection that has ended: got %v, which is not away", err)
	}

	_, err = db.Flow(t.Context(), "none")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, given := db.Flows(ended)
	for _, err := range []error{nil, err, given} {
		if models.Away(err) {
			t.Errorf("got %v, which is away", err)
		}
	}
}
