package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/schema"
	templates "github.com/segno-run/segno/designer/starter"
	"github.com/segno-run/segno/internal/servertest"
)

// TestTemplatesRun makes a flow of each template by its form, on a server whose project has nothing, publishes it as it is and runs it with the input that
// the start form would show.
func TestTemplatesRun(t *testing.T) {
	dir := servertest.Project(t, map[string]string{"functions.yaml": "{}\n"})
	s := start(t, options{Data: dataDir(t), Args: []string{"--project", dir}})
	runs := map[string]string{}
	for _, tp := range templates.All() {
		name := "my_" + strings.ReplaceAll(tp.Name, "-", "_")
		res, err := http.PostForm(s.url+"/flows/new", url.Values{"name": {name}, "title": {tp.Title}, "template": {tp.Name}, "bring": {"yes"}})
		if err != nil {
			t.Fatal(err)
		}
		page, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/flows/"+name+"/edit" {
			t.Fatalf("%s: %s at %s\n%s", tp.Name, res.Status, res.Request.URL, page)
		}
		if tp.Name == templates.Blank {
			continue
		}
		s.post(t, "/flows/"+name+"/versions?message=as+it+is", nil, nil)
		runs[tp.Name] = s.startRun(t, name, json.RawMessage(schema.Example(tp.Definition().Input.JSON())))
	}
	for name, id := range runs {
		if name == "approval" {
			servertest.Eventually(t, "somebody is asked", func() bool { return s.run(t, id).Status == "waiting" })
			s.post(t, "/runs/"+id+"/approvals/ask", map[string]any{"approved": true}, nil)
		}
		if r := s.settled(t, id); r.Status != "succeeded" {
			t.Errorf("%s: %s: %+v", name, r.Status, r.Error)
		}
	}
	id := s.startRun(t, "my_saga", map[string]any{"account": "acc", "amount": 1, "sku": "cup", "fail": "ship"})
	if r := s.settled(t, id); r.Status != "compensated" {
		t.Errorf("the saga whose last step fails: %s, want compensated: %+v", r.Status, r.Error)
	}
}
