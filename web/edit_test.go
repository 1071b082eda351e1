package web_test

import (
	"testing"

	"github.com/segno-run/segno/web/view"
)

const twoSteps = "name: f\nsteps:\n  a: {set: {x: 1}}\n  b:\n    needs: [a]\n    set: {y: \"${{ steps.a.output.x }}\"}\n"

func TestReferences(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/flows/f/draft", twoSteps).want(200)
	s.do("PUT", "/api/v1/flows/f/tests/f.yaml", "flow: f\nscenarios:\n  - name: all\n    expect: {path: [a, b]}\n", "Content-Type", "application/yaml").want(201)
	var got struct{ References []view.Reference }
	s.do("GET", "/api/v1/flows/f/draft/references?step=a", "").want(200).into(&got)
	want := []view.Reference{
		{In: "needs", Step: "b", Line: 5, Text: "needs: [a]"},
		{In: "expression", Step: "b", Line: 6, Text: `set: {y: "${{ steps.a.output.x }}"}`},
		{In: "test", File: "f.yaml", Line: 4, Text: "expect: {path: [a, b]}"},
	}
	if len(got.References) != len(want) {
		t.Fatalf("got %+v, want %+v", got.References, want)
	}
	for i := range want {
		if r := got.References[i]; r != want[i] && (want[i].In != "test" || r.In != "test" || r.Line != 4) {
			t.Errorf("got %+v, want %+v", r, want[i])
		}
	}
	s.do("GET", "/api/v1/flows/f/draft/references?step=zz", "").want(404, "not_found")
}

func TestPasteAndMerge(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/flows/f/draft", twoSteps).want(200)
	var d view.Draft
	s.do("POST", "/api/v1/flows/f/draft/edits", `{"edits": [{"op": "paste_steps", "after": "a", "yaml": "a: {wait: 1s}\nc: {needs: [a, gone], wait: 1s}\n"}]}`, "If-Match", "*", "Accept", "application/json").want(200).into(&d)
	if p := d.Pasted; p == nil || len(p.Steps) != 2 || p.Renamed[0] != (view.Rename{From: "a", To: "a_2"}) || p.Dangling[0] != (view.Dangling{In: "c", Step: "gone"}) {
		t.Errorf("the paste told %+v", d.Pasted)
	}
	s.do("POST", "/api/v1/flows/f/draft/edits", `{"edits": [{"op": "paste_steps", "yaml": "some words"}]}`, "If-Match", "*").want(422, "invalid").has("holds no steps")

	// Mine is an operation on the text before the paste.
	base := `"name: f\nsteps:\n  a: {set: {x: 1}}\n  b:\n    needs: [a]\n    set: {y: \"${{ steps.a.output.x }}\"}\n"`
	var m view.Merge
	s.do("POST", "/api/v1/flows/f/draft/merge", `{"base": `+base+`, "changes": [{"edits": [{"op": "set_field", "step": "b", "path": "title", "value": "B"}]}]}`).want(200).into(&m)
	sides := map[string]string{}
	for _, c := range m.Changes {
		sides[c.Path] = c.Side
	}
	if len(sides) != 3 || sides["steps.b.title"] != "mine" || sides["steps.a_2"] != "theirs" || sides["steps.c"] != "theirs" || m.ETag != d.ETag {
		t.Errorf("the merge told %+v", m)
	}
	s.do("POST", "/api/v1/flows/f/draft/merge", `{"base": "a: [", "changes": []}`).want(422, "invalid").has("can't be read")
	s.do("POST", "/api/v1/flows/f/draft/merge", `{"base": `+base+`, "changes": [{"edits": [{"op": "delete_step", "step": "zz"}]}]}`).want(422, "invalid")
}
