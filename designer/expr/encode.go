package expr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// MaxResult bounds what one expression or template may produce, in bytes of JSON.
const MaxResult = 1 << 20

// encode appends v as JSON. What came from JSON is spliced through byte for byte; maps that an expression built have their keys sorted; an absent
// optional drops its key.
func encode(dst []byte, v ref.Val) ([]byte, error) {
	return encodeAt(dst, v, 0)
}

func encodeAt(dst []byte, v ref.Val, depth int) ([]byte, error) {
	if len(dst) > MaxResult {
		return nil, tooLarge()
	}
	if depth > MaxDepth {
		return nil, expressionError(fmt.Sprintf("the result nests deeper than %d levels", MaxDepth), nil)
	}
	switch v := v.(type) {
	case *object:
		return append(dst, v.raw()...), nil
	case *list:
		return append(dst, v.raw()...), nil
	case types.String:
		return appendString(dst, string(v)), nil
	case types.Bool:
		return strconv.AppendBool(dst, bool(v)), nil
	case types.Null:
		return append(dst, "null"...), nil
	case types.Int:
		if v > MaxInteger || v < -MaxInteger {
			return nil, contractError("", fmt.Sprintf("the result %d is beyond ±2^53, which JSON readers round; make it a string", int64(v)))
		}
		return strconv.AppendInt(dst, int64(v), 10), nil
	case types.Uint:
		if v > MaxInteger {
			return nil, contractError("", fmt.Sprintf("the result %d is beyond ±2^53, which JSON readers round; make it a string", uint64(v)))
		}
		return strconv.AppendUint(dst, uint64(v), 10), nil
	case types.Double:
		return appendDouble(dst, float64(v))
	case types.Bytes:
		return appendString(dst, base64.StdEncoding.EncodeToString(v)), nil
	case types.Timestamp, types.Duration:
		s, err := text(v)
		if err != nil {
			return nil, err
		}
		return appendString(dst, s), nil
	case *types.Optional:
		if !v.HasValue() {
			return nil, absentError("the value", "an optional without a value cannot stand here; give it one with .orValue()")
		}
		return encodeAt(dst, v.GetValue(), depth)
	case *types.Err:
		if p := payloadIn(v); p != nil {
			return p.AppendTo(dst), nil
		}
		return nil, expressionError(v.String(), v)
	case traits.Mapper:
		return encodeMap(dst, v, depth)
	case traits.Lister:
		return encodeList(dst, v, depth)
	}
	return nil, expressionError(fmt.Sprintf("a %s cannot be written as JSON", typeName(v)), nil)
}

func encodeMap(dst []byte, m traits.Mapper, depth int) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, k := range sortedKeys(m) {
		val, _ := m.Find(k)
		if opt, ok := val.(*types.Optional); ok {
			if !opt.HasValue() {
				continue
			}
			val = opt.GetValue()
		}
		key, err := text(k)
		if err != nil {
			return nil, err
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, key), ':')
		if dst, err = encodeAt(dst, val, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func encodeList(dst []byte, l traits.Lister, depth int) ([]byte, error) {
	dst = append(dst, '[')
	first := true
	for it := l.Iterator(); it.HasNext() == types.True; {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = encodeAt(dst, it.Next(), depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func tooLarge() *Error {
	return &Error{Class: ClassTooLarge, Message: fmt.Sprintf("the result is larger than %d KiB", MaxResult>>10)}
}

func appendDouble(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, expressionError(fmt.Sprintf("the result %v is not a number that JSON knows", f), nil)
	}
	if f == math.Trunc(f) && math.Abs(f) <= MaxInteger {
		return strconv.AppendInt(dst, int64(f), 10), nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, expressionError("writing a number: "+err.Error(), err)
	}
	return append(dst, b...), nil
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string; what is not valid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// text gives v as it appears inside text: strings bare, times as RFC 3339, durations as seconds ("1.5s"), lists and maps as JSON.
func text(v ref.Val) (string, error) {
	switch v := v.(type) {
	case types.String:
		return string(v), nil
	case types.Timestamp, types.Duration:
		s, ok := v.ConvertToType(types.StringType).(types.String)
		if !ok {
			return "", expressionError(fmt.Sprintf("a %s cannot be written as text", typeName(v)), nil)
		}
		return string(s), nil
	case *types.Optional:
		if v.HasValue() {
			return text(v.GetValue())
		}
	}
	b, err := encode(nil, v)
	if err == nil { // what was a string has returned above, so what looks like a stand-in is one
		FindPayloads(b, func(p Payload, _, _ int) { err = payloadError(p, "a value") })
	}
	return string(b), err
}

// typeName is the JSON name of a value's type.
func typeName(v ref.Val) string {
	switch v := v.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return "boolean"
	case types.Int, types.Uint:
		return "integer"
	case types.Double:
		return "number"
	case types.String:
		return "string"
	case *types.Optional:
		if !v.HasValue() {
			return "absent optional"
		}
		return typeName(v.GetValue())
	case traits.Mapper:
		return "object"
	case traits.Lister:
		return "list"
	}
	return v.Type().TypeName()
}
