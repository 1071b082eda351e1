package planner

import (
	"regexp"
	"strings"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/designer/check"
)

var constant = regexp.MustCompile(`6 / \((input\.n|item|iteration) - (\d)\)`)

// drawEdition is another version of a flow: the same text with a few changes, or the same text where those do not compile.
func drawEdition(t *rapid.T, src string, p *check.Program) *check.Program {
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		lines := strings.Split(strings.TrimRight(src, "\n"), "\n")
		i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		switch line := lines[i]; rapid.IntRange(0, 6).Draw(t, "edit") {
		case 0, 1:
			lines[i] = constant.ReplaceAllString(line, "6 / ($1 - "+rapid.SampledFrom([]string{"8", "9", "0"}).Draw(t, "constant")+")")
		case 2:
			lines[i] = strings.Replace(line, "call: safe", "call: once", 1)
		case 3:
			if strings.HasPrefix(line, "  s") {
				lines = append(lines[:i], lines[i+1:]...)
			}
		case 4:
			lines = append(lines, "  extra: {call: safe}")
		case 5:
			lines[i] = strings.Replace(line, "compensate: {call: ", "title: t, compensate: {with: {again: 1}, call: ", 1)
		case 6:
			lines[i] = strings.NewReplacer("wait: 5s", "wait: 6s", "title: \"?\"", "title: \"!\"", "name: go", "name: stop", "needs: [", "needs: [extra, ").Replace(line)
		}
		next := strings.Join(lines, "\n") + "\n"
		if q, _ := compileFlow(next, randomFunctions, randomKid); q != nil {
			src, p = next, q
		}
	}
	return p
}

// drawRepair goes on with another version, with an input that a person gives, or from an earlier step.
func (w *chaos) drawRepair() Input {
	t := w.t
	version := rapid.IntRange(0, 3).Draw(t, "version")
	step := rapid.SampledFrom(w.p.Steps).Draw(t, "step").Name
	switch rapid.IntRange(0, 3).Draw(t, "repair") {
	case 0:
		in := &Restart{By: "ann", Step: step, Version: version}
		if rapid.Bool().Draw(t, "again") {
			for _, st := range w.p.Steps {
				if rapid.Bool().Draw(t, "twice") {
					in.Again = append(in.Again, st.Name)
				}
			}
		}
		return in
	case 1:
		return &Restart{By: "ann", Step: step}
	case 2:
		in := &Retry{By: "ann", Version: version}
		if refs := w.units(Failed); len(refs) > 0 {
			r := rapid.SampledFrom(refs).Draw(t, "given")
			in.Given = []GivenInput{{r.Step, r.Item, JSON(rapid.SampledFrom([]string{`{"given":1}`, `{"given":2}`}).Draw(t, "input"))}}
		}
		return in
	}
	return &Retry{By: "ann", Version: version}
}
