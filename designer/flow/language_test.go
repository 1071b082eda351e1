package flow

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const published = "../../docs/flow.schema.json"

func TestPublishedSchema(t *testing.T) {
	got := LanguageSchema()
	if *update {
		if err := os.WriteFile(published, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what the parser reads (write it anew with -update)", published)
	}
}

// keysRead are the parser's own lists, by where they stand in the schema.
var keysRead = map[string][]string{
	"": flowKeys, "$defs.step": stepKeys, "$defs.retry": retryKeys, "$defs.step.compensate": compensateKeys, "$defs.step.signal": signalKeys,
	"$defs.step.approval": approvalKeys, "$defs.step.fail": failKeys,
}

func TestSchemaHasTheParsersKeys(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(LanguageSchema(), &root); err != nil {
		t.Fatal(err)
	}
	for path, want := range keysRead {
		at := root
		for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' }) {
			next, ok := at[part].(map[string]any)
			if !ok {
				next, _ = at["properties"].(map[string]any)[part].(map[string]any)
			}
			at = next
		}
		got := slices.Sorted(maps.Keys(at["properties"].(map[string]any)))
		if want := slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			t.Errorf("keys of %q: the schema has %v, the parser reads %v", path, got, want)
		}
	}
}

// TestReferenceNamesEveryKey keeps docs/language.md complete.
func TestReferenceNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	for path, keys := range keysRead {
		for _, key := range keys {
			if !strings.Contains(string(text), "`"+key+"`") {
				t.Errorf("docs/language.md does not name the key `%s` (%s)", key, path)
			}
		}
	}
}
