package flow

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var functionKeys = []string{"title", "http", "process", "local", "idempotent", "input", "output", "timeout", "retry", "concurrency", "rate"}

// ParseFunctions reads functions.yaml: a mapping of functions by name, at the top level or under `functions:`. A text without any is an empty list.
// Like Parse it reports every problem at once and returns whatever could be read; the Step of an issue is empty and its Field begins with the
// function's name.
func ParseFunctions(src []byte) ([]Function, Issues) {
	tree, issues := ParseTree(src)
	if tree == nil {
		return nil, issues
	}
	d := &decoder{tree: tree, issues: issues}
	root := tree.Root
	if root == nil || root.IsNull() {
		return nil, d.issues
	}
	if root.Kind != MappingNode {
		d.at(root.Start, "", "begin with `functions:`", "functions must be a mapping by name, found %s", root.describe())
		return nil, d.issues.sort()
	}
	if e := root.Entry("functions"); e != nil {
		for _, other := range root.Entries {
			if other.Key.Text != "functions" {
				d.at(other.Key.Start, other.Key.Text, "move it under `functions:`", "unknown key `%s` beside `functions`", shorten(other.Key.Text))
			}
		}
		if root = e.Value; root.IsNull() {
			return nil, d.issues.sort()
		}
		if !d.mapping(root, "functions", "a mapping of functions by name") {
			return nil, d.issues.sort()
		}
	}
	var out []Function
	seen := map[string]bool{}
	for i := range root.Entries {
		e := &root.Entries[i]
		if seen[e.Key.Text] || e.Key.Style == Plain && e.Key.Text == "<<" {
			continue // reported by the scanner
		}
		seen[e.Key.Text] = true
		d.functionName(e.Key.Text, e.Key.Start)
		f := d.functionBody(e.Key.Text, e.Value, e.Key.Text, e.Key.Start)
		f.Source = bytes.Clone(src[e.Key.Start:max(e.Value.End, e.Colon+1)])
		out = append(out, f)
	}
	return out, d.issues.sort()
}

// ParseFunctionJSON reads one function as the API takes it: an entry of functions.yaml in JSON.
func ParseFunctionJSON(name string, body []byte) (Function, Issues) {
	f := Function{Name: name, Source: bytes.Clone(body)}
	tree, issues := ParseTree(body)
	if tree == nil {
		return f, issues
	}
	d := &decoder{tree: tree, issues: issues}
	d.functionName(name, 0)
	if tree.Root == nil {
		d.at(0, "", "", "the body is empty")
		return f, d.issues
	}
	f = d.functionBody(name, tree.Root, "", tree.Root.Start)
	f.Source = bytes.Clone(body)
	return f, d.issues.sort()
}

func (d *decoder) functionName(name string, off int) {
	switch {
	case len(name) > maxName:
		d.at(off, "", "", "the name of a function has at most %d characters, found %d", maxName, len(name))
	case !ValidFunctionName(name):
		d.at(off, "", "", "`%s` can't name a function: small letters, digits, `_` and dots between words", shorten(name))
	}
}

// functionBody reads what stands under a function's name. path is the field path of the whole, off where to report what is missing.
func (d *decoder) functionBody(name string, n *Node, path string, off int) Function {
	f := Function{Name: name, Pos: d.tree.Pos(off)}
	if n.Kind != MappingNode {
		if n.Kind != BrokenNode {
			d.at(n.Start, path, "", "the function `%s` must be a mapping, found %s", shorten(name), n.describe())
		}
		return f
	}
	d.each(n, "function", path, functionKeys, func(key string, e *Entry) {
		v, field := e.Value, join(path, key)
		switch key {
		case "title":
			f.Title = d.text(v, field)
		case "http":
			f.HTTP = d.http(v, field)
		case "process":
			f.Process = d.process(v, field)
		case "local":
			f.Local = d.local(v, field)
		case "idempotent":
			f.Idempotent = d.boolean(v, field)
		case "input", "output":
			if d.mapping(v, field, "a JSON Schema, a mapping such as {type: object}") {
				if schema := d.value(v, field); key == "input" {
					f.Input = schema
				} else {
					f.Output = schema
				}
			}
		case "timeout":
			f.Timeout = d.duration(v, field)
		case "retry":
			f.Retry = d.retry(v, field)
		case "concurrency":
			f.Concurrency = d.integer(v, field, 1, 10000)
		case "rate":
			f.Rate = d.rate(v, field)
		}
	})
	how := 0
	for _, kind := range []string{"http", "process", "lambda", "worker", "local"} {
		if e := n.Entry(kind); e != nil {
			if how++; how == 2 {
				d.at(e.Key.Start, join(path, kind), "keep one", "the function `%s` has more than one way to be called", shorten(name))
			}
		}
	}
	if how == 0 {
		d.at(off, path, "add `http: {url: …}` or `process: {command: […]}`", "the function `%s` does not say how it is called", shorten(name))
	}
	if n.Entry("idempotent") == nil {
		d.at(off, path, "add `idempotent: true` or `idempotent: false`", "the function `%s` does not say whether calling it twice with the same key is harmless", shorten(name))
	}
	return f
}

func (d *decoder) boolean(n *Node, field string) *bool {
	if n.Kind == ScalarNode && n.Style == Plain {
		if kind, text, _ := resolve(n.Text); kind == Bool {
			b := text == "true"
			return &b
		}
	}
	d.wrong(n, field, "true or false", "")
	return nil
}

// headerName is a token of RFC 9110, section 5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (d *decoder) http(n *Node, field string) *HTTPSpec {
	if !d.mapping(n, field, "a mapping such as {url: \"https://…\"}") {
		return nil
	}
	h := &HTTPSpec{}
	d.each(n, "http", field, []string{"url", "headers"}, func(key string, e *Entry) {
		if key == "url" {
			h.URL = d.url(e.Value, join(field, key))
			return
		}
		h.Headers = d.texts(e.Value, join(field, key), func(k, v string) string {
			if !headerName.MatchString(k) {
				return "is not the name of an HTTP header"
			}
			if strings.ContainsAny(v, "\r\n\x00") {
				return "has a line end or a zero byte in its value"
			}
			return ""
		})
	})
	if n.Entry("url") == nil {
		d.at(n.Start, field, "", "`%s` has no `url`", field)
	}
	return h
}

func (d *decoder) url(n *Node, field string) string {
	s, ok := plainText(n)
	if !ok {
		d.wrong(n, field, "an http or https address", "")
		return ""
	}
	if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		d.at(n.Start, field, "", "`%s` must be an http or https address, found `%s`", field, shorten(s))
	}
	return s
}

func (d *decoder) process(n *Node, field string) *ProcessSpec {
	if !d.mapping(n, field, "a mapping such as {command: [./handler]}") {
		return nil
	}
	p := &ProcessSpec{}
	d.each(n, "process", field, []string{"command", "dir", "env"}, func(key string, e *Entry) {
		path := join(field, key)
		switch key {
		case "command":
			p.Command = d.command(e.Value, path)
		case "dir":
			p.Dir = d.text(e.Value, path)
		case "env":
			p.Env = d.texts(e.Value, path, func(k, v string) string {
				if k == "" || strings.ContainsAny(k, "=\x00") || strings.Contains(v, "\x00") {
					return "is not an environment variable"
				}
				return ""
			})
		}
	})
	if n.Entry("command") == nil {
		d.at(n.Start, field, "", "`%s` has no `command`", field)
	}
	return p
}

func (d *decoder) local(n *Node, field string) *LocalSpec {
	if !d.mapping(n, field, "a mapping such as {name: send_mail}") {
		return nil
	}
	l := &LocalSpec{}
	d.each(n, "local", field, []string{"name"}, func(key string, e *Entry) {
		if l.Name = d.text(e.Value, join(field, key)); l.Name == "" {
			d.at(e.Value.Start, join(field, key), "", "`%s` names no Go function", join(field, key))
		}
	})
	if n.Entry("name") == nil {
		d.at(n.Start, field, "", "`%s` has no `name`", field)
	}
	return l
}

func (d *decoder) command(n *Node, field string) []string {
	if n.Kind != SequenceNode {
		hint := ""
		if s, ok := plainText(n); ok {
			hint = "write `[" + shorten(strings.Join(strings.Fields(s), ", ")) + "]`"
		}
		d.wrong(n, field, "a list, the program and its arguments", hint)
		return nil
	}
	var out []string
	for i, it := range n.Items {
		path := field + "[" + strconv.Itoa(i) + "]"
		s := d.text(it.Value, path)
		if strings.Contains(s, "\x00") {
			d.at(it.Value.Start, path, "", "`%s` has a zero byte", path)
		}
		out = append(out, s)
	}
	if len(out) == 0 || out[0] == "" {
		d.at(n.Start, field, "", "`%s` names no program", field)
	}
	return out
}

// texts reads a mapping of texts. check says what is wrong with an entry, or "".
func (d *decoder) texts(n *Node, field string, check func(key, value string) string) map[string]string {
	if !d.mapping(n, field, "a mapping of texts") {
		return nil
	}
	out := map[string]string{}
	for _, e := range n.Entries {
		path := join(field, e.Key.Text)
		v := d.text(e.Value, path)
		if problem := check(e.Key.Text, v); problem != "" {
			d.at(e.Key.Start, path, "", "`%s` %s", shorten(e.Key.Text), problem)
		}
		if _, dup := out[e.Key.Text]; !dup {
			out[e.Key.Text] = v
		}
	}
	return out
}

// JSON writes f in the shape that the API takes and gives: an entry of functions.yaml, without the name, durations as texts.
func (f Function) JSON() []byte {
	var o object
	o.text("title", f.Title)
	if f.HTTP != nil {
		o.raw("http", func() []byte {
			var h object
			h.raw("url", func() []byte { return appendString(nil, f.HTTP.URL) })
			h.texts("headers", f.HTTP.Headers)
			return h.bytes()
		})
	}
	if f.Process != nil {
		o.raw("process", func() []byte {
			var p object
			p.raw("command", func() []byte { return marshal(f.Process.Command) })
			p.text("dir", f.Process.Dir)
			p.texts("env", f.Process.Env)
			return p.bytes()
		})
	}
	if f.Local != nil {
		o.raw("local", func() []byte {
			var l object
			l.text("name", f.Local.Name)
			return l.bytes()
		})
	}
	if f.Idempotent != nil {
		o.raw("idempotent", func() []byte { return strconv.AppendBool(nil, *f.Idempotent) })
	}
	o.value("input", f.Input)
	o.value("output", f.Output)
	o.duration("timeout", f.Timeout)
	o.retry("retry", f.Retry)
	o.integer("concurrency", f.Concurrency)
	o.text("rate", FormatRate(f.Rate))
	return o.bytes()
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // only lists and maps of texts come here
	}
	return b
}
