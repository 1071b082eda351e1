package models_test

import (
	"testing"

	"github.com/segno-run/segno/models"
)

func TestBulkOfNothing(t *testing.T) {
	db, _ := open(t)
	if n, err := db.CountBulk(t.Context(), models.Bulk{Flow: "order"}); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	b, err := db.CreateBulk(t.Context(), models.Bulk{ID: "0193a1d4-0000-7000-8000-000000000001", Flow: "order", Step: "ship"})
	if err != nil || b.Runs != 0 || b.Step != "ship" || b.CreatedAt.IsZero() {
		t.Errorf("got %+v, %v", b, err)
	}
	if all, err := db.Bulks(t.Context(), "order", 5); len(all) != 1 || err != nil {
		t.Errorf("got %+v, %v", all, err)
	}
	if tasks, err := db.TakeBulk(t.Context(), 5, 1); len(tasks) != 0 || err != nil {
		t.Errorf("got %+v, %v", tasks, err)
	}
}
