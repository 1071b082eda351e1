// Package wire owns what the transports of runtime/invoke have in common: reading an answer as JSON, and putting what a function said into a
// fault's evidence so that it is bounded, valid UTF-8 and harmless to print. It knows no transport.
package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/fault"
)

// DefaultTimeout bounds an invocation that names no timeout, so that no call can hang for ever.
const DefaultTimeout = 30 * time.Second

// Output checks a function's answer and returns it as the output. An empty answer is null. Anything but one JSON value in valid UTF-8 is a fault whose
// effect is maybe: the function did answer.
func Output(body []byte, contentType string) ([]byte, *fault.Fault) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return []byte("null"), nil
	}
	message := ""
	switch {
	case !utf8.Valid(trimmed):
		message = "the answer is not valid UTF-8"
	case !json.Valid(trimmed):
		message = "the answer is not JSON"
	default:
		return trimmed, nil
	}
	ev := []fault.Detail{{Name: "content type", Value: Mask(contentType, 200)}}
	if contentType == "" {
		ev[0].Value = "none given"
	}
	if err := json.Unmarshal(trimmed, new(json.RawMessage)); err != nil {
		ev = append(ev, fault.Detail{Name: "problem", Value: Mask(err.Error(), 200)})
	}
	ev = append(ev, fault.Detail{Name: "body begins", Value: Mask(string(trimmed), 200)})
	return nil, &fault.Fault{Class: fault.Contract, Effect: fault.Maybe, Message: message, Evidence: ev}
}

// Mask makes at most limit bytes of foreign text fit to be recorded and shown: bytes that are not UTF-8 become U+FFFD, control and other invisible
// characters a middle dot, a newline the sign ⏎. A text that was cut ends in an ellipsis.
func Mask(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		for back := 0; back < utf8.UTFMax && limit > 0 && !utf8.RuneStart(text[limit]); back++ {
			limit-- // not in the middle of a rune
		}
		text = text[:limit]
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r == '\t':
			return ' '
		case r == utf8.RuneError || unicode.IsPrint(r):
			return r
		}
		return '·'
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if cut {
		text += "…"
	}
	return text
}

// Message returns the sentence for a person in an error answer: the first of errorMessage, message, error, error.message and detail that is a
// non-empty string of a JSON object, else "".
func Message(body []byte) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return ""
	}
	for _, name := range []string{"errorMessage", "message", "error", "detail"} {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && strings.TrimSpace(text) != "" {
			return Mask(strings.TrimSpace(text), 500)
		}
		var nested struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(fields[name], &nested) == nil && strings.TrimSpace(nested.Message) != "" {
			return Mask(strings.TrimSpace(nested.Message), 500)
		}
	}
	return ""
}
