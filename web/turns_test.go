package web_test

import (
	"net/http"
	"testing"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// exec changes the tables as another server does.
func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.engine.pool.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// TestWhyACallWaits asks why a call does not run whose function has as many under way as it may.
func TestWhyACallWaits(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.exec(`UPDATE runs SET owner = 7 WHERE uuid = $1`, id)
	reason := func() string {
		t.Helper()
		var run view.Run
		s.do("GET", "/api/v1/runs/"+id, "").want(200).into(&run)
		return run.Steps[0].Reason
	}
	if got := reason(); got != "" {
		t.Errorf("nothing waits: got %q", got)
	}
	const asks = " data-turns"
	s.do("GET", "/runs/"+id, "").want(200).lacks(asks)
	s.exec(`UPDATE functions SET spec = convert_to(jsonb_set(jsonb_set(convert_from(spec, 'UTF8')::jsonb, '{concurrency}', '8'), '{rate}', '"10/s"')::text, 'UTF8') WHERE name = 'pay'`)
	s.do("GET", "/functions/pay", "").want(200).has("8 calls at once and 10/s")
	s.do("GET", "/api/v1/functions/pay", "").want(200).has(`"concurrency":8,"rate":"10/s"`)
	s.exec(`INSERT INTO function_shares (function, incarnation, slots, wanted, waiting, since, turn) VALUES ('pay', 7, 5, 28, 23, now() - interval '1 hour', now()), ('pay', 8, 3, 3, 0, NULL, now())`)
	const want = "waits for its turn at `pay`: at most 8 calls under way (`concurrency`) and 10/s (`rate`) over all servers; 23 wait"
	if got := reason(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.do("GET", "/runs/"+id, "").want(200).has(asks) // an open page asks again, before it waits as well: no event tells of it
	s.do("GET", "/runs/"+id+"?step=reserve", "").want(200).has("waits for its turn at", "23 wait.")
	s.exec(`UPDATE function_shares SET since = now() + interval '1 hour'`)
	if got := reason(); got != "" {
		t.Errorf("a call that came before the oldest that waits: got %q", got)
	}
	s.exec(`UPDATE function_shares SET since = now() - interval '1 hour', waiting = 1; DELETE FROM function_shares WHERE incarnation = 8`)
	s.exec(`UPDATE functions SET spec = convert_to((convert_from(spec, 'UTF8')::jsonb - 'rate')::text, 'UTF8') WHERE name = 'pay'`)
	if got := reason(); got != "waits for its turn at `pay`: at most 8 calls under way (`concurrency`); 1 waits" {
		t.Errorf("alone: got %q", got)
	}
	s.exec(`UPDATE runs SET owner = 9`)
	if got := reason(); got != "" {
		t.Errorf("a server where nothing waits: got %q", got)
	}
	s.do("GET", "/runs/"+id+"/fragments/header", "").want(200).has(asks)
	s.engine.answer(id, "reserve", `{"n": 7}`, nil)
	s.do("GET", "/runs/"+id+"/fragments/header", "").want(200).lacks(asks)
}

// TestARunOfALaterRelease is shown where it can be: in the lists, and with a word that says where else.
func TestARunOfALaterRelease(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.exec(`UPDATE runs SET reader = $1`, planner.Reader+1)
	s.exec(`INSERT INTO journal (run, seq, at, facts) SELECT run, max(seq) + 100, now(), '\xff' FROM journal GROUP BY run`)
	for _, path := range []string{"/runs/" + id, "/api/v1/runs/" + id, "/api/v1/runs/" + id + "/events", "/api/v1/runs/" + id + "/plan?action=retry"} {
		s.do("GET", path, "").want(http.StatusServiceUnavailable).has("newer release of Segno carries this run")
	}
	s.do("GET", "/runs/"+id, "", "Accept", "text/html").has("Look at it on a server of that release")
	s.do("GET", "/runs", "").want(200).has(id)
	s.do("GET", "/api/v1/runs", "").want(200).has(id)
	s.do("POST", "/api/v1/runs/"+id+"/cancel", "").want(200) // it goes into the inbox, for a server of that release
}
