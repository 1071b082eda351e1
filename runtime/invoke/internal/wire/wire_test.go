package wire_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
)

func TestOutput(t *testing.T) {
	cases := []struct {
		name, body, want string
		class            fault.Class
	}{
		{"object", ` {"a": 1}` + "\n", `{"a": 1}`, ""},
		{"empty", "", "null", ""},
		{"blank", " \r\n", "null", ""},
		{"escaped NUL", `"a\u0000b"`, `"a\u0000b"`, ""},
		{"raw NUL", "\"a\x00b\"", "", fault.Contract},
		{"invalid UTF-8", "\"\xff\"", "", fault.Contract},
		{"html", "<html>", "", fault.Contract},
		{"two values", "1 2", "", fault.Contract},
		{"deep", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "", fault.Contract},
	}
	for _, c := range cases {
		got, f := wire.Output([]byte(c.body), "text/plain")
		if string(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		switch {
		case f == nil && c.class != "":
			t.Errorf("%s: got no fault, want %s", c.name, c.class)
		case f != nil && (f.Class != c.class || f.Effect != fault.Maybe):
			t.Errorf("%s: got %s/%s, want %s/maybe", c.name, f.Class, f.Effect, c.class)
		}
	}
}

func TestMask(t *testing.T) {
	cases := []struct {
		text  string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{"a\x00b\x1b[31m\r\nc\td", 50, "a·b·[31m·⏎c d"},
		{"\xff\xfe", 10, "\uFFFD"},
		{"abcdef", 3, "abc…"},
		{"aé", 2, "a…"},
		{"a€", 3, "a…"},
		{"\u202eevil", 20, "·evil"},
	}
	for _, c := range cases {
		got := wire.Mask(c.text, c.limit)
		if got != c.want {
			t.Errorf("Mask(%q, %d): got %q, want %q", c.text, c.limit, got, c.want)
		}
		if !utf8.ValidString(got) {
			t.Errorf("Mask(%q, %d): not valid UTF-8", c.text, c.limit)
		}
	}
}

func TestMessage(t *testing.T) {
	cases := []struct{ body, want string }{
		{`{"errorMessage": "no funds", "message": "x"}`, "no funds"},
		{`{"message": "no funds"}`, "no funds"},
		{`{"error": "no funds"}`, "no funds"},
		{`{"error": {"code": 3, "message": "no funds"}}`, "no funds"},
		{`{"error": 3}`, ""},
		{`"no funds"`, ""},
		{`no funds`, ""},
	}
	for _, c := range cases {
		if got := wire.Message([]byte(c.body)); got != c.want {
			t.Errorf("Message(%s): got %q, want %q", c.body, got, c.want)
		}
	}
}
