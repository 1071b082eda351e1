package assist

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// spot is a JSON Schema that a place of the text is under: a part of the language's own, or of a function's input.
type spot struct {
	doc  map[string]any
	root any    // where its references lead
	ref  string // the name under $defs that it came by
	says string // what was said of the place, if what it refers to says nothing
}

// maxForms bounds what a place may be: schemas may refer to themselves, and branch.
const maxForms = 64

var language = sync.OnceValue(func() spot { return read(flow.LanguageSchema()) })

// read makes a spot of a schema's text; one that says nothing if it is no schema.
func read(raw []byte) spot {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&doc) != nil {
		return spot{}
	}
	return spot{doc: doc, root: doc}
}

// forms lists what a spot may be: references followed, alternatives apart, each once.
func (s spot) forms() []spot {
	var out []spot
	seen := map[uintptr]bool{}
	for queue := []spot{s}; len(queue) > 0 && len(out) < maxForms; {
		f := queue[0]
		queue = queue[1:]
		if f.doc == nil || seen[reflect.ValueOf(f.doc).Pointer()] {
			continue
		}
		seen[reflect.ValueOf(f.doc).Pointer()] = true
		if says, ok := f.doc["description"].(string); ok && f.says == "" {
			f.says = says
		}
		out = append(out, f)
		var next []spot
		if ref, ok := f.doc["$ref"].(string); ok {
			if to, ok := follow(f.root, ref); ok {
				next = append(next, spot{doc: to, root: f.root, ref: ref[strings.LastIndexByte(ref, '/')+1:], says: f.says})
			}
		}
		for _, key := range []string{"anyOf", "oneOf", "allOf"} {
			for _, v := range listed(f.doc[key]) {
				if doc, ok := v.(map[string]any); ok && len(next) < maxForms {
					next = append(next, spot{doc: doc, root: f.root, ref: f.ref, says: f.says})
				}
			}
		}
		queue = append(next, queue[:min(len(queue), maxForms)]...)
	}
	return out
}

// follow resolves a reference within a schema.
func follow(root any, ref string) (map[string]any, bool) {
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	at := root
	for _, name := range strings.Split(strings.TrimPrefix(rest, "/"), "/") {
		if name == "" {
			continue
		}
		of, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		at = of[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	doc, ok := at.(map[string]any)
	return doc, ok
}

// child is what the spot says of one key of a mapping, or of the items of a list for "[".
func (s spot) child(key string) (spot, bool) {
	for _, f := range s.forms() {
		if key == "[" {
			if doc, ok := f.doc["items"].(map[string]any); ok {
				return spot{doc: doc, root: f.root}, true
			}
			continue
		}
		properties, _ := f.doc["properties"].(map[string]any)
		if doc, ok := properties[key].(map[string]any); ok {
			return spot{doc: doc, root: f.root}, true
		}
	}
	for _, f := range s.forms() {
		if doc, ok := f.doc["additionalProperties"].(map[string]any); ok && key != "[" {
			return spot{doc: doc, root: f.root}, true
		}
	}
	return spot{}, false
}

// spotAt is what the language, a function's input or JSON Schema says of a path.
func spotAt(path []string, tree *flow.Tree, c check.Catalog) (spot, bool) {
	at := language()
	for i, key := range path {
		next, ok := at.child(key)
		if !ok {
			return spot{}, false
		}
		switch {
		case key == "with" && i > 1 && path[0] == "steps":
			next.says = "The input of the function or flow."
			if in, ok := inputOf(path[:i], tree, c); ok {
				next = in
			}
		case key == "input" && i == 0 || key == "schema" && i == 3 && path[2] == "signal":
			next = spot{doc: schemaOfSchemas, root: schemaOfSchemas, says: next.description()}
		}
		at = next
	}
	return at, true
}

// inputOf is the input schema of the function that the mapping at a path calls, or of the flow that it runs.
func inputOf(path []string, tree *flow.Tree, c check.Catalog) (spot, bool) {
	at := tree.Root
	for _, key := range path {
		at = at.Get(key)
	}
	call := at.Get("call")
	if child := at.Get("flow"); child != nil {
		number := 0
		if v := at.Get("version"); v != nil {
			number, _ = strconv.Atoi(v.Text)
		}
		s := c.Flow(child.Text, number)
		if s == nil || s.Source.Kind == flow.Absent {
			return spot{}, false
		}
		return read(s.Source.JSON()), true
	}
	if call == nil {
		return spot{}, false
	}
	f := c.Function(call.Text)
	if f == nil || f.Input.Kind == flow.Absent {
		return spot{}, false
	}
	return read(f.Input.JSON()), true
}

// description is what a spot says of itself, on one line.
func (s spot) description() string {
	says := s.says
	for _, f := range s.forms() {
		if says == "" {
			says, _ = f.doc["description"].(string)
		}
	}
	if says == "" {
		says, _ = s.doc["title"].(string)
	}
	says, _, _ = strings.Cut(says, "\n")
	return says
}

// kind names what may stand at a spot: "duration", "string or list of edge", "pause | compensate".
func (s spot) kind() string { return s.kindTo(3) }

func (s spot) kindTo(depth int) string {
	var out []string
	add := func(words ...string) {
		for _, w := range words {
			if w != "" && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	for _, f := range s.forms() {
		switch {
		case f.doc["$ref"] != nil:
		case f.ref == "duration" || f.ref == "expression" || f.ref == "function" || f.ref == "flow":
			add(f.ref)
		case f.ref == "edge":
			add("step")
		case f.doc["enum"] != nil:
			values := texts(f.doc["enum"])
			if len(values) > 5 {
				values = append(values[:3], "…")
			}
			add(strings.Join(values, " | "))
		case f.doc["const"] != nil:
			add(text(f.doc["const"]))
		case f.doc["items"] != nil:
			word := "list"
			if of, ok := f.child("["); ok && depth > 0 {
				if kind := of.kindTo(depth - 1); kind != "" {
					word += " of " + kind
				}
			}
			add(word)
		default:
			add(typeWords(f.doc["type"])...)
		}
	}
	return strings.Join(out, " or ")
}

func typeWords(v any) []string {
	if one, ok := v.(string); ok {
		return []string{strings.Replace(one, "array", "list", 1)}
	}
	var out []string
	for _, t := range texts(v) {
		out = append(out, strings.Replace(t, "array", "list", 1))
	}
	return out
}

// texts are the elements of a list, as they would be written.
func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		out = append(out, text(e))
	}
	return out
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
