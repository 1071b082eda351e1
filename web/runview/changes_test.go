package runview_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/runview"
)

func TestChangesBetweenTwoValues(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`{"a": 1, "b": [1, 2]}`, `{"b": [1, 2], "a": 1}`, ""},
		{`{"state": "open", "n": 1}`, `{"state": "done", "n": 1}`, `.state "open" → "done"`},
		{`{"a": {"b": [1, {"c": 2}]}}`, `{"a": {"b": [1, {"c": 3}, 4]}}`, `.a.b[1].c 2 → 3; .a.b[2]  → 4`},
		{`{"a": 1, "x y": null}`, `{"b": 2}`, `.a 1 → ; .b  → 2; ["x y"] null → `},
		{`9007199254740993`, `9007199254740992`, ` 9007199254740993 → 9007199254740992`},
		{`{"a": 1}`, `[1]`, ` {"a":1} → [1]`},
		{``, `1`, ` null → 1`},
		{`no json`, `1`, ` no json → 1`},
		{`no json`, `no json`, ""},
		{`{"h": "<b>"}`, `{"h": "&"}`, `.h "<b>" → "&"`},
	} {
		list, more := runview.Changes(json.RawMessage(c.was), json.RawMessage(c.is), 10)
		var got []string
		for _, one := range list {
			got = append(got, fmt.Sprintf("%s %s → %s", one.Path, one.Was, one.Is))
		}
		if text := strings.Join(got, "; "); text != c.want || more != 0 {
			t.Errorf("%s, %s: got %s and %d more, want %s", c.was, c.is, text, more, c.want)
		}
	}
	if list, more := runview.Changes(json.RawMessage(`[1,2,3,4,5]`), json.RawMessage(`[]`), 2); len(list) != 2 || more != 3 {
		t.Errorf("at most two: got %d and %d more", len(list), more)
	}
}
