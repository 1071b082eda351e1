package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/flow"
)

const listText = `name: f
steps:
  a:
    call: pay
    with:
      lines: # what is sold
        - sku: cup # the first
          n: 1
        # between
        - {sku: "pot", n: 2} # the second
      tags: [one, 'two', "three"] # few
      deep:
        list:
        - [1, 2]
        - x
      # the end
    timeout: 3s
`

// TestListsChangeLineByLine sets lists as a whole, as the forms do: one element changes one line, and comments stay.
func TestListsChangeLineByLine(t *testing.T) {
	for _, c := range []struct{ path, value, old, now string }{
		{"with.lines", `[{"sku":"cup","n":3},{"sku":"pot","n":2}]`, "          n: 1\n", "          n: 3\n"},
		{"with.lines", `[{"sku":"cup","n":1},{"sku":"jug","n":2}]`, `{sku: "pot", n: 2}`, `{sku: "jug", n: 2}`},
		{"with.lines", `[{"sku":"cup","n":1},{"sku":"pot","n":2},{"sku":"jug","n":4}]`, "# the second\n", "# the second\n        - {sku: jug, n: 4}\n"},
		{"with.lines", `[{"sku":"cup","n":1}]`, "        - {sku: \"pot\", n: 2} # the second\n", ""},
		{"with.lines", `[{"sku":"pot","n":2}]`, "        - sku: cup # the first\n          n: 1\n", ""},
		{"with.lines", `[{"sku":"cup","n":1,"gift":true},{"sku":"pot","n":2}]`, "          n: 1\n", "          n: 1\n          gift: true\n"},
		{"with.lines", `[{"sku":"cup","n":1},{"sku":"pot","n":2,"gift":true}]`, "n: 2}", "n: 2, gift: true}"},
		{"with.lines", `[{"sku":"cup"},{"sku":"pot","n":2}]`, "          n: 1\n", ""},
		{"with.lines", `[{"n":1},{"sku":"pot","n":2}]`, "sku: cup # the first\n          n: 1", "n: 1"},
		{"with.lines", `[{"sku":"cup","n":1},{"n":2}]`, `sku: "pot", `, ""},
		{"with.tags", `["one",["x"],"three"]`, "'two'", "[x]"},
		{"with.tags", `["one","2","three"]`, "'two'", "'2'"},
		{"with.tags", `["one","two","three","four"]`, `"three"]`, `"three", four]`},
		{"with.tags", `["two","three"]`, "[one, 'two'", "['two'"},
		{"with.deep.list", `[[1,5],"x"]`, "- [1, 2]", "- [1, 5]"},
		{"with.deep.list", `[[1,2],"${{ input.x }}"]`, "- x", "- ${{ input.x }}"},
		{"with.deep", `{"list":[[1,2],"x","z"]}`, "        - x\n", "        - x\n        - z\n"},
	} {
		out, _, err := Apply([]byte(listText), Op{Op: SetField, Step: "a", Path: c.path, Value: json.RawMessage(c.value)})
		if err != nil {
			t.Errorf("%s = %s: %v", c.path, c.value, err)
			continue
		}
		if want := strings.Replace(listText, c.old, c.now, 1); string(out) != want {
			t.Errorf("%s = %s: got\n%s\nwant\n%s", c.path, c.value, out, want)
		}
	}
}

// TestAmendedListsReadBack writes lists in many ways, changes them in many ways, and reads what was meant.
func TestAmendedListsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		element := rapid.SampledFrom([]string{`1`, `"two"`, `null`, `true`, `{"k":"v"}`, `{"k":"w","l":[1]}`, `[]`, `[1,"a"]`, `"# no comment"`, `"${{ item.x }}"`, `{}`, `"a\nb"`, `{"k":{"m":[]}}`, `{"k":"v","n":1}`, `{"k":"v","n":1,"o":null}`, `{"n":1}`})
		was, now := rapid.SliceOfN(element, 1, 4).Draw(t, "was"), rapid.SliceOfN(element, 0, 5).Draw(t, "now")
		if rapid.Bool().Draw(t, "near") {
			now = append([]string{}, was...)
			switch i := rapid.IntRange(0, len(now)-1).Draw(t, "at"); rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				now[i] = element.Draw(t, "other")
			case 1:
				now = append(now, element.Draw(t, "more"))
			case 2:
				now = append(now[:i], now[i+1:]...)
			}
		}
		text := "name: f\nsteps:\n  a:\n    set:\n      x:"
		switch rapid.IntRange(0, 3).Draw(t, "style") {
		case 0:
			text += " [" + strings.Join(was, ", ") + "] # c\n"
		case 1:
			text += "\n"
			for i, e := range was {
				text += fmt.Sprintf("        # before %d\n        - %s # behind %d\n", i, e, i)
			}
		case 2:
			text += "\n      - " + strings.Join(was, "\n      - ") + "\n"
		case 3:
			text += " [\n" + strings.Join(was, ", # c\n") + "\n      ] # d\n"
		}
		text += "      y: 1\n    timeout: 1s"
		if flowTree, issues := flow.ParseTree([]byte(text)); flowTree == nil || len(issues) > 0 {
			return
		}
		value := "[" + strings.Join(now, ",") + "]"
		out, undo, err := Apply([]byte(text), Op{Op: SetField, Step: "a", Path: "set.x", Value: json.RawMessage(value)})
		if err != nil {
			t.Fatalf("%s\nto %s: %v", text, value, err)
		}
		checkApplied(t, []byte(text), out, undo)
		tree, _ := flow.ParseTree(out)
		set := tree.Root.Get("steps").Get("a").Get("set")
		got, err := flow.FromNode(tree, set.Get("x"))
		want, _ := flow.FromJSON([]byte(value))
		if err != nil || !bytes.Equal(got.JSON(), want.JSON()) || set.Get("y") == nil {
			t.Fatalf("%s\nto %s gives\n%s\nwhich is %s (%v)", text, value, out, got.JSON(), err)
		}
	})
}
