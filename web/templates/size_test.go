package templates

import (
	"testing"

	"github.com/segno-run/segno/web/view"
)

func TestTabsSayTheSizesOfValues(t *testing.T) {
	t.Parallel()
	in := Inspector{Step: &view.Step{ID: "scan", Values: view.Values{OutputBytes: 10 << 20, InputBytes: 700}}}
	for tab, want := range map[string]string{"output": "10.0 MiB", "resolved": "", "error": ""} {
		if got := in.tabNote(tab); got != want {
			t.Errorf("%s: got %q, want %q", tab, got, want)
		}
	}
	in.Item = &view.Item{Values: view.Values{OutputBytes: 5 << 10}}
	if got := in.tabNote("output"); got != "5 KiB" {
		t.Errorf("of an item: got %q", got)
	}
	if got := (Inspector{}).tabNote("output"); got != "" {
		t.Errorf("of the run: got %q", got)
	}
}
