package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestOutlines: beside each graph a list names all its steps, those among them that are drawn nowhere because they are not in view.
func TestOutlines(t *testing.T) {
	s := boot(t)
	const many = 150
	var text strings.Builder
	text.WriteString("steps:\n  s0: {set: {x: 1}}\n")
	want := []string{"s0"}
	for i := 1; i < many; i++ {
		fmt.Fprintf(&text, "  s%d: {needs: [s%d], set: {x: 1}}\n", i, i-1)
		want = append(want, fmt.Sprintf("s%d", i))
	}
	s.publish(t, "many", text.String())
	s.publish(t, "many", text.String()+fmt.Sprintf("  last: {needs: [s%d], set: {x: 1}}\n", many-1))
	id := s.start(t, "many", "{}")
	until(t, said("the run is over"), func() bool { return s.run(t, id).Status == "succeeded" })
	b := open(t, 1280, 720)
	for _, p := range []struct{ path, when, names string }{
		{"/flows/many/edit", canvasPage, `[...document.querySelectorAll("[data-testid=outline] li")].map(e => e.textContent.trim())`},
		{"/runs/" + id, runPage, `[...document.querySelectorAll("#run-steps [data-step]")].map(e => e.dataset.step)`},
		{"/flows/many/diff?from=1&to=2", plainPage, `[...document.querySelectorAll(".diff-outline li")].map(e => e.querySelector("a, span:not(.sign, .visually-hidden)").textContent.trim())`},
	} {
		b.goTo(s.url + p.path)
		b.await("all of "+p.path, p.when)
		if strings.HasSuffix(p.path, "/edit") { // it is drawn once it is open
			b.click(".sg-outline > summary")
			b.await("the outline is open", `document.querySelector("[data-testid=outline] li")`)
		}
		got, _ := ask[[]string](b, p.names)
		names := slices.Clone(want)
		names = append(names, "last")
		slices.Sort(got)
		slices.Sort(names)
		if !slices.Equal(got, names) {
			t.Errorf("%s: the outline has %d names, want %d: %v", p.path, len(got), len(names), got)
		}
	}
	b.clean()
}
