package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

// The flows of these tests need no function.
const (
	priceV1 = "name: price\ninput: {type: object, required: [n], additionalProperties: false, properties: {n: {type: integer}}}\n" +
		"steps:\n  refused: {if: \"${{ input.n < 0 }}\", fail: {message: \"${{ input.n }} is not to be had\"}}\n" +
		"  a: {set: {total: \"${{ input.n * 2 }}\"}}\noutput: {total: \"${{ steps.a.output.total }}\"}\n"
	priceV2 = "name: price\nsteps:\n  a: {set: {sum: 1}}\noutput: {sum: \"${{ steps.a.output.sum }}\"}\n"
	shop    = "name: shop\ninput: {type: object, required: [n], properties: {n: {type: integer}}}\n" +
		"steps:\n  one: {flow: price, with: {n: \"${{ input.n }}\"}}\n  all: {needs: [one], for_each: \"${{ [1, 2, 3] }}\", flow: price, version: 1, with: {n: \"${{ item }}\"}}\n" +
		"output: {one: \"${{ steps.one.output.total }}\", all: \"${{ steps.all.output.map(p, p.total) }}\"}\n"
)

// child is what these tests read of a run that a step started.
type child struct {
	Run, Flow, Status string
	Version           int
}

type familyView struct {
	Status string
	Output struct {
		One int
		All []int
	}
	Parent *struct {
		Run, Step string
		Item      *int
	}
	Steps []struct {
		ID    string
		Flow  string
		Child *child
	}
}

func (s *server) publishText(t *testing.T, name, text string) error {
	t.Helper()
	return s.call("POST", "/flows/"+name+"/versions", http.Header{"Content-Type": {"application/yaml"}}, text, nil)
}

func (s *server) page(t *testing.T, path string) string {
	t.Helper()
	res, err := servertest.Client.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("GET %s: %d, %v", path, res.StatusCode, err)
	}
	return string(text)
}

func holds(t *testing.T, what, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s has no %q", what, w)
		}
	}
}

func TestFlowsRunFlows(t *testing.T) {
	s := start(t, options{Data: dataDir(t)})
	var no *servertest.Refused
	if err := s.publishText(t, "shop", shop); !errors.As(err, &no) || no.Status != 422 || !strings.Contains(no.Text, "there is no flow `price`") {
		t.Errorf("a flow that is not there: %v", err)
	}
	for _, text := range []string{priceV1, shop} {
		if err := s.publishText(t, strings.Fields(text)[1], text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.publishText(t, "price", priceV1+"# the same\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.publishText(t, "price", priceV2); err != nil { // breaks nobody: shop keeps the first
		t.Fatal(err)
	}
	if err := s.publishText(t, "shop", shop); !errors.As(err, &no) || no.Status != 422 || !strings.Contains(no.Text, "`steps.one.output` has no `total`") {
		t.Errorf("a new version is held against the latest: %v", err)
	}
	if err := s.publishText(t, "price", "name: price\nsteps: {a: {flow: shop, with: {n: 1}}}\n"); !errors.As(err, &no) || !strings.Contains(no.Text, "price → shop → price") {
		t.Errorf("a circle: %v", err)
	}
	var version struct {
		Children  []child
		Contracts struct{ Flows map[string]int }
	}
	if err := s.call("GET", "/flows/shop/versions/1", http.Header{"Accept": {"application/json"}}, nil, &version); err != nil {
		t.Fatal(err)
	}
	if len(version.Children) != 1 || version.Children[0] != (child{Flow: "price", Version: 1}) || version.Contracts.Flows["price"] != 1 {
		t.Errorf("got %+v", version)
	}
	holds(t, "the page of shop", s.page(t, "/flows/shop"), `id="runs-flows"`, `href="/flows/price"`)
	holds(t, "the page of price", s.page(t, "/flows/price"), `id="run-by-flows"`, `href="/flows/shop"`)
	holds(t, "the canvas of shop", s.page(t, "/flows/shop/edit"), `"name":"price","version":3`)

	id := s.startRun(t, "shop", map[string]int{"n": 21})
	if r := s.settled(t, id); r.Status != "succeeded" {
		t.Fatalf("got %s: %+v", r.Status, r.Error)
	}
	var parent familyView
	s.get(t, "/runs/"+id, &parent)
	if parent.Output.One != 42 || len(parent.Output.All) != 3 || parent.Output.All[2] != 6 {
		t.Errorf("got %+v", parent.Output)
	}
	var one *child
	for _, st := range parent.Steps {
		if st.ID == "one" {
			one = st.Child
		}
	}
	if one == nil || one.Flow != "price" || one.Version != 1 || one.Status != "succeeded" {
		t.Fatalf("got %+v", parent.Steps)
	}
	var below familyView
	s.get(t, "/runs/"+one.Run, &below)
	if below.Status != "succeeded" || below.Parent == nil || below.Parent.Run != id || below.Parent.Step != "one" || below.Parent.Item != nil {
		t.Errorf("got %+v", below)
	}
	holds(t, "the run's page", s.page(t, "/runs/"+id+"?step=one"), `id="child-run"`, `href="/runs/`+one.Run+`"`)
	holds(t, "the child's page", s.page(t, "/runs/"+one.Run), `id="parent-run"`, `href="/runs/`+id+`?step=one"`)
	var items struct {
		Items []struct{ Child *child }
	}
	s.get(t, "/runs/"+id+"/steps/all/items", &items)
	if len(items.Items) != 3 || items.Items[2].Child == nil {
		t.Fatalf("got %+v", items)
	}
	holds(t, "the page of an item", s.page(t, "/runs/"+id+"?step=all&item=2"), `href="/runs/`+items.Items[2].Child.Run+`"`)

	// Tests of the version, on the server: its child is the one that it runs. Those of the draft run the latest, which the draft does not fit.
	const tests = "flow: shop\nscenarios:\n  - {name: twice, input: {n: 4}, expect: {status: succeeded, output: {one: 8, all: [2, 4, 6]}}}\n"
	if err := s.call("PUT", "/flows/shop/tests/shop.yaml", http.Header{"Content-Type": {"application/yaml"}}, tests, nil); err != nil {
		t.Fatal(err)
	}
	var report struct{ Fine bool }
	s.post(t, "/flows/shop/tests/run?version=1", nil, &report)
	if !report.Fine {
		t.Error("the test of version 1 failed")
	}
	if s.post(t, "/flows/shop/tests/run", nil, &report); report.Fine {
		t.Error("the test of a draft that is wrong is fine")
	}

	id = s.startRun(t, "shop", map[string]int{"n": -1})
	if r := s.settled(t, id); r.Status != "failed" || r.Error.Class != "rejected" || !strings.Contains(r.Error.Message, "-1 is not to be had") {
		t.Errorf("got %s: %+v", r.Status, r.Error)
	}
}
