package templates

import (
	"fmt"

	"github.com/segno-run/segno/web/view"
)

// limitWords says how often a function may be called; "" where it says nothing of that.
func limitWords(f view.Function) string {
	text := ""
	switch f.Concurrency {
	case 0:
	case 1:
		text = "1 call at once"
	default:
		text = fmt.Sprintf("%d calls at once", f.Concurrency)
	}
	if f.Rate != "" {
		if text != "" {
			text += " and "
		}
		text += f.Rate
	}
	return text
}
