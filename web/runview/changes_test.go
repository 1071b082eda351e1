package runview

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// inWords writes differences a line each, for comparing.
func inWords(changes []view.ValueChange) string {
	var out []string
	for _, c := range changes {
		was, is := string(c.Was), string(c.Is)
		out = append(out, fmt.Sprintf("%s: %s > %s", c.Path, was, is))
	}
	return strings.Join(out, "\n")
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, is, want string }{
		{`{"a":1,"b":[1,2]}`, `{"b": [1, 2], "a": 1}`, ""},
		{`12345678901234567890`, `12345678901234567891`, ": 12345678901234567890 > 12345678901234567891"},
		{`{"n":9007199254740992}`, `{"n":9007199254740993}`, "n: 9007199254740992 > 9007199254740993"},
		{`{"a":null}`, `{}`, "a: null > "},
		{`{}`, `{"a":null}`, "a:  > null"},
		{`{"a b":{"c":1,"in":[true]}}`, `{"a b":{"c":"1","in":[false]}}`, "[\"a b\"].c: 1 > \"1\"\n[\"a b\"].in[0]: true > false"},
		{`[{"id":1},{"id":2},{"id":3}]`, `[{"id":1},{"id":3}]`, `[1]: {"id":2} > `},
		{`["a","b","c","d","e"]`, `["a","x","c","d","y","z","e"]`, "[1]: \"b\" > \"x\"\n[4]:  > \"y\"\n[5]:  > \"z\""},
		{`[1,2]`, `{"0":1}`, `: [1,2] > {"0":1}`},
		{`{"t":"<b>&"}`, `{"t":"<i>"}`, `t: "<b>&" > "<i>"`},
		{`[]`, `[[]]`, "[0]:  > []"},
		{`{"v":{"$payload":"sha256:aa","bytes":9}}`, `{"v":{"$payload":"sha256:bb","bytes":9}}`, `v: {"$payload":"sha256:aa","bytes":9} > {"$payload":"sha256:bb","bytes":9}`},
		{`"a"`, `null`, `: "a" > null`},
	} {
		changes, more := Changes([]byte(c.was), []byte(c.is), 100)
		if got := inWords(changes); got != c.want || more != 0 {
			t.Errorf("%s to %s: got %q and %d more, want %q", c.was, c.is, got, more, c.want)
		}
	}
	if changes, _ := Changes(nil, []byte(`1`), 10); inWords(changes) != ":  > 1" {
		t.Errorf("a value that was not there: got %q", inWords(changes))
	}
	if changes, more := Changes([]byte(`[1,2,3]`), []byte(`[4,5,6]`), 2); len(changes) != 2 || more != 1 {
		t.Errorf("at most two: got %d and %d more", len(changes), more)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	o := &Outline{index: map[string]int{}}
	o.add(Step{ID: "end", Needs: []string{"left", "right"}})
	o.add(Step{ID: "right", Needs: []string{"begin"}})
	o.add(Step{ID: "left", Needs: []string{"begin", "nobody"}})
	o.add(Step{ID: "begin"})
	o.add(Step{ID: "round", Needs: []string{"about"}})
	o.add(Step{ID: "about", Needs: []string{"round"}})
	if got := fmt.Sprint(o.Order()); got != "[begin right left end round about]" {
		t.Errorf("got %s", got)
	}
}
