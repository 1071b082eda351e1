package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/segno-run/segno/web"
)

// guarded is a server with an operator's password and one of viewers, and everything that there is to look at; the client is a viewer's.
func guarded(t *testing.T) (s *site, run string) {
	t.Helper()
	s = open(t, func(c *web.Config) {
		c.PasswordHash, c.ViewerHash = web.HashPassword("boss"), web.HashPassword("guest")
	})
	s.signIn("boss")
	s.order()
	s.post("/flows/order/versions/1/restore").want(303)
	s.do("PUT", "/api/v1/flows/order/tests/order.yaml", "flow: order\nscenarios: []\n", "Content-Type", "application/yaml").want(201)
	s.do("PUT", "/api/v1/flows/fresh/draft", "name: fresh\nsteps: {a: {set: {x: 1}}}\n", "Content-Type", "application/yaml").want(200)
	fine := s.start() // some pages compare with one that went well
	s.engine.answer(fine, "reserve", `{"n": 1}`, nil)
	s.post("/runs/"+fine+"/approvals/ask", "approved", "true").want(303)
	s.engine.answer(fine, "ship", `{"n": 1}`, nil)
	s.do("GET", "/api/v1/runs/"+fine, "").want(200).has(`"succeeded"`)
	run = s.start()
	s.engine.answer(run, "reserve", "", refused)
	s.signIn("guest")
	return s, run
}

// signIn takes a session of the one whose password it is.
func (s *site) signIn(password string) {
	s.t.Helper()
	got := s.do("POST", "/login", url.Values{"password": {password}}.Encode(), formType...).want(303)
	name, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	s.cookie = name
}

// mayDo are the requests of a viewer that are no GET and go through, each for a reason that viewer.go says.
var mayDo = []string{"POST /logout", "POST /login", "POST /api/v1/check", "POST /api/v1/complete"}

var param = regexp.MustCompile(`:[a-z]+`)

// filled is a route's address with what there is in the place of its parameters.
func filled(path, run string) string {
	return param.ReplaceAllStringFunc(path, func(p string) string {
		return map[string]string{":flow": "order", ":run": run, ":function": "pay", ":version": "1", ":step": "reserve", ":file": "order.yaml", ":template": "saga"}[p]
	})
}

// TestViewersChangeNothing asks for every route there is, by every method: whatever is no GET is refused, unless it stands in a short list.
func TestViewersChangeNothing(t *testing.T) {
	s, run := guarded(t)
	var allowed []string
	n := 0
	for _, r := range s.server.Routes() {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == "echo_route_not_found" {
			continue
		}
		n++
		if one := r.Method + " " + r.Path; slices.Contains(mayDo, one) {
			allowed = append(allowed, one)
			continue
		}
		path := filled(r.Path, run)
		for _, accept := range []string{"text/html", "application/json"} {
			got := s.do(r.Method, path, "", "Content-Type", "application/json", "Accept", accept)
			if got.status != 403 || !bytes.Contains(got.body, []byte("igned in to look")) {
				t.Errorf("%s %s: %d %.200s, want it refused to a viewer", r.Method, path, got.status, got.body)
			}
		}
	}
	slices.Sort(allowed)
	slices.Sort(mayDo)
	if !slices.Equal(allowed, mayDo) || n < 40 {
		t.Errorf("%d routes; let through %v, want %v", n, allowed, mayDo)
	}
	s.signIn("boss")
	s.do("GET", "/api/v1/runs/"+run, "").want(200).has(`"failed"`)
}

// TestViewersSeeNoEditing opens every page there is: what leads to a change is not on it.
func TestViewersSeeNoEditing(t *testing.T) {
	s, run := guarded(t)
	var pages []string
	for _, r := range s.server.Routes() {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/api/") || strings.HasPrefix(r.Path, "/static/") || strings.HasSuffix(r.Path, "/live") {
			continue
		}
		pages = append(pages, filled(r.Path, run))
	}
	pages = append(pages, "/flows/fresh", "/flows/fresh/versions", "/flows/fresh/versions/draft", "/flows/fresh/tests", "/flows/fresh/diff", "/runs?status=failed", "/flows/order/tests?view=file",
		"/flows/order/tests?view=faults", "/flows/order/diff?from=1&to=0&view=text", "/runs/"+run+"?plan=retry", "/runs/"+run+"?step=reserve", "/flows/order/versions/1?step=ship&q=s")
	html200 := 0
	for _, path := range pages {
		got := s.do("GET", path, "", "Accept", "text/html")
		switch {
		case path == "/flows/new" || strings.HasSuffix(path, "/start"):
			if got.status != 403 && got.status != 303 {
				t.Errorf("GET %s: %d, want it refused", path, got.status)
			}
		case got.status == 404: // nothing of that kind here; what is said instead is looked at like any page
		case got.status >= 400 && !strings.Contains(path, "fragments"):
			t.Errorf("GET %s: %d %.200s", path, got.status, got.body)
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			continue
		}
		if got.status == 200 {
			html200++
		}
		for _, found := range editing(got.body) {
			t.Errorf("GET %s has %s", path, found)
		}
	}
	if html200 < 20 {
		t.Errorf("%d pages were looked at", html200)
	}
	if to := s.do("GET", "/flows/order/edit?step=ship", "").want(303).header.Get("Location"); to != "/flows/order/versions/1?step=ship" {
		t.Errorf("the canvas leads to %s", to)
	}
	if to := s.do("GET", "/flows/fresh/edit", "").want(303).header.Get("Location"); to != "/flows/fresh/versions/draft" {
		t.Errorf("the canvas of a draft leads to %s", to)
	}
	s.do("GET", "/flows/order/tests?view=file", "").want(200).has("scenarios: []", " readonly>", "View only")
	if strings.Contains(string(s.do("GET", "/palette", "").want(200).body), `"start"`) {
		t.Error("the palette offers to start a run")
	}

	// The operator's pages have it all.
	s.signIn("boss")
	for _, path := range []string{"/flows", "/flows/order", "/flows/order/edit", "/runs/" + run, "/functions/pay"} {
		if len(editing(s.do("GET", path, "").want(200).body)) == 0 {
			t.Errorf("GET %s of the operator has nothing to change anything by", path)
		}
	}
}

// editing finds on a page what changes something, or leads there.
func editing(page []byte) (found []string) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		_, reads := attr["data-reads"]
		switch href := attr["href"]; {
		case n.Data == "form" && attr["method"] == "post" && attr["action"] != "/logout" && !reads:
			found = append(found, "a form that posts to "+attr["action"])
		case n.Data == "a" && (strings.HasPrefix(href, "/flows/new") || strings.HasPrefix(href, "/flows/") && strings.Contains(href, "/start")):
			found = append(found, "a link to "+href)
		case attr["id"] == "canvas" || attr["id"] == "read-edit" || strings.Contains(attr["href"], "#pencil"):
			found = append(found, n.Data+" "+attr["id"]+attr["href"])
		case n.Data == "button" && attr["type"] != "button" && n.Parent != nil && reads:
			found = append(found, "a button in a form that is only read")
		}
	}
	return found
}

// TestForViewer holds what is cut, and that nothing else is touched.
func TestForViewer(t *testing.T) {
	for page, want := range map[string]string{
		`<p>a<br/>b &amp; <i>c</i></p><script type="application/json">{"a": "<form method=post>"}</script>`:                           "",
		`<form method="get" action="/runs"><input name="q"/></form>`:                                                                  "",
		`<form method="post" action="/logout"><button>x</button></form>`:                                                              "",
		`a<form method="post" action="/x"><div><input/><b>c</b></div></form>z`:                                                        `az`,
		`a<details class="x confirm"><details><summary>s</summary></details>t</details>z`:                                             `az`,
		`a<a href="/flows/order/start?fail=ship"><svg><use href="#p"/></svg>s</a>z`:                                                   `az`,
		`a<a class="b" href="/flows/new?template=blank">s</a>z`:                                                                       `az`,
		`a<input data-edits>z<section data-edits><section>b</section>c</section>y`:                                                    `azy`,
		`<form data-reads method="post"><h2>f</h2><textarea name="s">t</textarea><input/><button>b</button></form><button>c</button>`: `<form data-reads method="post"><h2>f</h2><textarea name="s" readonly>t</textarea></form><button>c</button>`,
		`<a href="/flows/order/edit"><use href="/i.svg#pencil"></use></a>`:                                                            `<a href="/flows/order/edit"><use href="/i.svg#eye"></use></a>`,
		`<a href="/flows/start">start</a><a href="/flows/order/tests?view=file">t</a>`:                                                "",
	} {
		if want == "" {
			want = page
		}
		if got := web.ForViewer(page); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", page, got, want)
		}
	}
}

// A bearer token of a viewer reads and changes nothing, and can't be made into another one.
func TestViewerTokens(t *testing.T) {
	s, _ := guarded(t)
	s.signIn("boss")
	minted := s.do("POST", "/api/v1/tokens", `{"name": "wall", "role": "viewer"}`).want(201).has(`"role":"viewer"`)
	token := regexp.MustCompile(`segnoview_[\w-]+`).FindString(string(minted.body))
	s.do("POST", "/api/v1/tokens", `{"name": "ci"}`).want(201).has(`"role":"operator"`, `"segno_`)
	s.do("POST", "/api/v1/tokens", `{"name": "x", "role": "king"}`).want(422)
	s.do("GET", "/api/v1/tokens", "").want(200).has(`"name":"wall","role":"viewer"`, `"name":"ci","role":"operator"`)
	s.cookie = ""
	bearer := []string{"Authorization", "Bearer " + token}
	s.do("GET", "/api/v1/flows", "", bearer...).want(200)
	s.do("POST", "/api/v1/check", "name: x\n", bearer...).want(200)
	s.do("DELETE", "/api/v1/functions/pay", "", bearer...).want(403).has(`"forbidden"`)
	s.do("POST", "/api/v1/tokens", `{"name": "more"}`, bearer...).want(403)
	s.do("GET", "/api/v1/flows", "", "Authorization", "Bearer "+strings.Replace(token, "segnoview_", "segno_", 1)).want(401)
}

func TestViewerHashNeedsAPassword(t *testing.T) {
	s := open(t)
	cfg := s.config
	cfg.ViewerHash = web.HashPassword("guest")
	if _, err := web.New(cfg); err == nil || !strings.Contains(err.Error(), "ViewerHash") {
		t.Errorf("viewers without an operator: %v", err)
	}
}
