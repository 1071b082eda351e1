package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/segno-run/segno/web/words"
)

func TestGeneratedTypesAreCurrent(t *testing.T) {
	want, err := Generate(roots...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../src/types.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("src/types.gen.ts is not current: run go generate ./web/ui")
	}
}

func TestGeneratedWordsAreCurrent(t *testing.T) {
	for file, want := range map[string][]byte{"../src/words.gen.ts": words.TypeScript(), "../src/words.cases.gen.ts": words.Cases()} {
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not current: run go generate ./web/ui", file)
		}
	}
}

func TestFieldWithoutTagIsRefused(t *testing.T) {
	type bad struct{ Name string }
	_, err := Generate(bad{})
	if err == nil || !strings.Contains(err.Error(), "bad.Name") {
		t.Errorf("got error %v, want one that names bad.Name", err)
	}
}
