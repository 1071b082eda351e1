package assist

import (
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

func itoa(n int) string { return strconv.Itoa(n) }

// wordByte reports whether a byte belongs to the word that an item replaces.
func wordByte(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c == '$' || c == '%' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// word is the stretch around the cursor that an item replaces.
func (h *helper) word() (from, to int) {
	line := lineOf(h.src, h.cursor)
	from, to = h.cursor, h.cursor
	for from > line.from && wordByte(h.src[from-1]) {
		from--
	}
	for to < line.to && wordByte(h.src[to]) {
		to++
	}
	for from < h.cursor && h.src[from] == '-' { // the dash of a list
		from++
	}
	return from, to
}

// structure helps outside of expressions: with keys, and with values.
func (h *helper) structure() Answer {
	from, to := h.word()
	out := h.answer(from, to)
	line := lineOf(h.src, h.cursor)
	if comment(h.src[line.from:h.cursor]) {
		return out
	}
	lead := strings.TrimRight(string(h.src[line.from:from]), " \t")
	keyPlace := lead == "" || strings.HasSuffix(lead, "-") || strings.HasSuffix(lead, "{") || strings.HasSuffix(lead, ",") ||
		(strings.HasSuffix(lead, `"`) || strings.HasSuffix(lead, `'`)) && strings.HasPrefix(strings.TrimLeft(string(h.src[to:line.to]), `"' `), ":")
	rest := strings.TrimLeft(string(h.src[to:line.to]), " \"'")
	switch {
	case keyPlace && strings.HasPrefix(rest, ":"):
		if from < to {
			if m, ok := h.insert(to, ""); ok {
				h.key(&out, m, from, to, true)
			}
		} else if m, ok := h.insert(to, placeholder); ok {
			h.key(&out, m, from, to, true)
		}
	case keyPlace:
		text := ": "
		if from == to {
			text = placeholder + text
		}
		if m, ok := h.insert(to, text); ok {
			h.key(&out, m, from, to, false)
		}
	}
	if len(out.Items) > 0 || out.Hover != nil {
		return out
	}
	text := ""
	if from == to {
		text = placeholder
	}
	glued := strings.HasSuffix(string(h.src[line.from:from]), ":")
	if glued {
		text = " " + placeholder
	}
	if m, ok := h.insert(to, text); ok {
		h.value(&out, m, from, to, glued)
	}
	return out
}

// comment reports whether the end of a piece of a line is inside a comment.
func comment(lead []byte) bool {
	quote := byte(0)
	for i, c := range lead {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" \t[{,:-", lead[i-1]) >= 0):
			quote = c
		case c == '#' && (i == 0 || lead[i-1] == ' ' || lead[i-1] == '\t'):
			return true
		}
	}
	return false
}

// key helps where a key stands.
func (h *helper) key(out *Answer, m mended, from, to int, written bool) {
	p, ok := find(m.tree.Root, from)
	if !ok || p.mapping == nil {
		return
	}
	at, ok := spotAt(p.path, m.tree, h.catalog)
	if !ok {
		return
	}
	if name := p.entry.Key.Text; written {
		if of, ok := spotAt(append(slices.Clone(p.path), name), m.tree, h.catalog); ok && len(p.path) > 0 || ok && language().has(name) {
			out.Hover = &Hover{From: out.From, To: out.To, Label: name, Type: of.kind(), Detail: of.description()}
		}
		if len(p.path) == 1 && p.path[0] == "steps" {
			out.Hover = h.hoverStep(out, m, name)
		}
	}
	have := map[string]bool{}
	for i := range p.mapping.Entries {
		if e := &p.mapping.Entries[i]; e != p.entry {
			have[e.Key.Text] = true
		}
	}
	var items []Item
	for _, k := range at.keys(have) {
		item := Item{Label: k.name, Kind: Key, Type: k.of.kind(), Detail: k.of.description(), Insert: k.name}
		if k.required {
			item.Detail = strings.TrimSpace("Required. " + item.Detail)
		}
		if !written {
			item.Insert += ": "
		}
		items = append(items, item)
	}
	out.Items = matching(items, string(h.src[from:h.cursor]))
}

// has reports whether a mapping has a key by that name.
func (s spot) has(name string) bool {
	for _, f := range s.forms() {
		if properties, ok := f.doc["properties"].(map[string]any); ok && properties[name] != nil {
			return true
		}
	}
	return false
}

type keyOf struct {
	name     string
	of       spot
	required bool
	rank     int
}

// keys lists the keys that a mapping may still get, the required ones first, then those of which it wants exactly one.
func (s spot) keys(have map[string]bool) []keyOf {
	var out []keyOf
	for _, f := range s.forms() {
		properties, _ := f.doc["properties"].(map[string]any)
		required := texts(f.doc["required"])
		one := oneOf(f.doc)
		settled := slices.ContainsFunc(one, func(name string) bool { return have[name] })
		for name, v := range properties {
			doc, ok := v.(map[string]any)
			if !ok || have[name] || settled && slices.Contains(one, name) || settled && !dependsOn(f.doc, name, have) ||
				slices.ContainsFunc(out, func(k keyOf) bool { return k.name == name }) {
				continue
			}
			k := keyOf{name: name, of: spot{doc: doc, root: f.root}, required: slices.Contains(required, name), rank: 2}
			if k.required {
				k.rank = 0
			} else if slices.Contains(one, name) {
				k.rank = 1
			}
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b keyOf) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.name, b.name)
	})
	return out
}

// oneOf lists the keys of which a mapping has exactly one: the kinds of a step.
func oneOf(doc map[string]any) []string {
	list, _ := doc["oneOf"].([]any)
	var out []string
	for _, v := range list {
		if of, ok := v.(map[string]any); ok {
			out = append(out, texts(of["required"])...)
		}
	}
	return out
}

// dependsOn reports whether what a key needs beside it is there.
func dependsOn(doc map[string]any, name string, have map[string]bool) bool {
	needs, _ := doc["dependentRequired"].(map[string]any)
	for _, other := range texts(needs[name]) {
		if !have[other] {
			return false
		}
	}
	more, _ := doc["dependentSchemas"].(map[string]any)
	one, _ := more[name].(map[string]any)
	choices := listed(one["anyOf"])
	return len(choices) == 0 || slices.ContainsFunc(choices, func(c any) bool {
		choice, _ := c.(map[string]any)
		return !slices.ContainsFunc(texts(choice["required"]), func(other string) bool { return !have[other] })
	})
}

// value helps where a value stands.
func (h *helper) value(out *Answer, m mended, from, to int, glued bool) {
	at := from
	if glued {
		at++
	}
	p, ok := find(m.tree.Root, at)
	if !ok || p.mapping != nil || len(p.path) == 0 || p.node.Style == flow.Literal || p.node.Style == flow.Folded {
		return
	}
	s, ok := spotAt(p.path, m.tree, h.catalog)
	if !ok {
		return
	}
	quoted := p.node.Style == flow.SingleQuoted || p.node.Style == flow.DoubleQuoted
	for _, f := range s.forms() {
		if f.ref == "expression" && f.doc["$ref"] == nil && p.node.Text != placeholder {
			if e, ok := h.bare(m, p); ok {
				*out = e
				return
			}
		}
	}
	var items []Item
	add := func(i Item) {
		if !slices.ContainsFunc(items, func(o Item) bool { return o.Label == i.Label }) {
			items = append(items, i)
		}
	}
	step, _ := p.step()
	for _, f := range s.forms() {
		switch {
		case f.doc["$ref"] != nil:
			continue
		case f.ref == "function":
			for _, name := range h.catalog.FunctionNames() {
				add(h.callee(name))
			}
		case f.ref == "flow":
			for _, name := range h.catalog.FlowNames() {
				if name != m.def.Name {
					add(Item{Label: name, Kind: Value, Insert: name})
				}
			}
		case f.ref == "edge":
			for _, i := range h.edges(m, p, step) {
				add(i)
			}
		}
		classes := p.path[len(p.path)-1] == "[" && len(p.path) > 1 && p.path[len(p.path)-2] == "on"
		for _, v := range f.values() {
			if classes && fault.Class(text(v)).Valid() && p.has(text(v)) {
				continue
			}
			i := Item{Label: text(v), Kind: Value, Insert: written(v)}
			if classes {
				i.Detail = effect(fault.Class(text(v)))
			}
			add(i)
		}
		if v, ok := f.doc["default"]; ok {
			add(Item{Label: text(v), Kind: Value, Detail: "The default.", Insert: written(v)})
		}
		for _, v := range listed(f.doc["examples"]) {
			add(Item{Label: text(v), Kind: Value, Detail: "An example.", Insert: written(v)})
		}
	}
	if h.takesExpression(p) && from == to && !quoted {
		i := Item{Label: "${{ }}", Kind: Expression, Type: s.kind(), Detail: "An expression.", Insert: "${{  }}"}
		if p.braced {
			i.Insert = `"${{  }}"`
		}
		add(i)
	}
	for i := range items {
		if quoted {
			items[i].Insert = items[i].Label
		}
		if glued {
			items[i].Insert = " " + items[i].Insert
		}
	}
	out.Items = matching(items, string(h.src[from:h.cursor]))
	h.hoverValue(out, m, p, s)
}

// has reports whether the list that a place is in holds a text already, elsewhere than there.
func (p place) has(value string) bool {
	return p.list != nil && slices.ContainsFunc(p.list.Items, func(i flow.Item) bool { return i.Value != p.node && i.Value.Text == value })
}

func listed(v any) []any {
	list, _ := v.([]any)
	return list
}

// values lists what a spot's value may be, if that is a closed list.
func (s spot) values() []any {
	switch {
	case s.doc["const"] != nil:
		return []any{s.doc["const"]}
	case s.doc["enum"] != nil:
		return listed(s.doc["enum"])
	case s.doc["type"] == "boolean":
		return []any{true, false}
	}
	return nil
}

// written is a value as YAML has it: a text without quotes if it stays one without them.
func written(v any) string {
	s, ok := v.(string)
	if !ok {
		return text(v)
	}
	if tree, _ := flow.ParseTree([]byte("[" + s + "]")); tree != nil && tree.Root != nil && len(tree.Root.Items) == 1 {
		if n := tree.Root.Items[0].Value; n.IsText() && n.Text == s && n.Style == flow.Plain {
			return s
		}
	}
	return string(flow.Value{Kind: flow.String, Text: s}.JSON())
}

func effect(c fault.Class) string {
	if c.MaybeEffect() {
		return "What was called may have happened."
	}
	return "Nothing has happened."
}

// takesExpression reports whether `${{ }}` means something at a place.
func (h *helper) takesExpression(p place) bool {
	if p.path[0] == "output" {
		return true
	}
	if len(p.path) < 3 || p.path[0] != "steps" {
		return false
	}
	switch rest := p.path[2:]; rest[0] {
	case "if", "for_each":
		return true
	case "switch", "set", "with":
		return len(rest) > 1
	case "wait", "approval", "fail", "until":
		return len(rest) > 1 && rest[1] != "timeout" && rest[1] != "every" && rest[1] != "max"
	case "compensate":
		return len(rest) > 2 && rest[1] == "with"
	}
	return false
}

func (h *helper) callee(name string) Item {
	i := Item{Label: name, Kind: Callee, Insert: name}
	if f := h.catalog.Function(name); f != nil {
		i.Detail = f.Title
		if f.Idempotent != nil && !*f.Idempotent {
			i.Detail = strings.TrimSpace(i.Detail + " (not idempotent)")
		}
	}
	return i
}

// edges lists the ports that a step may need: not its own, not those of a step that needs it, and not those it needs already.
func (h *helper) edges(m mended, p place, step string) []Item {
	after := map[string]bool{step: true}
	for grew := true; grew; {
		grew = false
		for i := range m.def.Steps {
			s := &m.def.Steps[i]
			if !after[s.Name] && slices.ContainsFunc(s.Needs.Edges, func(e flow.Edge) bool { return after[e.Step] }) {
				after[s.Name], grew = true, true
			}
		}
	}
	var out []Item
	for i := range m.def.Steps {
		s := &m.def.Steps[i]
		if after[s.Name] || s.Kind == "" {
			continue
		}
		detail := string(s.Kind)
		if s.Call != nil && s.Call.Function != "" {
			detail += " " + s.Call.Function
		}
		if s.Title != "" {
			detail = s.Title
		}
		for _, port := range check.Ports(s) {
			name, says := s.Name+"."+port, detail
			switch port {
			case flow.PortDone:
				name = s.Name
			case flow.PortError:
				says = "when it has failed"
			}
			if !p.has(name) {
				out = append(out, Item{Label: name, Kind: Step, Detail: says, Insert: name})
			}
		}
	}
	return out
}
