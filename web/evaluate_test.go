package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// worth asks what expressions are worth in a run: each is "field=expression", or "~text".
func (s *site) worth(id, more string, asked ...string) view.Recorded {
	s.t.Helper()
	type one struct {
		Field      string `json:"field,omitempty"`
		Expression string `json:"expression,omitempty"`
		Text       string `json:"text,omitempty"`
	}
	var all []one
	for _, a := range asked {
		if text, ok := strings.CutPrefix(a, "~"); ok {
			all = append(all, one{Text: text})
			continue
		}
		field, source, _ := strings.Cut(a, "=")
		all = append(all, one{Field: field, Expression: source})
	}
	list, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	var got view.Recorded
	s.do("POST", "/api/v1/runs/"+id+"/evaluate", `{`+more+`"expressions": `+string(list)+`}`).want(200).into(&got)
	if len(got.Values) != len(asked) {
		s.t.Fatalf("%d values for %d expressions", len(got.Values), len(asked))
	}
	return got
}

func TestEvaluateInARun(t *testing.T) {
	s := open(t)
	s.order()
	id := s.start()
	s.engine.answer(id, "reserve", `{"n": 1, "rate": 1.50, "name": "Ada"}`, nil)
	asked := []struct{ ask, text, why string }{
		{"with.n=input.amount * 2.0", `10`, ""},
		{"with.n=steps.reserve.output.name", `"Ada"`, ""},
		{"with.n=steps.reserve.output", `{"n": 1, "rate": 1.50, "name": "Ada"}`, ""}, // as it was recorded, every digit
		{"~Release ${{ input.amount }} for ${{ steps.reserve.output.name }}?", `"Release 5 for Ada?"`, ""},
		{"with.n=run.flow", `"order"`, ""},
		{"with.n=steps.ship.output.n", "", "`ship` did not run in this run."},
		{"with.n=steps.ask.output.by", "", "`ask` has no output in this run: it is waiting."},
		{"with.n=steps.reserve.error.class", "", "`reserve` did not fail in this run."},
		{"with.n=steps.nowhere.output.n", "", "Version 1, which this run is of, has no step `nowhere`."},
		{"with.n=steps.nowhere.?output.n.orValue(3)", "3", ""},
		{"with.n=input.note", "", "input.note is absent."},
		{"with.n=item.sku", "", "This run has no items of the step."},
		{"with.n=iteration", "", "The step did not loop in this run."},
		{"with.n=input.amount +", "", "Syntax error: the expression ends too early."},
		{"~x ${{ input.amount", "", "`${{` is not closed."},
		{"compensate.with.n=key", `"` + id + `/reserve`, ""},
		{"with.n=[1,2,3].map(a, [1,2,3].map(b, a * b))", "[[1,2,3],[2,4,6],[3,6,9]]", ""},
	}
	var all []string
	for _, a := range asked {
		all = append(all, a.ask)
	}
	for i, v := range s.worth(id, `"step": "reserve", `, all...).Values {
		if !strings.HasPrefix(v.Text, asked[i].text) || asked[i].text == "" && v.Text != "" || !strings.HasPrefix(v.Why, asked[i].why) || asked[i].why == "" && v.Why != "" {
			t.Errorf("%s: got %+v, want %s%s", asked[i].ask, v, asked[i].text, asked[i].why)
		}
	}
	// A value is shown from its beginning, to a whole character, and says how long it is.
	cut := s.worth(id, `"most": 3, `, `with.n="ä" + "öü"`).Values[0]
	if cut.Text != `"ä` || !cut.Cut || cut.Bytes != 8 {
		t.Errorf("got %+v", cut)
	}
	// What would take too much work ends by itself.
	endless := s.worth(id, "", `x=[1,2,3,4,5,6,7,8,9,0].map(a, [1,2,3,4,5,6,7,8,9,0].map(b, [1,2,3,4,5,6,7,8,9,0].map(c, [1,2,3,4,5,6,7,8,9,0].map(d, [1,2,3,4,5,6,7,8,9,0].map(e, [1,2,3,4,5,6,7,8,9,0].map(f, [1,2,3,4,5,6,7,8,9,0].map(g, [1,2,3,4,5,6,7,8,9,0].map(h, 1))))))))`)
	if endless.Values[0].Why == "" || endless.Values[0].Text != "" {
		t.Errorf("got %+v", endless)
	}

	at := "/api/v1/runs/" + id + "/evaluate"
	s.do("POST", at, `{}`).want(400, "bad_request", "nothing to evaluate")
	s.do("POST", at, `{"item": -1, "expressions": [{"expression": "1"}]}`).want(400, "bad_request", "items count from 0")
	s.do("POST", at, `{"expressions": [`+strings.Repeat(`{"expression": "1"},`, 100)+`{"expression": "1"}]}`).want(413, "too_large", "at most 100")
	s.do("POST", "/api/v1/runs/nothing/evaluate", `{"expressions": [{"expression": "1"}]}`).want(404, "not_found", "there is no run")
}

// An item is that of the list as it is written now, else as the run recorded it.
func TestEvaluateAnItem(t *testing.T) {
	s := open(t)
	id := s.many(t, 3)
	first := s.worth(id, `"step": "all", `, "with.n=item", "with.n=index")
	if first.Items != 3 || first.Item != 0 || first.Values[1].Text != "0" {
		t.Fatalf("got %+v", first)
	}
	third := s.worth(id, `"step": "all", "item": 2, `, "with.n=index + 1", "with.n=item")
	if third.Item != 2 || third.Values[0].Text != "3" {
		t.Errorf("got %+v", third)
	}
	if got := s.worth(id, `"step": "all", "item": 3, `, "with.n=item"); got.Values[0].Why != "The list has 3 items in this run, so there is no item 3." {
		t.Errorf("got %+v", got)
	}
	if got := s.worth(id, `"step": "new", "for_each": "[7, 8]", "item": 1, `, "with.n=item * 2"); got.Items != 2 || got.Values[0].Text != "16" {
		t.Errorf("got %+v", got)
	}
	if got := s.worth(id, `"step": "new", "for_each": "input.none", `, "with.n=item"); got.Values[0].Why != "There is no item, because the list can't be evaluated: input.none is absent." {
		t.Errorf("got %+v", got)
	}
	if got := s.worth(id, `"step": "new", "for_each": "input.l.filter(x, false)", `, "with.n=item"); got.Values[0].Why != "The list is empty in this run, so there is no item." {
		t.Errorf("got %+v", got)
	}
}

// What is kept apart because of its size is looked into like the rest, as far as an expression of the run could.
func TestEvaluateLargeValues(t *testing.T) {
	s := open(t)
	s.order()
	for _, c := range []struct {
		n   int
		cut bool
		why string
	}{{100_000, true, ""}, {2 << 20, false, "The value has 2.0 MiB, too much to be looked into here."}} {
		id := s.start()
		s.engine.answer(id, "reserve", `{"n": 7, "text": "`+strings.Repeat("x", c.n)+`"}`, nil)
		got := s.worth(id, "", "x=steps.reserve.output", "x=steps.reserve.output.n").Values
		if got[0].Cut != c.cut || got[0].Bytes < c.n || got[0].Why != c.why || strings.Contains(got[0].Text, "\x01") {
			t.Errorf("%d bytes: got %+v", c.n, got[0])
		}
		if c.cut && got[1].Text != "7" || !c.cut && !strings.Contains(got[1].Why, "2.0 MiB") {
			t.Errorf("inside of %d bytes: got %+v", c.n, got[1])
		}
	}
}
