package web_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/web"
)

func TestRetention(t *testing.T) {
	s := open(t)
	s.order()
	const at = "/api/v1/flows/order/retention"
	s.do("GET", at, "").want(200).has("{}")
	s.do("PUT", at, `{"max_age": "720h", "max_runs": 500}`).want(200).has(`"max_age":"30d"`, `"max_runs":500`)
	s.do("GET", at, "").want(200).has(`"max_age":"30d"`)
	s.do("PUT", at, `{"max_age": "soon"}`).want(422, "invalid").has("soon")
	s.do("PUT", at, `{"max_age": "1s"}`).want(422, "invalid").has("at least 1m")
	s.do("PUT", at, `{"max_runs": -1}`).want(422, "invalid")
	s.do("PUT", "/api/v1/flows/nobody/retention", `{"max_runs": 1}`).want(404, "not_found")
	s.do("GET", "/api/v1/flows/nobody/retention", "").want(404, "not_found")
	got, err := web.Retentions(t.Context(), s.db)
	if err != nil || len(got) != 1 || got[0].Flow != "order" || got[0].Age != 720*time.Hour || got[0].Runs != 500 || got[0].Failed {
		t.Errorf("the engine is told %+v, %v", got, err)
	}
	s.do("GET", "/flows/order", "").want(200).has("deleted 30d after they ended, and beyond the newest 500", "Failed ones are kept")
	form := func(body string, status int, has ...string) {
		t.Helper()
		s.do("POST", "/flows/order/retention", body, "Content-Type", "application/x-www-form-urlencoded").want(status).has(has...)
	}
	form("max_age=3&max_runs=7", 422, "is not a duration", `value="3"`, `value="7"`, "deleted 30d after they ended")
	form("max_age=&max_runs=some", 422, "not a number of runs")
	form("max_age=3d&max_runs=&failed=true", 303)
	s.do("GET", "/flows/order?flash=retained", "").want(200).has("deleted 3d after they ended. Failed ones, too.", "Saved.")
	form("max_age=&max_runs=", 303)
	s.do("GET", "/flows/order", "").want(200).has("kept for ever")
	s.do("DELETE", at, "").want(204)
	if got, err := web.Retentions(t.Context(), s.db); err != nil || len(got) != 0 {
		t.Errorf("after it is off the engine is told %+v, %v", got, err)
	}
	s.do("GET", "/metrics", "").want(200).has("segno_retention_runs_deleted_total 3", "segno_payload_bytes_deleted_total 5")
}
