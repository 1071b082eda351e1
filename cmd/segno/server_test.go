package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// boot runs the whole server with the sample project until the test ends, and returns its address.
func boot(t *testing.T, password string) string {
	t.Helper()
	return servertest.Boot(t, app.Config{Data: t.TempDir(), DatabaseURL: pgtest.URL(t), Password: password}).URL()
}

// shell runs commands against one server in one folder.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

// run expects an exit code and that the screen holds all of these.
func (s shell) run(code int, line string, want ...string) string {
	s.t.Helper()
	words, input, _ := strings.Cut(line, " < ")
	out, errs, got := executeWith(s.t, s.env, s.dir, input, strings.Fields(words)...)
	if got != code {
		s.t.Fatalf("%s: exit %d, want %d\n%s%s", line, got, code, out, errs)
	}
	for _, w := range want {
		if !strings.Contains(out+errs, w) {
			s.t.Errorf("%s: got\n%s%swant %q in it", line, out, errs, w)
		}
	}
	return out
}

// edit replaces a text in a file.
func (s shell) edit(name, old, now string) {
	s.t.Helper()
	at := filepath.Join(s.dir, name)
	src, err := os.ReadFile(at)
	if err != nil || !strings.Contains(string(src), old) {
		s.t.Fatalf("%s has no %q: %v", name, old, err)
	}
	s.write(name, strings.ReplaceAll(string(src), old, now))
}

func (s shell) write(name, text string) {
	s.t.Helper()
	at := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// TestProject carries a project from a server into a folder, and its changes back.
func TestProject(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=" + boot(t, "")}}
	s.run(fine, "segno export p", "wrote p/functions.yaml", "wrote p/flows/order.yaml", "wrote p/tests/order.yaml", "wrote p/inputs/order.json")
	s.run(fine, "segno test p", "ok 14 scenarios passed")
	s.run(fine, "segno validate p", "2 flows, 9 functions")
	s.run(fine, "segno export p", "nothing to write")
	s.run(fine, "segno diff --server p --exit-code", "nothing to change")
	s.run(fine, "segno apply p", "nothing to change")
	s.write("p/functions.yaml", "# a comment is no change\n"+read(t, filepath.Join(s.dir, "p/functions.yaml")))
	s.run(fine, "segno apply p", "nothing to change")
	s.run(fine, "segno export p", "nothing to write")

	s.edit("p/flows/order.yaml", "timeout: 48h", "timeout: 24h")
	s.run(notFine, "segno diff --server "+strings.TrimPrefix(s.env[0], "SEGNO_SERVER=")+" p --exit-code", "~ flow order: version 1 → 2: 1 step changed", "approval.timeout: 48h → 24h")
	s.run(fine, "segno diff --server p --markdown", "### flow order: 1 step changed", "`approval.timeout`: `48h` → `24h`")
	s.run(notFine, "segno diff order@latest p/flows/order.yaml --exit-code", "approval.timeout")
	s.run(fine, "segno apply p --dry-run", "1 change planned; nothing was changed")
	s.run(notFine, "segno export p", "these files differ from what the server has; --force overwrites them: p/flows/order.yaml")
	s.run(fine, "segno apply p --message sooner", "published flow order version 2")
	s.run(fine, "segno apply p", "nothing to change")
	s.run(fine, "segno diff order@1 order@2", "approval.timeout: 48h → 24h")
	s.run(notFine, "segno diff order@1 order@7", "`order` has no version 7")
	s.run(fine, "segno render order@draft --format mermaid", "flowchart TD")

	// Tests and the inputs that they name go along, byte for byte; what is wrong with them is the server's to show.
	s.edit("p/tests/order.yaml", "after: 47h", "after: 23h")
	s.edit("p/inputs/order.json", "129.5", "130.5")
	s.write("p/tests/more.yaml", "flow: order\nscenarios: [{name: mine, input: inputs/two.json, expect: {path: [nobody]}}]\n")
	s.write("p/inputs/two.json", "{}\n")
	s.write("p/tests/lost.yaml", "flow: nowhere\nscenarios: []\n")
	s.run(fine, "segno diff --server p --markdown", "### tests/more.yaml of order: new", "### tests/order.yaml of order: changed")
	s.run(fine, "segno apply p", "~ tests/order.yaml of order", "~ inputs/order.json of order", "+ inputs/two.json of order", "stored tests/more.yaml of order", "there is no flow `nowhere`, so the file stays here")
	s.run(fine, "segno apply p", "nothing to change")
	if err := os.Remove(filepath.Join(s.dir, "p/tests/more.yaml")); err != nil {
		t.Fatal(err)
	}
	s.run(fine, "segno apply p", "? tests/more.yaml of order is on the server only; it stays", "nothing to change")
	s.run(fine, "segno export p", "wrote p/tests/more.yaml")

	// What is gone from the folder stays on the server.
	if err := os.Remove(filepath.Join(s.dir, "p/flows/snapvault.yaml")); err != nil {
		t.Fatal(err)
	}
	s.run(fine, "segno apply p", "? flow snapvault is on the server only; it stays", "nothing to change")

	// A function and the flow that calls it change together; one that breaks a flow outside of the folder is refused.
	s.edit("p/functions.yaml", "required: [order]", "required: [order_id]")
	s.edit("p/functions.yaml", "order: {", "order_id: {")
	s.edit("p/flows/order.yaml", "with: {order:", "with: {order_id:")
	s.run(fine, "segno apply p", "~ function shipping.book", "registered function shipping.book", "published flow order version 3")
	s.write("q/functions.yaml", "snapvault.notify:\n  http: {url: \"https://a.example\"}\n  idempotent: true\n"+
		"  input: {type: object, required: [other], additionalProperties: false, properties: {other: {type: string}}}\n")
	s.run(notFine, "segno apply q", "~ function snapvault.notify", "`snapvault.notify` breaks the flow `snapvault`", "(--force)",
		"snapvault@1:37:7: `snapvault.notify` takes no `user`", "37 |       user: ${{ input.user }}", "snapvault@1:36:5: `snapvault.notify` requires `other`", "^^^^")
	s.run(fine, "segno apply q --force", "registered function snapvault.notify")
}

// TestRefusedProject: nothing is applied of a folder that has an error.
func TestRefusedProject(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=" + boot(t, "")}}
	s.write("p/functions.yaml", "a.new:\n  http: {url: \"https://a.example\"}\n  idempotent: true\n")
	s.write("p/flows/ok.yaml", "name: ok\nsteps:\n  x: {call: mail.send, with: {to: a, subject: c, text: b}}\n")
	s.write("p/flows/bad.yaml", "name: bad\nsteps:\n  x: {call: a.nwe}\n")
	s.run(notFine, "segno apply p", "p/flows/bad.yaml:3:13: there is no function `a.nwe`", "^^^^^", "hint: did you mean `a.new`?", "nothing was compared with the server")
	s.run(misused, "segno apply nowhere")
	s.run(misused, "segno apply p/functions.yaml")
	var plan struct {
		Plan struct {
			Flows []struct{ Name, Action string }
		}
		Applied []applied
	}
	if err := os.Remove(filepath.Join(s.dir, "p/flows/bad.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(s.run(fine, "segno apply p --json")), &plan); err != nil {
		t.Fatal(err)
	}
	if want := (applied{Flow: "ok", Version: 1}); len(plan.Applied) != 2 || plan.Applied[0].Function != "a.new" || plan.Applied[1] != want || len(plan.Plan.Flows) != 3 {
		t.Errorf("got %+v, want a.new and %+v applied", plan, want)
	}
}

// TestRuns starts, looks at and retries runs.
func TestRuns(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=" + boot(t, "")}}
	order := func(extra string) string {
		return `{"order_id": "A-1", "account": "acc-1", "amount": 20, "lines": [{"sku": "cup", "n": 1}]` + extra + `}`
	}
	s.write("good.json", order(""))
	s.write("bad.json", order(`, "fail": "ship"`))
	s.write("wrong.json", `{"amount": -1}`)
	s.write("large.json", strings.Replace(order(""), "20", "20000", 1))
	if out := s.run(fine, "segno start order --input good.json --wait"); !strings.HasPrefix(out, `{"shipment":`) {
		t.Errorf("got %q, want the run's output", out)
	}
	id := strings.TrimSpace(s.run(fine, "segno start order --input - --idempotency-key k1 < good.json"))
	if again := strings.TrimSpace(s.run(fine, "segno start order --input good.json --idempotency-key k1")); again != id || len(id) != 36 {
		t.Errorf("got %q and %q, want one run", id, again)
	}
	s.run(notFine, "segno start order --input wrong.json", "the input breaks its schema:\n  ", "\n  lines: missing")
	s.write("torn.json", "{\n  \"amount\": }")
	s.run(misused, "segno start order --input torn.json", "torn.json is not JSON: line 2, column 13: invalid character")
	s.run(notFine, "segno start nothing", "there is no flow `nothing`")
	s.run(misused, "segno start order --input missing.json")
	s.run(notFine, "segno start order --input large.json --wait --timeout 50ms", "has not ended within 50ms; it goes on")

	s.run(notFine, "segno start order --input bad.json --wait", " failed: ship: ")
	s.run(fine, "segno runs --flow order --status failed", "RUN", "order@1", "failed", "ship: ")
	s.run(fine, "segno runs --flow snapvault", "no runs")
	s.run(fine, "segno runs --limit 1", "more: --after ")
	s.run(fine, "segno replicas", "SERVER", "(this one)")
	s.run(fine, "segno replicas --json", `"this": true`, `"alive": true`, `"unclaimed"`)
	s.run(misused, "segno replicas all")
	s.run(notFine, "segno runs --status odd", "`odd` is no status of a run", "pending, running")
	var page struct {
		Runs []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(s.run(fine, "segno runs --status failed --json")), &page); err != nil || len(page.Runs) != 1 {
		t.Fatalf("got %+v, %v, want one failed run", page, err)
	}
	failed := page.Runs[0].ID
	s.run(fine, "segno retry "+failed+" --dry-run", "reserve_funds", "reuse", "ship", "run again", "on version 1")
	s.run(notFine, "segno retry "+failed+" --version 9 --dry-run", "no version 9")
	s.run(notFine, "segno retry "+failed+" --input reserve_funds=good.json", "has not failed")
	s.write("ship.json", `{"order": "B-2"}`)
	s.run(misused, "segno retry "+failed+" --from ship --input ship.json", "leave one of them out")
	s.run(misused, "segno retry "+failed+" --input ship=torn.json", "torn.json is not JSON: line 2, column 13")
	s.run(misused, "segno retry "+failed+" --again ship", "--again goes with --from")
	s.run(notFine, "segno retry "+failed+" --input wrong.json", "breaks its contract")
	s.run(fine, "segno retry "+failed+" --input ship=ship.json --wait", `{"shipment":`)
	s.run(fine, "segno retry "+failed+" --from stock --dry-run", "stock ×1", "compensate first", "under a new key")
	s.run(notFine, "segno retry "+failed+" --from stock --wait", "failed: ship: ") // under its new key, with what the flow computes
	s.run(fine, "segno retry "+failed+" --wait", `{"shipment":`)
	s.run(notFine, "segno retry "+failed)
	s.run(notFine, "segno retry nonsense")
	s.run(misused, "segno retry", "name a run, or a flow with --flow")
	s.run(misused, "segno retry "+failed+" --step ship", "do not go with one run")
	s.run(notFine, "segno retry --flow order --step nowhere", "nothing to retry")
	s.run(notFine, "segno retry --flow order --step nowhere --dry-run", "no run of order has failed like this")
	for range 2 {
		s.run(notFine, "segno start order --input bad.json --wait", " failed: ship: ")
	}
	s.run(fine, "segno retry --flow order --step ship --dry-run", "2  retry", "`ship` again", "such as ")
	s.run(fine, "segno retry --flow order --step ship --wait --timeout 60s", "2 of 2 runs succeeded")
	var run struct{ Status string }
	if err := json.Unmarshal([]byte(s.run(fine, "segno start order --input good.json --wait --json")), &run); err != nil || run.Status != "succeeded" {
		t.Errorf("got %+v, %v, want the run as JSON", run, err)
	}
}

// TestSignIn: a server with a sign-in wants a token, and says where it is looked for.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=" + boot(t, "correct horse battery")}}
	s.run(notFine, "segno runs", "SEGNO_TOKEN")
	s.env = append(s.env, "SEGNO_TOKEN=segno_wrong")
	s.run(notFine, "segno runs", "SEGNO_TOKEN")
}

// TestNowhere: no server, or something else, is not fine; an address that is none is wrong usage.
func TestNowhere(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), nil}
	s.run(notFine, "segno runs --server 127.0.0.1:1", "http://127.0.0.1:1 can't be reached")
	s.run(misused, "segno runs --server ftp://a", "is not the address of a server")
}

// TestOffline: commands on files ask no server, whatever the environment says.
func TestOffline(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			_ = c.Close()
		}
	}()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=http://" + l.Addr().String()}}
	twenty(t, s.dir)
	for _, line := range []string{"segno validate", "segno fmt --check", "segno render flows/long.yaml", "segno diff flows/long.yaml flows/long.yaml", "segno completion bash"} {
		s.run(fine, line)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	s.run(notFine, "segno runs") // the listener does count
	if asked.Load() == 0 {
		t.Error("the server was not asked by a command that must")
	}
	_ = l.Close()
	<-done
}

func read(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
