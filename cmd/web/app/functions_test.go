package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/netguard"
)

// openModels returns the models on a database of their own.
func openModels(t *testing.T) *models.DB {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db, err := models.Open(pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestAFunctionThatIsRegisteredAnewIsTheNewOne(t *testing.T) {
	db := openModels(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(r.URL.Path)
	}))
	defer server.Close()
	f := newFunctions(db, slog.New(slog.DiscardHandler), netguard.Policy{AllowLoopback: true}, "", nil)
	defer f.Close()
	for _, path := range []string{"/one", "/two"} {
		spec := []byte(`{"http": {"url": "` + server.URL + path + `"}, "idempotent": true}`)
		if _, err := db.PutFunction(t.Context(), "f", spec, models.AnyRev); err != nil {
			t.Fatal(err)
		}
		f.Changed("f")
		in, err := f.Invoker(t.Context(), "f")
		if err != nil {
			t.Fatal(err)
		}
		if got := in.Invoke(context.Background(), invoke.Invocation{Function: "f"}); string(got.Output) != `"`+path+`"` {
			t.Errorf("after registering %s: got %s %+v", path, got.Output, got.Fault)
		}
		if err := db.DeleteFunction(t.Context(), "f"); err != nil {
			t.Fatal(err)
		}
	}
}
