package web_test

import (
	"html"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/segno-run/segno/web"
)

var emptyCommand = regexp.MustCompile(`<code id="empty-command">(.*?)</code>`)

// paste runs the command of a page's empty state in a shell, as somebody would who copies it, and returns what it prints. The page has one sentence and one
// action beside it.
func (s *site) paste(path, sentence, action string, env ...string) string {
	s.t.Helper()
	page := s.do("GET", path, "", "Accept", "text/html").want(200).has(`class="empty"`, "<p>"+sentence+"</p>", action)
	m := emptyCommand.FindSubmatch(page.body)
	if m == nil {
		s.t.Fatalf("GET %s has no command", path)
	}
	if _, href, ok := strings.Cut(string(page.body[strings.Index(string(page.body), `class="empty"`):]), `class="button primary" href="`); ok {
		href, _, _ = strings.Cut(href, `"`)
		s.do("GET", html.UnescapeString(href), "", "Accept", "text/html").want(200)
	} else {
		s.t.Errorf("GET %s has no action", path)
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", html.UnescapeString(string(m[1])))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil || strings.Contains(string(out), `"error":`) {
		s.t.Errorf("GET %s\n$ %s\n%s (error %v)", path, html.UnescapeString(string(m[1])), out, err)
	}
	return string(out)
}

// Every empty list says what is not there, has one action, and a command that works pasted.
func TestEmptyStates(t *testing.T) {
	s := open(t)
	if got := s.paste("/runs", "Nothing has run yet: there is no flow.", "New flow"); !strings.Contains(got, `"version":1`) {
		t.Errorf("publishing a first flow: %s", got)
	}
	s.do("GET", "/api/v1/flows/hello/versions/1", "").want(200).has("name: hello")
	s.paste("/functions", "No function is registered yet: connect one of yours, or try a sample.", "Connect your function")
	s.do("GET", "/api/v1/functions/shipping.book", "").want(200).has("segno:shipping.book")

	// A run of a flow: the input stands in the command, whatever is in it.
	odd := "name: odd\ninput: {type: object, properties: {who: {type: string, default: \"Ada's $HOME \\\"`x`\\\"\"}}}\nsteps: {a: {wait: 1h}}\n"
	s.do("PUT", "/api/v1/flows/odd/draft", odd, "Content-Type", "application/yaml").want(200)
	s.paste("/flows/odd", "Nothing has run yet: the draft is not published.", "Open the canvas")
	if got := s.paste("/flows/odd", "Nothing has run yet.", "Start run"); !strings.Contains(got, `"id"`) {
		t.Errorf("starting a run: %s", got)
	}
	s.do("GET", "/flows/odd", "").want(200).has("All runs")
	for _, r := range s.engine.runs {
		if in := string(r.state.Input.JSON()); in != `{"who":"Ada's $HOME \"`+"`x`"+`\""}` {
			t.Errorf("the run has the input %s", in)
		}
	}
	if got := s.paste("/runs?flow=hello&q=it%27s+%26+more", "No run fits this filter.", `href="/runs"`); !strings.Contains(got, `"runs":[]`) {
		t.Errorf("the runs that fit: %s", got)
	}

	s.do("PUT", "/api/v1/flows/fresh/draft", "name: fresh\nsteps: {a: {set: {x: 1}}}\n", "Content-Type", "application/yaml").want(200)
	s.paste("/flows/fresh/versions", "No version has been published yet.", "Open the canvas")
	s.do("GET", "/api/v1/flows/fresh/versions/1", "").want(200)
	for flow, view := range map[string]string{"fresh": "", "hello": "?view=faults", "odd": "?view=file"} {
		sentence := map[string]string{"": "This flow has no scenario yet: a run as it should be, told in a few lines.",
			"?view=faults": "The matrix takes its inputs from scenarios, and there are none yet.", "?view=file": "No file yet: scenarios are YAML, and inputs that they name are JSON."}[view]
		s.paste("/flows/"+flow+"/tests"+view, sentence, "Write the first")
		s.do("POST", "/api/v1/flows/"+flow+"/tests/run", "").want(200).has(`"fine":true`)
	}
}

// What is empty in another way says so.
func TestEmptyFlowsAndDrafts(t *testing.T) {
	s := open(t)
	s.paste("/flows", "There is no flow yet: draw one here, or publish one from a shell.", "New flow")
	s.do("GET", "/flows", "").want(200).has("/flows/hello/start")
	if got := s.paste("/runs", "Nothing has run yet.", "/flows/hello/start"); !strings.Contains(got, `"id"`) {
		t.Errorf("starting a run: %s", got)
	}
	other := open(t)
	other.do("PUT", "/api/v1/flows/fresh/draft", "name: fresh\nsteps: {a: {set: {x: 1}}}\n", "Content-Type", "application/yaml").want(200)
	other.paste("/runs", "Nothing has run yet: no flow is published.", "/flows/fresh/edit")
}

// Where one has to sign in, the command takes a token from the environment.
func TestEmptyCommandsWithAToken(t *testing.T) {
	s := open(t, func(c *web.Config) { c.PasswordHash = web.HashPassword("boss") })
	s.signIn("boss")
	var minted struct{ Token string }
	s.do("POST", "/api/v1/tokens", `{"name": "shell"}`).want(201).into(&minted)
	if got := s.paste("/flows", "There is no flow yet: draw one here, or publish one from a shell.", "New flow", "SEGNO_TOKEN="+minted.Token); !strings.Contains(got, `"version":1`) {
		t.Errorf("publishing a first flow: %s", got)
	}
}

// An address that a shell would read as more than one word is not offered.
func TestNoCommandForAnOddHost(t *testing.T) {
	s := open(t)
	page := s.do("GET", "/flows", "", "Host", "$(reboot).localhost:8080").want(200)
	if emptyCommand.Match(page.body) {
		t.Error("the page has a command with that host")
	}
}
