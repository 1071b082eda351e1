package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
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

func TestFieldWithoutTagIsRefused(t *testing.T) {
	type bad struct{ Name string }
	_, err := Generate(bad{})
	if err == nil || !strings.Contains(err.Error(), "bad.Name") {
		t.Errorf("got error %v, want one that names bad.Name", err)
	}
}
