package expr

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// MaxDepth is how deeply a value may nest before it is refused: deep enough for any data, shallow enough for every recursive reader of it.
const MaxDepth = 200

// MaxInteger is the largest integer that every JSON reader carries unchanged (2^53).
const MaxInteger = 1 << 53

// span is where a value stands in the document's text.
type span struct{ from, to int }

// decoder reads one JSON text. Strings share the text's memory; each container remembers the spans of its children, so that a part can be passed
// on byte for byte.
type decoder struct {
	src   string
	pos   int
	depth int
	get   func(Payload) []byte // may be nil
}

func decode(raw []byte, get func(Payload) []byte) (ref.Val, *Error) {
	val, bad := (&decoder{src: string(raw), get: get}).document()
	if bad != nil {
		return nil, contractError(bad.path, bad.message)
	}
	return val, nil
}

func (d *decoder) document() (ref.Val, *badValue) {
	val, bad := d.value()
	if d.space(); bad == nil && d.pos < len(d.src) {
		bad = d.syntax()
	}
	return val, bad
}

// payload reads what a stand-in stands for, if it is there to be read.
func (d *decoder) payload() (ref.Val, *badValue) {
	p, n, ok := readStandIn(d.src[d.pos:min(len(d.src), d.pos+sizeAt+sizeMost+1)])
	if !ok {
		return nil, d.syntax()
	}
	d.pos += n
	if p.Size > MaxResult || d.get == nil {
		return away(p), nil
	}
	raw := d.get(p)
	if raw == nil {
		return away(p), nil
	}
	return (&decoder{src: string(raw), depth: d.depth}).document()
}

func (d *decoder) syntax() *badValue {
	return refuse(fmt.Sprintf("not valid JSON at byte %d", d.pos))
}

func (d *decoder) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) value() (ref.Val, *badValue) {
	d.space()
	if d.pos >= len(d.src) {
		return nil, d.syntax()
	}
	switch c := d.src[d.pos]; {
	case c == '{':
		return d.nested(d.object)
	case c == '[':
		return d.nested(d.list)
	case c == '"':
		s, err := d.str()
		if err != nil {
			return nil, err
		}
		return types.String(s), nil
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	case c == fence:
		return d.payload()
	}
	for _, word := range []struct {
		text string
		val  ref.Val
	}{{"true", types.True}, {"false", types.False}, {"null", types.NullValue}} {
		if strings.HasPrefix(d.src[d.pos:], word.text) {
			d.pos += len(word.text)
			return word.val, nil
		}
	}
	return nil, d.syntax()
}

func (d *decoder) nested(read func() (ref.Val, *badValue)) (ref.Val, *badValue) {
	if d.depth++; d.depth > MaxDepth {
		return nil, refuse(fmt.Sprintf("nests deeper than %d levels", MaxDepth))
	}
	val, err := read()
	d.depth--
	return val, err
}

// member is one entry of an object while it is read.
type member struct {
	key string
	val ref.Val
	at  span
}

func (d *decoder) object() (ref.Val, *badValue) {
	start := d.pos
	d.pos++
	var members []member
	sorted := true
	for {
		d.space()
		if d.pos < len(d.src) && d.src[d.pos] == '}' && len(members) == 0 {
			break
		}
		if d.pos >= len(d.src) || d.src[d.pos] != '"' {
			return nil, d.syntax()
		}
		key, err := d.str()
		if err != nil {
			return nil, err
		}
		d.space()
		if d.pos >= len(d.src) || d.src[d.pos] != ':' {
			return nil, d.syntax()
		}
		d.pos++
		d.space()
		from := d.pos
		val, err := d.value()
		if err != nil {
			return nil, within(err, key)
		}
		if n := len(members); n > 0 && members[n-1].key >= key {
			sorted = false
		}
		members = append(members, member{key, val, span{from, d.pos}})
		d.space()
		if d.pos < len(d.src) && d.src[d.pos] == ',' {
			d.pos++
			continue
		}
		break
	}
	if d.pos >= len(d.src) || d.src[d.pos] != '}' {
		return nil, d.syntax()
	}
	d.pos++
	if !sorted {
		members = lastOfEachKey(members)
	}
	return &object{src: d.src, at: span{start, d.pos}, members: members}, nil
}

// lastOfEachKey sorts by key; of a key written twice the last wins, as for every common JSON reader.
func lastOfEachKey(members []member) []member {
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	kept := members[:0]
	for i, m := range members {
		if i+1 < len(members) && members[i+1].key == m.key {
			continue
		}
		kept = append(kept, m)
	}
	return kept
}

func (d *decoder) list() (ref.Val, *badValue) {
	start := d.pos
	d.pos++
	var (
		elems []ref.Val
		spans []span
	)
	for {
		d.space()
		if d.pos < len(d.src) && d.src[d.pos] == ']' && len(elems) == 0 {
			break
		}
		from := d.pos
		val, err := d.value()
		if err != nil {
			return nil, within(err, "["+strconv.Itoa(len(elems))+"]")
		}
		elems = append(elems, val)
		spans = append(spans, span{from, d.pos})
		d.space()
		if d.pos < len(d.src) && d.src[d.pos] == ',' {
			d.pos++
			continue
		}
		break
	}
	if d.pos >= len(d.src) || d.src[d.pos] != ']' {
		return nil, d.syntax()
	}
	d.pos++
	return newList(elems, d.src, span{start, d.pos}, spans), nil
}

// badValue is why a text cannot be decoded, and where in the value.
type badValue struct{ path, message string }

func refuse(message string) *badValue { return &badValue{message: message} }

// within prefixes the path while the recursion unwinds.
func within(bad *badValue, step string) *badValue {
	switch {
	case bad.path == "":
		bad.path = step
	case bad.path[0] == '[':
		bad.path = step + bad.path
	default:
		bad.path = step + "." + bad.path
	}
	return bad
}

func (d *decoder) number() (ref.Val, *badValue) {
	start := d.pos
	whole := true
scan:
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; {
		case c >= '0' && c <= '9', c == '-', c == '+':
		case c == '.', c == 'e', c == 'E':
			whole = false
		default:
			break scan
		}
		d.pos++
	}
	text := d.src[start:d.pos]
	if whole {
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil && n >= -MaxInteger && n <= MaxInteger {
			return types.Int(n), nil
		}
		if digits := strings.TrimPrefix(text, "-"); digits == "" || strings.ContainsAny(digits, "+-") {
			return nil, refuse(fmt.Sprintf("not valid JSON at byte %d", start))
		}
		return nil, refuse(fmt.Sprintf("the integer %s is beyond ±2^53, which JSON readers round; send it as a string", clip(text, 40)))
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, refuse(fmt.Sprintf("the number %s is out of range", clip(text, 40)))
	}
	return types.Double(f), nil
}

// str reads a string literal at d.pos.
func (d *decoder) str() (string, *badValue) {
	d.pos++
	start := d.pos
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; {
		case c == '"':
			s := d.src[start:d.pos]
			d.pos++
			if !utf8.ValidString(s) {
				return "", refuse("the text is not valid UTF-8")
			}
			return s, nil
		case c == '\\':
			return d.escaped(start)
		case c < ' ':
			return "", d.syntax()
		}
		d.pos++
	}
	return "", d.syntax()
}

// escaped reads on in a string that holds at least one escape.
func (d *decoder) escaped(start int) (string, *badValue) {
	buf := append(make([]byte, 0, 2*(d.pos-start)+16), d.src[start:d.pos]...)
	for d.pos < len(d.src) {
		c := d.src[d.pos]
		switch {
		case c == '"':
			d.pos++
			if !utf8.Valid(buf) {
				return "", refuse("the text is not valid UTF-8")
			}
			return string(buf), nil
		case c < ' ':
			return "", d.syntax()
		case c != '\\':
			buf = append(buf, c)
			d.pos++
			continue
		}
		if d.pos+1 >= len(d.src) {
			return "", d.syntax()
		}
		esc := d.src[d.pos+1]
		if i := strings.IndexByte(`"\/bfnrt`, esc); i >= 0 {
			buf = append(buf, "\"\\/\b\f\n\r\t"[i])
			d.pos += 2
			continue
		}
		r, ok := d.unicode()
		if !ok {
			return "", d.syntax()
		}
		buf = utf8.AppendRune(buf, r)
	}
	return "", d.syntax()
}

// unicode reads \uXXXX, and a second one if the two make a surrogate pair; a lone surrogate gives U+FFFD.
func (d *decoder) unicode() (rune, bool) {
	r, ok := hex4(d.src[d.pos:])
	if !ok {
		return 0, false
	}
	d.pos += 6
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if low, ok := hex4(d.src[d.pos:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			d.pos += 6
			return pair, true
		}
	}
	return utf8.RuneError, true
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return 0, false
	}
	return rune(n), true
}

// clip shortens text to n bytes at a rune's boundary.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
