package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// site is where a server answers.
type site struct {
	url  string
	data string // its data directory
}

// boot runs the whole program in this process, with the sample project, until the test ends.
func boot(t testing.TB) site {
	t.Helper()
	return bootWith(t, "")
}

// bootWith boots with a project folder, "" for the sample, and with what else is to be different.
func bootWith(t testing.TB, project string, more ...func(*app.Config)) site {
	t.Helper()
	cfg := app.Config{Data: pgtest.DataDir(t), Project: project}
	for _, change := range more {
		change(&cfg)
	}
	return site{servertest.Boot(t, cfg).URL(), cfg.Data}
}

// program is the server as a process of its own, which can be killed and started again on the same address and data.
type program struct {
	site
	*servertest.Server
}

func launch(t testing.TB, pace string) *program {
	t.Helper()
	p := &program{Server: servertest.New(t, servertest.Options{Data: pgtest.DataDir(t), Env: []string{"SEGNO_PACE=" + pace}})}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.site = site{p.URL(), p.Data}
	p.Args = []string{"--addr", strings.TrimPrefix(p.url, "http://")} // when it is started again
	return p
}

// startAgain is by somebody who finds the server dead.
func (p *program) startAgain(t testing.TB) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// run is what the journeys read of a run, to compare what a page says with.
type run struct {
	ID, Status string
	Seq        int64
	Steps      []struct {
		ID, Status string
		Attempts   []json.RawMessage
		Items      struct{ Succeeded int }
	}
}

func (s site) run(t testing.TB, id string) (r run) {
	t.Helper()
	s.api(t, "GET", "/runs/"+id, "", &r)
	return r
}

// start begins a run through the API.
func (s site) start(t testing.TB, flow, input string) (id string) {
	t.Helper()
	var started struct{ ID string }
	s.api(t, "POST", "/flows/"+flow+"/runs", `{"input": `+input+`}`, &started)
	return started.ID
}

func (s site) api(t testing.TB, method, path, body string, into any) {
	t.Helper()
	if err := servertest.Call(s.url, method, path, nil, body, into); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// send is api for texts: what is sent is YAML, whatever is there is replaced, and the answer is JSON.
func (s site) send(t testing.TB, method, path, text string, into any) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/yaml"}, "Accept": {"application/json"}, "If-Match": {"*"}}
	if err := servertest.Call(s.url, method, path, header, text, into); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// putDraft saves a flow's text as its draft, whatever there was.
func (s site) putDraft(t testing.TB, flow, text string) {
	t.Helper()
	s.send(t, "PUT", "/flows/"+flow+"/draft", text, nil)
}

// publish makes a flow's text, which follows its name, the next version.
func (s site) publish(t testing.TB, name, text string) {
	t.Helper()
	s.send(t, "POST", "/flows/"+name+"/versions", "name: "+name+"\n"+text, nil)
}
