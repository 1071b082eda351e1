package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Mark says where a part of a decoded text stands in the source: the byte Text of the decoded text is at Pos, and so on up to the next Mark.
type Mark struct {
	Text int
	Pos  Pos
}

// At is the place in the source of the character at that offset, in code points, of the String v; of other kinds it is v.Pos. It is right for
// every way to quote a text, the block styles included.
func (v Value) At(runes int) Pos {
	if v.Kind != String || len(v.Marks) == 0 {
		return v.Pos
	}
	return locate(v.Text, v.Marks, runes)
}

// At is the place in the source of the character at that offset, in code points, of e.Source.
func (e Expr) At(runes int) Pos {
	if len(e.Marks) == 0 {
		return e.Pos
	}
	return locate(e.Source, e.Marks, runes)
}

func locate(text string, marks []Mark, runes int) Pos {
	off := len(text)
	for i := range text {
		if runes <= 0 {
			off = i
			break
		}
		runes--
	}
	m := marks[0]
	for _, next := range marks[1:] {
		if next.Text > off {
			break
		}
		m = next
	}
	if off < m.Text {
		return m.Pos
	}
	part := text[m.Text:off]
	return Pos{Line: m.Pos.Line, Column: m.Pos.Column + utf8.RuneCountInString(part), Offset: m.Pos.Offset + len(part)}
}

func isNull(s string) bool { return s == "" || s == "~" || s == "null" || s == "Null" || s == "NULL" }

var (
	decimal     = regexp.MustCompile(`^[-+]?[0-9]+$`)
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	radix       = regexp.MustCompile(`^0(o[0-7]+|x[0-9a-fA-F]+)$`)
	floating    = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	special     = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// maxSafe is the largest integer that every JSON reader keeps exactly, 2^53.
const maxSafe = 1 << 53

// resolve gives an unquoted scalar its JSON kind, by the core schema of YAML 1.2.2 (section 10.3). Of a number it gives the JSON literal, or says
// what keeps it from having one.
func resolve(s string) (kind ValueKind, text, problem string) {
	if isNull(s) {
		return Null, "", ""
	}
	switch s {
	case "true", "True", "TRUE":
		return Bool, "true", ""
	case "false", "False", "FALSE":
		return Bool, "false", ""
	}
	if c := s[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return String, s, ""
	}
	switch {
	case special.MatchString(s):
		return Number, "0", "JSON has no infinity and no NaN"
	case len(s) > 400 && floating.MatchString(s):
		return Number, "0", "a number of " + itoa(len(s)) + " characters; quote it if it is a text"
	case leadingZero.MatchString(s):
		return Number, "0", "YAML readers disagree on leading zeros; remove them from a number, quote a text"
	case decimal.MatchString(s), radix.MatchString(s):
		n, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), base(s))
		if !ok {
			return String, s, ""
		}
		if n.CmpAbs(big.NewInt(maxSafe)) > 0 {
			return Number, n.String(), "the integer is beyond ±2^53, which JSON readers do not keep exactly; quote it"
		}
		if n.Sign() == 0 && s[0] == '-' {
			return Number, "-0", ""
		}
		return Number, n.String(), ""
	case floating.MatchString(s):
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) {
			return Number, "0", "the number is out of range"
		}
		return Number, jsonFloat(s), ""
	}
	return String, s, ""
}

func base(s string) int {
	if radixed := len(s) > 1 && (s[1] == 'x' || s[1] == 'o'); radixed {
		return 0
	}
	return 10
}

// jsonFloat writes a YAML float as JSON does: digits on both sides of the point, no plus sign in front, no leading zeros.
func jsonFloat(s string) string {
	sign := ""
	s = strings.TrimPrefix(s, "+")
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	exp := ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		s, exp = s[:i], s[i:]
	}
	whole, frac, point := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if point {
		if frac == "" {
			frac = "0"
		}
		frac = "." + frac
	}
	return sign + whole + frac + exp
}

// value turns a node into a Value and reports numbers that JSON can't hold.
func (d *decoder) value(n *Node, field string) Value {
	v := Value{Pos: d.tree.Pos(n.Start)}
	switch n.Kind {
	case BrokenNode:
		v.Kind = Null
	case SequenceNode:
		v.Kind = List
		for i, it := range n.Items {
			v.Items = append(v.Items, d.value(it.Value, field+"["+itoa(i)+"]"))
		}
	case MappingNode:
		v.Kind = Map
		seen := map[string]bool{}
		for _, e := range n.Entries {
			if seen[e.Key.Text] {
				continue // reported by the scanner; the first one counts
			}
			seen[e.Key.Text] = true
			v.Fields = append(v.Fields, Field{Key: e.Key.Text, KeyPos: d.tree.Pos(e.Key.Start), Value: d.value(e.Value, join(field, e.Key.Text))})
		}
	default:
		if n.Style == Empty {
			v.Kind = Null
			return v
		}
		v.Kind, v.Text = String, n.Text
		if n.Style == Plain {
			var problem string
			if v.Kind, v.Text, problem = resolve(n.Text); problem != "" {
				d.at(n.Start, field, "", "%s", problem)
			}
		}
		if v.Kind == String {
			v.Marks = d.marks(n)
			v.Exact = n.exact(d.tree.Source)
			v.TxtPos = v.Marks[0].Pos
		}
	}
	return v
}

// marks says where the parts of a scalar's text stand.
func (d *decoder) marks(n *Node) []Mark {
	out := make([]Mark, 0, len(n.marks))
	for _, m := range n.marks {
		out = append(out, Mark{m.text, d.tree.Pos(m.src)})
	}
	if len(out) == 0 {
		out = append(out, Mark{0, d.tree.Pos(n.End)})
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// JSON writes v as JSON, fields in written order. An Absent value is null.
func (v Value) JSON() []byte { return v.appendJSON(nil, false) }

func (v Value) appendJSON(b []byte, sorted bool) []byte {
	switch v.Kind {
	case Bool, Number:
		return append(b, v.Text...)
	case String:
		return appendString(b, v.Text)
	case List:
		b = append(b, '[')
		for i, it := range v.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = it.appendJSON(b, sorted)
		}
		return append(b, ']')
	case Map:
		fields := v.Fields
		if sorted {
			fields = sortedFields(fields)
		}
		b = append(b, '{')
		for i, f := range fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, f.Key), ':')
			b = f.Value.appendJSON(b, sorted)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(b, `""`...) // a string always encodes
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// FromJSON reads JSON into a Value without positions, fields in written order. Duplicate keys, more than one value and nesting beyond MaxDepth are
// errors.
func FromJSON(raw []byte) (Value, error) {
	if !utf8.Valid(raw) {
		return Value{}, fmt.Errorf("reading JSON: invalid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := fromTokens(dec, 1)
	if err != nil {
		return Value{}, fmt.Errorf("reading JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Value{}, fmt.Errorf("reading JSON: text after the value")
	}
	return v, nil
}

func fromTokens(dec *json.Decoder, depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, fmt.Errorf("nested more than %d levels deep", MaxDepth)
	}
	tok, err := dec.Token()
	if err == io.EOF {
		return Value{}, io.ErrUnexpectedEOF
	}
	if err != nil {
		return Value{}, err
	}
	switch t := tok.(type) {
	case bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(t)}, nil
	case json.Number:
		return Value{Kind: Number, Text: t.String()}, nil
	case string:
		return Value{Kind: String, Text: t}, nil
	case json.Delim:
		if t == '[' {
			return fromList(dec, depth)
		}
		return fromObject(dec, depth)
	}
	return Value{Kind: Null}, nil
}

func fromList(dec *json.Decoder, depth int) (Value, error) {
	v := Value{Kind: List}
	for dec.More() {
		it, err := fromTokens(dec, depth+1)
		if err != nil {
			return Value{}, err
		}
		v.Items = append(v.Items, it)
	}
	_, err := dec.Token()
	return v, err
}

func fromObject(dec *json.Decoder, depth int) (Value, error) {
	v := Value{Kind: Map}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return Value{}, err
		}
		key, _ := tok.(string)
		if seen[key] {
			return Value{}, fmt.Errorf("the key %q is there twice", key)
		}
		seen[key] = true
		it, err := fromTokens(dec, depth+1)
		if err != nil {
			return Value{}, err
		}
		v.Fields = append(v.Fields, Field{Key: key, Value: it})
	}
	_, err := dec.Token()
	return v, err
}

// FromNode gives a node's value. Its error is the first number or alias that JSON can't hold.
func FromNode(t *Tree, n *Node) (Value, error) {
	d := &decoder{tree: t}
	v := d.value(n, "")
	if len(d.issues) > 0 {
		return v, fmt.Errorf("line %d: %s", d.issues[0].Line, d.issues[0].Message)
	}
	return v, nil
}

// Offsets gives the byte offsets in the source of characters of a scalar's text. The characters are given by ascending offsets in code points.
func Offsets(n *Node, runes []int) []int {
	out := make([]int, 0, len(runes))
	marks := n.marks
	count := 0
	for i := range n.Text {
		if len(out) == len(runes) {
			break
		}
		for len(marks) > 1 && marks[1].text <= i {
			marks = marks[1:]
		}
		for len(out) < len(runes) && runes[len(out)] == count && len(marks) > 0 {
			out = append(out, marks[0].src+i-marks[0].text)
		}
		count++
	}
	return out
}
