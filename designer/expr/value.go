package expr

import (
	"sync"

	"cel.dev/cel-go/common/types/ref"
)

// Value is one JSON value. Its bytes are kept as they came and spliced through unchanged; they are decoded at most once, when an expression first
// looks inside. Safe for concurrent use. A nil *Value means absent.
type Value struct {
	raw  []byte
	get  func(Payload) []byte // what its stand-ins stand for; nil, or an answer of nil: not there
	once sync.Once
	val  ref.Val
	err  error
}

// FromJSON wraps raw, which must be valid JSON and must not change afterwards. It does not look inside: what is wrong with the value shows as an
// *Error when it is decoded. Nil gives nil, absent.
func FromJSON(raw []byte) *Value {
	if raw == nil {
		return nil
	}
	return &Value{raw: raw}
}

// FromStored is FromJSON for a value that may hold stand-ins. get is asked for a payload when an expression looks inside, and answers nil for one that is
// not to be had.
func FromStored(raw []byte, get func(Payload) []byte) *Value {
	v := FromJSON(raw)
	if v != nil && HasPayloads(raw) {
		v.get = get
	}
	return v
}

// newDecoded is a Value whose decoded form is known already.
func newDecoded(raw []byte, val ref.Val) *Value {
	v := &Value{raw: raw, val: val}
	v.once.Do(func() {})
	return v
}

// JSON returns the value's bytes, which must not be changed; nil if v is nil.
func (v *Value) JSON() []byte {
	if v == nil {
		return nil
	}
	return v.raw
}

// Decoded returns the value as CEL sees it, a ref.Val. The error is an *Error of class "contract": an integer beyond ±2^53, invalid UTF-8, nesting
// beyond MaxDepth, or bytes that are not JSON.
func (v *Value) Decoded() (any, error) {
	val, err := v.decoded()
	if err != nil {
		return nil, err
	}
	return val, nil
}

func (v *Value) decoded() (ref.Val, error) {
	v.once.Do(func() {
		val, err := decode(v.raw, v.get)
		if err != nil {
			v.err = err
			return
		}
		v.val = val
	})
	return v.val, v.err
}
