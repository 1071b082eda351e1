// Command gen writes the TypeScript types of the structs in web/view, so that the browser and the server cannot disagree on a shape, and the words of
// web/words, so that they cannot disagree on a name.
//
// It walks from the roots below to every struct that they reach. It knows encoding/json's tags and nothing of the pages.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// roots are the values that cross the wire; whatever they hold is generated too.
var roots = []any{
	view.Draft{},
	view.Function{},
	view.FlowRef{},
	view.Run{},
	view.Item{},
	view.Event{},
	view.Assist{},
	view.Overlay{},
	view.Publication{},
	view.Reference{},
	view.Merge{},
	view.Recorded{},
	view.Gathered{},
}

var (
	rawType  = reflect.TypeFor[json.RawMessage]()
	timeType = reflect.TypeFor[time.Time]()
)

func main() {
	out := flag.String("out", "", "file to write; standard output if empty")
	catalogue := flag.String("words", "", "file to write the words to; empty: none")
	cases := flag.String("cases", "", "file to write what the tests of the words expect to; empty: none")
	flag.Parse()
	for _, err := range []error{run(*out), save(*catalogue, words.TypeScript()), save(*cases, words.Cases())} {
		if err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}

func save(file string, text []byte) error {
	if file == "" {
		return nil
	}
	return os.WriteFile(file, text, 0o644)
}

func run(out string) error {
	text, err := Generate(roots...)
	if err != nil {
		return fmt.Errorf("generating the types: %w", err)
	}
	if out == "" {
		_, err = os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// Generate returns TypeScript interfaces for the types of values and all that they reach, in the order of discovery.
func Generate(values ...any) ([]byte, error) {
	g := &generator{seen: map[reflect.Type]bool{}}
	for _, v := range values {
		g.add(reflect.TypeOf(v))
	}
	var b bytes.Buffer
	b.WriteString("// Code generated from web/view by web/ui/gen. DO NOT EDIT.\n\n")
	b.WriteString("/** Any JSON value. */\nexport type Json = null | boolean | number | string | Json[] | { [key: string]: Json };\n")
	for len(g.queue) > 0 {
		t := g.queue[0]
		g.queue = g.queue[1:]
		if err := g.write(&b, t); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

type generator struct {
	seen  map[reflect.Type]bool
	queue []reflect.Type
}

func (g *generator) add(t reflect.Type) {
	if !g.seen[t] {
		g.seen[t] = true
		g.queue = append(g.queue, t)
	}
}

func (g *generator) write(b *bytes.Buffer, t reflect.Type) error {
	var shared []string // of embedded structs
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			g.add(f.Type)
			shared = append(shared, f.Type.Name())
		}
	}
	extends := ""
	if len(shared) > 0 {
		extends = " extends " + strings.Join(shared, ", ")
	}
	fmt.Fprintf(b, "\nexport interface %s%s {\n", t.Name(), extends)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			continue
		}
		tag, ok := f.Tag.Lookup("json")
		if !ok || !f.IsExported() {
			return fmt.Errorf("field %s.%s has no json tag", t.Name(), f.Name)
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" {
			continue
		}
		ts, err := g.typeOf(f.Type)
		if err != nil {
			return fmt.Errorf("field %s.%s: %w", t.Name(), f.Name, err)
		}
		mark := ""
		if strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
			mark = "?"
		} else if f.Type.Kind() == reflect.Pointer {
			ts += " | null"
		}
		fmt.Fprintf(b, "  %s%s: %s;\n", name, mark, ts)
	}
	b.WriteString("}\n")
	return nil
}

func (g *generator) typeOf(t reflect.Type) (string, error) {
	switch t {
	case rawType:
		return "Json", nil
	case timeType:
		return "string", nil // RFC 3339
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.typeOf(t.Elem())
	case reflect.Struct:
		g.add(t)
		return t.Name(), nil
	case reflect.Slice:
		elem, err := g.typeOf(t.Elem())
		return elem + "[]", err
	case reflect.Map:
		elem, err := g.typeOf(t.Elem())
		return "Record<string, " + elem + ">", err
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64, reflect.Uint32, reflect.Float64:
		return "number", nil
	}
	return "", fmt.Errorf("no TypeScript counterpart of %s", t)
}
