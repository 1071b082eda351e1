package edit

import (
	"strings"
	"testing"
)

const mergeBase = `name: f # the flow
title: F
steps:
  a:
    call: f
    with: {x: 1, y: 1}
  b: # b waits
    needs: [a]
    wait: 1s
  c:
    needs: [b]
    wait: 1s
`

func changed(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(mergeBase) }

func TestMerge(t *testing.T) {
	cases := map[string]struct {
		mine, theirs string
		choose       map[string]string
		want         string
		sides        string // path=side, …
	}{
		"apart": {
			mine: changed("x: 1", "x: 2", "title: F", "title: G"), theirs: changed("y: 1", "y: 2", "# b waits", "# b waits long", "needs: [a]", "needs: [a]\n    title: B"),
			want:  changed("x: 1, y: 1", "x: 2, y: 2", "title: F", "title: G", "# b waits", "# b waits long", "needs: [a]", "needs: [a]\n    title: B"),
			sides: "steps.a.with.x=mine steps.a.with.y=theirs steps.b.title=theirs title=mine",
		},
		"overlap, theirs": {
			mine: changed("x: 1", "x: 2"), theirs: changed("x: 1", "x: 3"), want: changed("x: 1", "x: 3"), sides: "steps.a.with.x=both",
		},
		"overlap, mine": {
			mine: changed("x: 1", "x: 2"), theirs: changed("x: 1", "x: 3"), choose: map[string]string{"steps.a.with.x": SideMine}, want: changed("x: 1", "x: 2"), sides: "steps.a.with.x=both",
		},
		"alike": {
			mine: changed("title: F", "title: G"), theirs: changed("title: F", "title: G"), want: changed("title: F", "title: G"), sides: "title=same",
		},
		"both insert a step": {
			mine:   changed("  c:\n    needs: [b]", "  m: # of mine\n    needs: [b]\n    wait: 2s\n  c:\n    needs: [m]"),
			theirs: changed("  c:\n    needs: [b]", "  t:\n    needs: [a]\n    wait: 3s\n  c:\n    needs: [b, t]"),
			want:   changed("  c:\n    needs: [b]", "  m: # of mine\n    needs: [b]\n    wait: 2s\n  t:\n    needs: [a]\n    wait: 3s\n  c:\n    needs: [t, m]"),
			sides:  "steps.t=theirs steps.m=mine steps.c.needs=mine",
		},
		"removed and changed": {
			mine: changed("  c:\n    needs: [b]\n    wait: 1s\n", ""), theirs: changed("  c:\n    needs: [b]\n    wait: 1s\n", "  c:\n    needs: [b]\n    wait: 9s\n"),
			want: changed("  c:\n    needs: [b]\n    wait: 1s\n", "  c:\n    needs: [b]\n    wait: 9s\n"), sides: "steps.c=both",
		},
		"removed": {
			mine: changed("  c:\n    needs: [b]\n    wait: 1s\n", ""), theirs: changed("x: 1", "x: 3"), want: changed("  c:\n    needs: [b]\n    wait: 1s\n", "", "x: 1", "x: 3"),
			sides: "steps.c=mine steps.a.with=theirs",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, changes, err := Merge([]byte(mergeBase), []byte(c.mine), []byte(c.theirs), c.choose)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			var sides []string
			for _, ch := range changes {
				sides = append(sides, ch.Path()+"="+ch.Side)
			}
			if s := strings.Join(sides, " "); s != c.sides {
				t.Errorf("changes %s, want %s", s, c.sides)
			}
		})
	}
	if _, _, err := Merge([]byte(mergeBase), []byte("a: ["), []byte(mergeBase), nil); err == nil || !strings.Contains(err.Error(), "your text") {
		t.Errorf("a broken text was merged: %v", err)
	}
}
