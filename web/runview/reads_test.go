package runview_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/view"
)

// TestReadsOfARun: who reads whose output, how much that is once it is there, and by which edges.
func TestReadsOfARun(t *testing.T) {
	s := beginFlow(t, `name: order
steps:
  first: {call: pay, with: {a: 1}, compensate: {call: refund, with: {a: "${{ steps.first.output.a }}"}}}
  way: {needs: [first], switch: {big: "${{ steps.first.output.a > 1 }}", otherwise: true}}
  last: {needs: {any: [way.big, way.otherwise]}, call: take, with: {all: "${{ steps.first.output }}", way: "${{ steps.way.output }}"}}
  none: {needs: [first.error], fail: {message: "${{ steps.first.error.message }}"}}
`, "{}")
	want := []view.Read{{From: "first", To: "way", Ports: []string{"done"}}, {From: "first", To: "last"}, {From: "way", To: "last", Ports: []string{"big", "otherwise"}}}
	if got := s.run().Reads; !reflect.DeepEqual(got, want) {
		t.Errorf("before anything is there: got %+v, want %+v", got, want)
	}
	output := `{"a":2,"text":"` + strings.Repeat("x", 100_000) + `"}`
	s.done("first", none, false, output, nil)
	got := s.run().Reads
	for i := range 2 {
		if want[i].Bytes = int64(len(output)); !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}
