package runtime

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// A run is found by what stands at the head of its input: so many bytes as written, and so many values.
const (
	InputHead = 16 << 10
	MaxKeys   = journal.MaxKeys
)

// InputKey is the key of a value of an input: the path of names that leads to it, with dots between them, and the value as text, which is a string's own
// or the JSON of a number, a boolean or null.
func InputKey(path, text string) int64 {
	sum := sha256.Sum256([]byte(path + "\x00" + text))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// InputKeys lists the keys by which a run with this input is found, each once: those of the values within InputHead, at most MaxKeys, in the order in
// which they are written. What stands in lists has none, and neither has what no path can name, because a name on its way has a dot in it.
func InputKeys(input []byte) []int64 {
	k := keysReader{tokens: json.NewDecoder(bytes.NewReader(input[:min(len(input), InputHead)]))}
	k.tokens.UseNumber()
	if first, err := k.tokens.Token(); err == nil && first == json.Delim('{') {
		k.object("", true)
	}
	return k.keys
}

type keysReader struct {
	tokens *json.Decoder
	keys   []int64
	said   func(path, text string) // nil: only the keys are wanted
}

// object reads the members of an object up to its end. named: a path leads to it, prefix with a name. ok is false where reading ends.
func (k *keysReader) object(prefix string, named bool) (ok bool) {
	for k.tokens.More() {
		name, err := k.tokens.Token()
		if err != nil {
			return false
		}
		text, _ := name.(string)
		if !k.value(prefix+text, named && !strings.Contains(text, ".")) {
			return false
		}
	}
	_, err := k.tokens.Token()
	return err == nil
}

// value reads a value. A document's depth was bounded when it was accepted, and so is its head here.
func (k *keysReader) value(path string, named bool) (ok bool) {
	token, err := k.tokens.Token()
	if err != nil || len(k.keys) == MaxKeys {
		return false
	}
	text := ""
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return k.object(path+".", named)
		}
		for k.tokens.More() {
			if !k.value("", false) {
				return false
			}
		}
		_, err := k.tokens.Token()
		return err == nil
	case string:
		text = t
	case json.Number:
		text = t.String()
	case bool:
		text = "false"
		if t {
			text = "true"
		}
	case nil:
		text = "null"
	}
	if key := InputKey(path, text); named && !slices.Contains(k.keys, key) {
		k.keys = append(k.keys, key)
		if k.said != nil {
			k.said(path, text)
		}
	}
	return true
}

// InputLine says in about so many characters what a run was started with, by the facts of its first transition as they are stored: the values that it is
// found by, each as `path=value`. "" where there are none.
func InputLine(first []byte, most int) string {
	facts, err := planner.Decode(first)
	if err != nil || len(facts) == 0 {
		return ""
	}
	born, ok := facts[0].(*planner.RunStarted)
	if !ok {
		return ""
	}
	var line []rune
	k := keysReader{tokens: json.NewDecoder(bytes.NewReader(born.Input[:min(len(born.Input), 8*most)]))}
	k.tokens.UseNumber()
	k.said = func(path, text string) {
		if len(line) < most {
			line = append(line, []rune("  "+path+"="+text)...)
		}
	}
	if d, err := k.tokens.Token(); err == nil && d == json.Delim('{') {
		k.object("", true)
	}
	if len(line) > most {
		line = append(line[:most], '…')
	}
	return strings.TrimSpace(string(line))
}

// keysOf lists the keys of a run by its first facts.
func keysOf(s *planner.State, facts []planner.Fact) []int64 {
	if len(facts) == 0 {
		return nil
	}
	if born, ok := facts[0].(*planner.RunStarted); ok {
		return InputKeys(s.Inline(born.Input))
	}
	return nil
}

// KeysOf lists the keys by which a run is found, by the facts of its first transition as they are stored; nil where they can't be read.
func KeysOf(first []byte) []int64 {
	facts, err := planner.Decode(first)
	if err != nil {
		return nil
	}
	return keysOf(planner.NewState(), facts)
}
