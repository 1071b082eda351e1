package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestAgrees holds the reader against a YAML library: what both accept means the same to both. The library is not used for reading itself because its
// positions drift after comments in a text with CRLF, it does not give the bytes a node covers, and nested dashes cost it quadratic time.
func TestAgrees(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../edit/testdata/cases/*/out.yaml")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	for _, f := range append(files, more...) {
		if texts[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"a:\n- b\n- c: d\n  e: f\n-\n  - g\n", "a: |-\n  x\n   y\n\n  z\n\nb: >\n  p\n  q\n\n  r\nc: |2\n    s\n", "a: 'it''s'\nb: \"\\t\\x41\\u00e9\"\n",
		"{a: [1, -2.5, true, null, ~, 'x', \"y\"], b: {}, c: []}", "a: b c\n  d\n\n  e\n", "\"quoted key\": 1\n'k 2': 2\n", "a: http://x/y#z\nb: c#d # e\n",
		"- - a\n  - b\n- {c: d}\n", "a: 0x1F\nb: 0o17\nc: 1.0e3\nd: .5\ne: +3\n", "a: -\nb: ?x\nc: :y\nd: a:b\n", "---\na: 1\n...\n"} {
		texts[s] = []byte(s)
	}
	compared := 0
	for name, src := range texts {
		tree, issues := ParseTree(src)
		if tree == nil || tree.Root == nil || len(issues) > 0 {
			continue
		}
		v, err := FromNode(tree, tree.Root)
		if err != nil {
			continue
		}
		var other, want, got any
		if err := yaml.Unmarshal(src, &other); err != nil {
			t.Logf("%q: the library refuses it: %v", name, err)
			continue
		}
		b, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(v.JSON(), &got); err != nil {
			t.Fatal(err)
		}
		compared++
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n got %s\nwant %s", name, v.JSON(), b)
		}
	}
	if compared < 60 {
		t.Errorf("only %d texts were compared", compared)
	}
}
