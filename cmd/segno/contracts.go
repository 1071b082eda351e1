package main

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// contracts are the functions that one side of a diff is checked against: the functions.yaml beside a file or above it, as it was at that revision; what a
// version pins; for a draft what is registered. Nil if they are not known.
func (t terminal) contracts(ctx context.Context, arg, server string) check.Catalog {
	if arg == "-" {
		return nil
	}
	if _, err := os.Stat(arg); err == nil {
		for _, dir := range []string{filepath.Dir(arg), filepath.Join(filepath.Dir(arg), "..")} {
			if src, err := readBounded(filepath.Join(dir, "functions.yaml")); err == nil {
				return functionsOf(src)
			}
		}
		return nil
	}
	if m := onServer.FindStringSubmatch(arg); m != nil {
		c, err := t.dial(server)
		if err != nil {
			return nil
		}
		specs := map[string][]byte{}
		if m[2] == "draft" {
			if specs, err = c.Functions(ctx); err != nil {
				return nil
			}
		} else {
			number, _ := strconv.Atoi(m[2]) // "latest" is 0
			v, err := c.Published(ctx, m[1], number)
			if v == nil || err != nil {
				return nil
			}
			pins, err := check.ReadPins(v.Pins)
			if err != nil {
				return nil
			}
			for name, spec := range pins.Functions {
				specs[name] = spec
			}
		}
		p := &project.Project{}
		for name, spec := range specs {
			if f, issues := flow.ParseFunctionJSON(name, spec); !issues.HasErrors() {
				p.Functions = append(p.Functions, f)
			}
		}
		return p
	}
	if rev, file, ok := strings.Cut(arg, ":"); ok && rev != "" {
		own := strings.HasPrefix(file, "./")
		for _, dir := range []string{path.Dir(file), path.Join(path.Dir(file), "..")} {
			name := path.Join(dir, "functions.yaml")
			if own {
				name = "./" + name
			}
			if src, err := gitBlob(ctx, rev+":"+name); err == nil {
				return functionsOf(src)
			}
		}
	}
	return nil
}

// functionsOf reads a functions.yaml as far as it can be read.
func functionsOf(src []byte) check.Catalog {
	functions, _ := flow.ParseFunctions(src)
	return &project.Project{Functions: functions}
}
