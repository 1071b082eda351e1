package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web"
	"github.com/segno-run/segno/web/view"
)

// TestReplicas: no server, one, and one that is in trouble beside it, on the page and in the API.
func TestReplicas(t *testing.T) {
	t.Parallel()
	life := int64(0)
	s := open(t, func(c *web.Config) {
		c.Incarnation = func() int64 { return life }
		c.PasswordHash, c.ViewerHash = web.HashPassword("boss"), web.HashPassword("guest")
	})
	s.do("GET", "/api/v1/replicas", "").want(401)
	s.signIn("guest")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := s.engine.pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	page := func(has ...string) string {
		t.Helper()
		return string(s.do("GET", "/replicas", "", "Accept", "text/html").want(200).has(has...).body)
	}
	list := func() (v view.Replicas) {
		t.Helper()
		s.do("GET", "/api/v1/replicas", "").want(200).into(&v)
		return v
	}

	page("No server holds a lease")
	if v := list(); v.Replicas == nil || len(v.Replicas) != 0 {
		t.Errorf("got %+v, want an empty list", v)
	}

	exec(`INSERT INTO incarnations (replica, lease_until) VALUES ('11111111-0000-4000-8000-aaaaaaaaaaaa', now() + interval '9 seconds')`)
	life = 1
	page("server aaaaaaaa", "this one", "has not said", "One server works on this database", "Nothing waits for a server")
	if err := s.db.Report(t.Context(), models.ReplicaReport{Incarnation: 1, Host: "alpha", Addr: "10.0.0.1:8080", Release: "v1.2", Reader: 4, Since: time.Now(), Runs: 12, Calls: 3,
		Queued: 4, Transitions: 56, Late: 7 * time.Second}); err != nil {
		t.Fatal(err)
	}
	page("alpha", "10.0.0.1:8080", "v1.2", "12 in memory", "7 s")
	if r := list().Replicas[0]; !r.This || !r.Alive || r.LeaseMS <= 0 || r.LeaseMS > 9000 || r.LagMS != 7000 || r.Said == nil || r.Said.Calls != 3 || r.Said.Queued != 4 {
		t.Errorf("got %+v, want this server with what it said", r)
	}

	exec(`INSERT INTO incarnations (replica, lease_until) VALUES ('22222222-0000-4000-8000-bbbbbbbbbbbb', now() - interval '20 seconds')`)
	exec(`INSERT INTO runs (id, uuid, flow, version, status, reader, owner, created_at, updated_at) SELECT g, gen_random_uuid(), 'f', 1, 'running', 1, 2, now(), now() FROM generate_series(1, 12000) g`)
	exec(`INSERT INTO runs (id, uuid, flow, version, status, reader, wake_at, created_at, updated_at) VALUES (99999, gen_random_uuid(), 'f', 1, 'waiting', 1, now() - interval '2 minutes', now(), now())`)
	exec(`UPDATE replicas SET said_at = said_at - interval '30 seconds'`)
	body := page("12,000", "passed", "The lease of 1 server has passed", "1 run is due and not claimed yet, the first for 2 min", "silent for 30 s")
	if strings.Contains(body, "One server works") {
		t.Error("the page speaks of one server, and there are two")
	}
	v := list()
	if len(v.Replicas) != 2 || v.Replicas[1].Alive || v.Replicas[1].LeaseMS != 0 || v.Replicas[1].OwnedRuns != 12000 || v.Unclaimed.Due != 1 || v.Unclaimed.DueMS < 120_000 {
		t.Errorf("got %+v, want the dead one with its runs, and what is due", v)
	}
}
