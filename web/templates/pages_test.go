package templates

import (
	"bytes"
	"context"
	"flag"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/static"
	"github.com/segno-run/segno/web/view"
)

// go test ./web/templates -run TestPagesHoldTheContentPolicy -timeout 0 -args -serve 127.0.0.1:18080 shows the sample pages in a browser.
var serve = flag.String("serve", "", "after the test, serve the sample pages at this address")

func samplePages() map[string]templ.Component {
	head, versions := orderHead, sampleVersions()
	rows := sampleRows()
	thumb, large := drawn(orderGraph(), false), drawn(orderGraph(), true)
	cards := []FlowCard{
		{Name: "order", Title: "Place an order", Published: 3, Changed: true, Thumb: thumb, Steps: 5, Runs: 214, Active: 3, Failed: 2, LastRun: &rows[1]},
		{Name: "snapvault", Title: "SnapVault: thumbnail, captions, notification", Published: 1, Thumb: thumb, Steps: 4, Runs: 12, LastRun: &rows[2]},
		{Name: "a_flow_with_a_rather_long_name_for_imports", Title: "", Problems: 2, Thumb: thumb, Steps: 11},
	}
	counts := []Count{{"", 214, "/runs"}, {"running", 3, "/runs?status=running"}, {"waiting", 1, "/runs?status=waiting"}, {"failed", 2, "/runs?status=failed"}, {"uncertain", 1, "/runs?status=uncertain"}, {"succeeded", 198, "/runs?status=succeeded"}, {"compensated", 9, "/runs?status=compensated"}}
	diff := DiffPage{Chrome: chrome("order: v2 to v3", "flows"), Head: head("versions"), Versions: versions, View: "text", Summary: "1 step changed", Added: 2, Removed: 1,
		From: DiffEnd{Version: 2, Row: versions[1]}, To: DiffEnd{Version: 3, Row: versions[0]},
		Changes: []view.DiffChange{{ID: "reach-review", Sign: "!", Text: "review can now run without big", Step: "review", New: 10}, {ID: "step-big", Sign: "~", Text: "step big", Below: []string{`switch.review: "input.amount > 5000" → "input.amount > 10000"`}, Step: "big", Old: 9, New: 9}, {ID: "edge-big.done-ship", Sign: "-", Text: "edge big → ship", Edge: "big.done>ship", Old: 9}},
		Lines:   []DiffLine{{"@", 0, 0, "6 lines alike"}, {" ", 7, 7, "  big:"}, {" ", 8, 8, "    switch:"}, {"-", 9, 0, "      review: ${{ input.amount > 5000 }}"}, {"+", 0, 9, "      review: ${{ input.amount > 10000 }}"}, {"+", 0, 10, "      otherwise: true"}, {" ", 10, 11, "  review:"}}}
	diff.Change = &diff.Changes[1]
	split, markdown := diff, diff
	split.Split = true
	markdown.View, markdown.Markdown = "markdown", "### order: 1 step changed\n"
	fn := sampleFunctions()
	item := runPage(failedRun(), "stock", "")
	item.Inspector.Item = &item.Grid.Rows[0]
	done := failedRun()
	done.Status, done.Error, done.Actions = "succeeded", nil, nil
	done.Steps[4].Status, done.Steps[4].Error, done.Steps[4].Output, done.Output = "succeeded", nil, js(`{"id":"DSV-99120"}`), js(`{"shipment":"DSV-99120"}`)
	flash := runPage(failedRun(), "", "")
	flash.Flash = &Flash{Error: true, Text: "This run was retried already, a moment ago."}
	return map[string]templ.Component{
		"login":         Login(LoginPage{Chrome: chrome("Sign in", ""), Next: "/flows"}),
		"login-bad":     Login(LoginPage{Chrome: chrome("Sign in", ""), Next: "/flows", Error: "This is not the password."}),
		"flows":         Flows(FlowsPage{Chrome: chrome("Flows", "flows"), Flows: cards, Tour: "/flows/order/start?fail=ship"}),
		"flows-empty":   Flows(FlowsPage{Chrome: chrome("Flows", "flows")}),
		"flow":          Flow(FlowPage{Chrome: chrome("Place an order", "flows"), Head: head("overview"), Thumb: large, Latest: &versions[0], Recent: rows[:6], Counts: counts[1:5], Steps: 5, OnFailure: "pause", Functions: []string{"payments.reserve", "inventory.take", "shipping.book"}, Problems: 1}),
		"flow-new":      Flow(FlowPage{Chrome: chrome("Place an order", "flows"), Head: FlowHead{Name: "order", Tab: "overview"}, Thumb: large}),
		"canvas":        Canvas(CanvasPage{Chrome: chrome("Canvas of order", "flows"), Head: head("edit"), Draft: sampleDraft(true), Functions: fn, Step: "ship"}),
		"canvas-clean":  Canvas(CanvasPage{Chrome: chrome("Canvas of order", "flows"), Head: head("edit"), Draft: sampleDraft(false)}),
		"tests":         Tests(sampleTests("scenarios")),
		"tests-faults":  Tests(sampleTests("faults")),
		"tests-file":    Tests(sampleTests("file")),
		"tests-empty":   Tests(TestsPage{Chrome: chrome("Tests of order", "flows"), Head: head("tests"), View: "scenarios"}),
		"versions":      Versions(VersionsPage{Chrome: chrome("Versions of order", "flows"), Head: head("versions"), Versions: versions, Open: &versions[0], Source: sampleYAML}),
		"versions-none": Versions(VersionsPage{Chrome: chrome("Versions of order", "flows"), Head: head("versions")}),
		"diff":          DiffOf(diff),
		"diff split":    DiffOf(split),
		"diff markdown": DiffOf(markdown),
		"start":         Start(StartPage{Chrome: chrome("Start order", "flows"), Head: head("start"), Version: 3, Fields: startFields(false), JSON: sampleInput}),
		"start-bad":     Start(StartPage{Chrome: chrome("Start order", "flows"), Head: head("start"), Version: 3, Fields: startFields(true), JSON: sampleInput, Error: "The input does not fit the flow's schema.", Problem: []string{"amount: must be above 0"}}),
		"runs":          Runs(RunsPage{Chrome: chrome("Runs", "runs"), Flows: []string{"order", "snapvault"}, Counts: counts, Rows: rows, Older: "/runs?after=x", HasAny: true}),
		"runs-none":     Runs(RunsPage{Chrome: chrome("Runs", "runs"), Filter: RunsFilter{Status: "failed", Q: "A-9"}, HasAny: true}),
		"runs-empty":    Runs(RunsPage{Chrome: chrome("Runs", "runs"), StartAt: "order"}),
		"run-failed":    Run(runPage(failedRun(), "ship", "")),
		"run-plain":     Run(flash),
		"run-attempts":  Run(runPage(failedRun(), "ship", "attempts")),
		"run-logs":      Run(runPage(failedRun(), "ship", "logs")),
		"run-item":      Run(item),
		"run-ask":       Run(runPage(waitingRun(), "review", "")),
		"run-uncertain": Run(runPage(uncertainRun(), "ship", "")),
		"run-retrying":  Run(runPage(retryingRun(), "ship", "")),
		"run-done":      Run(runPage(done, "ship", "")),
		"header":        RunHeader(runPage(failedRun(), "ship", "")),
		"inspector":     RunInspector(runPage(failedRun(), "ship", "")),
		"functions":     Functions(FunctionsPage{Chrome: chrome("Functions", "functions"), Functions: fn}),
		"functions-0":   Functions(FunctionsPage{Chrome: chrome("Functions", "functions")}),
		"function":      Function(FunctionPage{Chrome: chrome("payments.reserve", "functions"), Function: fn[0], TryInput: "{\n  \"account\": \"acct_7731\",\n  \"amount\": 420.5\n}", Tried: &Tried{Output: js(`{"hold":"hold_55b1"}`), Took: 130 * time.Millisecond, Logs: []view.LogLine{{At: at(5), Stream: "stdout", Text: "hold placed"}}}}),
		"function-bad":  Function(FunctionPage{Chrome: chrome("captions", "functions"), Function: fn[2], Tried: &Tried{Failure: failedRun().Error, Took: 80 * time.Millisecond}}),
		"error":         Error(ErrorPage{Chrome: chrome("Not found", ""), Status: 404, What: "There is no run `0190f3a2`.", Where: "GET /runs/0190f3a2", How: "Its id is a UUID; the list has every run that was started on this server.", Links: []Link{{"All runs", "/runs"}, {"Flows", "/flows"}}}),
		"error-500":     Error(ErrorPage{Chrome: chrome("Error", ""), Status: 503, What: "The database does not answer.", How: "Runs are safe: nothing was acknowledged that is not recorded.", Command: "systemctl status postgresql", Details: []string{"`dial unix`: connection refused"}}),
	}
}

// What a content security policy without unsafe-inline refuses: style attributes, event attributes, inline scripts and style elements.
var refused = map[string]*regexp.Regexp{
	"a style attribute":  regexp.MustCompile(`(?i)<[^>]+\sstyle\s*=`),
	"an event attribute": regexp.MustCompile(`(?i)<[^>]+\son[a-z]+\s*=`),
	"a style element":    regexp.MustCompile(`(?i)<style`),
	"a javascript: URL":  regexp.MustCompile(`(?i)(href|action|src)\s*=\s*"javascript:`),
}

var scripts = regexp.MustCompile(`(?is)<script([^>]*)>(.*?)</script>`)

func TestPagesHoldTheContentPolicy(t *testing.T) {
	pages := map[string][]byte{}
	for name, page := range samplePages() {
		var out bytes.Buffer
		if err := page.Render(context.Background(), &out); err != nil {
			t.Errorf("%s: rendering: %v", name, err)
			continue
		}
		pages[name] = out.Bytes()
		for what, pattern := range refused {
			if hit := pattern.Find(out.Bytes()); hit != nil {
				t.Errorf("%s: has %s: %s", name, what, hit)
			}
		}
		for _, m := range scripts.FindAllSubmatch(out.Bytes(), -1) {
			attrs, body := string(m[1]), strings.TrimSpace(string(m[2]))
			if body != "" && !strings.Contains(attrs, `type="application/json"`) {
				t.Errorf("%s: has an inline script: %.80s", name, body)
			}
		}
		if ids := duplicates(out.Bytes()); len(ids) > 0 {
			t.Errorf("%s: ids that stand twice: %v", name, ids)
		}
	}
	if *serve != "" {
		preview(t, pages)
	}
}

var (
	idPattern = regexp.MustCompile(`\sid="([^"]+)"`)
	template  = regexp.MustCompile(`(?s)<template>.*?</template>`)
)

func duplicates(page []byte) []string {
	seen := map[string]bool{}
	var twice []string
	for _, m := range idPattern.FindAllSubmatch(template.ReplaceAll(page, nil), -1) {
		if id := string(m[1]); seen[id] {
			twice = append(twice, id)
		} else {
			seen[id] = true
		}
	}
	return twice
}

// preview serves the pages until the test is interrupted; ?theme=dark forces a theme, ?nojs takes the scripts away, ?open=ID opens a details.
func preview(t *testing.T, pages map[string][]byte) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[strings.Trim(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		if r.URL.Query().Has("nojs") {
			page = scripts.ReplaceAll(page, nil)
		}
		if id := r.URL.Query().Get("open"); id != "" {
			page = bytes.Replace(page, []byte(`id="`+id+`"`), []byte(`id="`+id+`" open`), 1)
		}
		if theme := r.URL.Query().Get("theme"); theme != "" {
			page = bytes.Replace(page, []byte(static.URL("theme.js")), []byte("/theme?"+theme), 1)
		}
		_, _ = w.Write(page)
	})
	mux.HandleFunc("/theme", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`document.documentElement.dataset.theme="` + r.URL.RawQuery + `";document.documentElement.classList.add("js")`))
	})
	listener, err := net.Listen("tcp", *serve)
	if err != nil {
		t.Fatalf("serving the sample pages at %s: %v", *serve, err)
	}
	t.Logf("the sample pages are at http://%s/flows", listener.Addr())
	t.Log(http.Serve(listener, mux))
}
