package expr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Payload names a JSON value that is kept elsewhere, by what it says. In the bytes of a Value it stands where that value would, as a stand-in:
// the byte 1, "sha256:", 64 hex digits, ":", the size, the byte 1. No JSON text holds a byte 1 (a string escapes it), so no data can pose as one.
// What a stand-in stands for holds none itself.
type Payload struct {
	Hash [sha256.Size]byte
	Size int64 // bytes of JSON; at least 1
}

const (
	fence    = 1 // the byte that a stand-in begins and ends with
	mark     = "\x01sha256:"
	hashAt   = len(mark)
	sizeAt   = hashAt + 2*sha256.Size + 1
	sizeMost = 12 // digits
)

// PayloadOf names a value by its bytes.
func PayloadOf(raw []byte) Payload { return Payload{sha256.Sum256(raw), int64(len(raw))} }

// StandIn is what stands for the payload in a value's bytes.
func (p Payload) StandIn() []byte { return p.AppendTo(nil) }

// AppendTo appends the stand-in.
func (p Payload) AppendTo(dst []byte) []byte {
	dst = append(dst, mark...)
	dst = hex.AppendEncode(dst, p.Hash[:])
	dst = strconv.AppendInt(append(dst, ':'), p.Size, 10)
	return append(dst, fence)
}

// Name is the payload's content hash as people and programs read it: "sha256:" and 64 hex digits.
func (p Payload) Name() string { return mark[1:] + hex.EncodeToString(p.Hash[:]) }

// HasPayloads reports whether a value's bytes hold a stand-in.
func HasPayloads(raw []byte) bool { return bytes.IndexByte(raw, fence) >= 0 }

// readStandIn reads the stand-in that s begins with, and its length.
func readStandIn(s string) (p Payload, n int, ok bool) {
	if len(s) <= sizeAt || s[:hashAt] != mark || s[sizeAt-1] != ':' {
		return Payload{}, 0, false
	}
	end := strings.IndexByte(s[sizeAt:min(len(s), sizeAt+sizeMost+1)], fence)
	if end < 1 {
		return Payload{}, 0, false
	}
	if _, err := hex.Decode(p.Hash[:], []byte(s[hashAt:sizeAt-1])); err != nil {
		return Payload{}, 0, false
	}
	size, err := strconv.ParseInt(s[sizeAt:sizeAt+end], 10, 64)
	if err != nil || size < 1 {
		return Payload{}, 0, false
	}
	p.Size = size
	return p, sizeAt + end + 1, true
}

// FindPayloads visits the stand-ins of any bytes in order, with their places; what only looks like the beginning of one is passed over.
func FindPayloads(raw []byte, visit func(p Payload, from, to int)) {
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte(mark))
		if i < 0 {
			return
		}
		at += i
		p, n, ok := readStandIn(string(raw[at:min(len(raw), at+sizeAt+sizeMost+1)]))
		if !ok {
			at++
			continue
		}
		visit(p, at, at+n)
		at += n
	}
}

// WholePayload is the payload of a value that is nothing but a stand-in.
func WholePayload(raw []byte) (Payload, bool) {
	if len(raw) == 0 || raw[0] != fence || len(raw) > sizeAt+sizeMost+1 {
		return Payload{}, false
	}
	p, n, ok := readStandIn(string(raw))
	return p, ok && n == len(raw)
}

// SizeOf is how many bytes a value has with its payloads in place.
func SizeOf(raw []byte) int64 {
	size := int64(len(raw))
	if !HasPayloads(raw) {
		return size
	}
	FindPayloads(raw, func(p Payload, from, to int) { size += p.Size - int64(to-from) })
	return size
}

// Splice puts other bytes in the place of stand-ins: what give answers, and the stand-in itself where that is nil. Without any, raw comes back.
func Splice(raw []byte, give func(Payload) []byte) []byte {
	if !HasPayloads(raw) {
		return raw
	}
	var out []byte
	done := 0
	FindPayloads(raw, func(p Payload, from, to int) {
		if put := give(p); put != nil {
			out = append(append(out, raw[done:from]...), put...)
			done = to
		}
	})
	if done == 0 {
		return raw
	}
	return append(out, raw[done:]...)
}

// Shown is a value's bytes for people to read: a stand-in becomes a JSON string that says how large the value is.
func Shown(raw []byte) []byte {
	return Splice(raw, func(p Payload) []byte { return []byte(`"(` + FormatSize(p.Size) + `)"`) })
}

// FormatSize says a number of bytes in words: "731 bytes", "64.0 KiB", "5.2 MiB".
func FormatSize(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " bytes"
	case n < 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// payloadError is the error of an expression that looks inside a value which is not there.
func payloadError(p Payload, name string) *Error {
	message := fmt.Sprintf("%s has %s (%d bytes): an expression can look inside values of at most %s, and only pass a larger one on as a whole", name,
		FormatSize(p.Size), p.Size, FormatSize(MaxResult))
	if p.Size <= MaxResult {
		message = fmt.Sprintf("%s (%s, %s) could not be read from the store", name, FormatSize(p.Size), p.Name())
	}
	return &Error{Class: ClassTooLarge, Message: message, payload: &p}
}

// away is what an expression finds in the place of a payload that it can't look into. Passing it on keeps the stand-in.
func away(p Payload) ref.Val { return types.WrapErr(payloadError(p, "a value")) }

// payloadIn is the payload that v stands for, nil if it is something else.
func payloadIn(v ref.Val) *Payload {
	failed, ok := v.(*types.Err)
	if !ok {
		return nil
	}
	var e *Error
	if errors.As(failed.Unwrap(), &e) {
		return e.payload
	}
	return nil
}

// named says which of the program's values an error is about, if it is about a payload.
func (p *Program) named(e *Error, s Scope) *Error {
	if e.payload == nil {
		return e
	}
	for _, r := range p.refs {
		at, present, err := r.follow(s)
		if err != nil || !present {
			continue
		}
		if val, err := at.decoded(); err == nil {
			if found := payloadIn(val); found != nil && *found == *e.payload {
				return payloadError(*found, r.String())
			}
		}
	}
	return payloadError(*e.payload, "a value that "+p.what()+" reads")
}
