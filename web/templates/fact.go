package templates

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/web/view"
)

// piece is a part of a line of the log: words, or a link to a step or to another run.
type piece struct{ Text, Step, Run string }

// factPieces cuts a fact's sentence into words and links. The live page does the same in run/log.ts.
func factPieces(f view.Fact) []piece {
	var out []piece
	before, after, named := cutWord(f.Text, f.Step)
	switch {
	case f.Step == "":
		out = []piece{{Text: f.Text}}
	case named:
		out = []piece{{Text: before}, {Text: f.Step, Step: f.Step}, {Text: after}}
	default:
		out = []piece{{Text: f.Text + " ("}, {Text: f.Step, Step: f.Step}, {Text: ")"}}
	}
	if f.Run == "" {
		return out
	}
	link := piece{Text: f.Run, Run: f.Run}
	for i, p := range out {
		if before, after, found := strings.Cut(p.Text, f.Run); found && p.Step == "" {
			return slices.Replace(out, i, i+1, piece{Text: before}, link, piece{Text: after})
		}
	}
	return append(out, piece{Text: " "}, link)
}
