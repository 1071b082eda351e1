package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// mend does the edits that the issues offer, in the files, and gives how many it did. Of edits that overlap the first is done; a guess never is.
func (t terminal) mend(issues project.Issues, sources map[string][]byte) (int, error) {
	byFile := map[string][]flow.Fix{}
	var files []string
	for _, is := range issues {
		if is.Fix == (flow.Fix{}) || is.Fix.Guess {
			continue
		}
		if is.File == "-" {
			return 0, misuse("--fix writes files; the standard input is none")
		}
		if byFile[is.File] == nil {
			files = append(files, is.File)
		}
		byFile[is.File] = append(byFile[is.File], is.Fix)
	}
	done := 0
	for _, file := range files {
		text, n := mendAll(sources[file], byFile[file])
		info, err := os.Stat(file)
		if err != nil {
			return done, err
		}
		if err := os.WriteFile(file, text, info.Mode().Perm()); err != nil {
			return done, err
		}
		fmt.Fprintf(t.err, "%s: %s done\n", file, counted(n, "edit"))
		done += n
	}
	return done, nil
}

// mendAll does edits from the end of a text to its beginning, so that the places of the others stay.
func mendAll(text []byte, fixes []flow.Fix) ([]byte, int) {
	slices.SortStableFunc(fixes, func(a, b flow.Fix) int { return -cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	done := 0
	line, column := 1<<30, 0
	for _, f := range fixes {
		if f.EndLine > line || f.EndLine == line && f.EndColumn > column || f.Line == line && f.Column == column {
			continue
		}
		if mended, ok := f.Apply(text); ok {
			text, done = mended, done+1
			line, column = f.Line, f.Column
		}
	}
	return text, done
}
