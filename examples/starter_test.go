package examples_test

import (
	"bytes"
	"testing"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/starter"
)

// The functions that templates bring are those of the sample, whose handlers every server carries.
func TestTemplatesCallTheSample(t *testing.T) {
	list, _ := flow.ParseFunctions(read(t, "functions.yaml"))
	sample := map[string][]byte{}
	for _, f := range list {
		sample[f.Name] = f.JSON()
	}
	for name, f := range starter.Functions() {
		if !bytes.Equal(f.JSON(), sample[name]) {
			t.Errorf("%s: the template brings %s, the sample has %s", name, f.JSON(), sample[name])
		}
	}
}
