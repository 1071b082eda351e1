package templates

import (
	"regexp"
	"strings"
	"testing"
)

// inSpans writes spans as [class|text], for comparing.
func inSpans(line string) string {
	var out strings.Builder
	for _, s := range ansiSpans(line) {
		if s.Class == "" {
			out.WriteString(s.Text)
		} else {
			out.WriteString("[" + s.Class + "|" + s.Text + "]")
		}
	}
	return out.String()
}

func TestLogLinesAreInTheirColours(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                  "plain",
		"\x1b[31mred\x1b[0m plain":               "[a-f1|red] plain",
		"\x1b[1;92mok\x1b[22m still\x1b[39m end": "[a-f2 a-bold|ok][a-f2| still] end",
		"\x1b[mnothing":                          "nothing",
		"\x1b[4;9;2;3;44mx":                      "[a-b4 a-dim a-italic a-under a-strike|x]",
		"\x1b[38;5;196mred":                      "[a-f1|red]",
		"\x1b[38;2;0;0;255;1mblue":               "[a-f4 a-bold|blue]",
		"\x1b[38:2:0:200:0mgreen":                "[a-f2|green]",
		"\u009b32mgreen":                         "[a-f2|green]",
		"\x1b]8;;https://example.com\x07link\x1b]8;;\x1b\\ after": "link after",
		"\x1b]0;title\x07shown":                                   "shown",
		"\x1b[2K\x1b[1Gover":                                      "over",
		"\x1b(Bcharset":                                           "charset",
		"bell \x07, tab \t, turned \u202eround":                   `bell \u0007, tab ` + "\t" + `, turned \u202eround`,
	} {
		if got := inSpans(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// hostile are lines that try to get more than a colour.
var hostile = []string{
	"\x1b[31m<script>alert(1)</script>\x1b[0m", "\x1b[31\" onmouseover=\"alert(1)m x", "\x1b[38;5;999999999999999999999m x", "\x1b[-1m x", "\x1b[38;5m x", "\x1b[38;2;1m x",
	"\x1b[38;5;-4m x", "\x1b[38;2;999;-5;70m x", "\x1b[", "\x1b", "\x1b]8;;javascript:alert(1)\x07<b>click</b>", "\x1b]8;;never ended <img src=x onerror=alert(1)>", "\x1b[31\x1b[32mtwice",
	"\x1b[31m\x00<i>\xff\xfe", "\u009b", "\u009b31", "\x1bP<b>\x1b\\<u>", "\x1b[1m" + strings.Repeat("\x1b[4m", 10_000) + "<p>", "a\x1b[99999mb", "\x1b[;;;m<q>", "&lt;\x1b[1m&amp;",
	"\x1b[31m</code></li></ol><style>*{display:none}</style>", "\x1b#8x", "\x1b%Gx",
}

// allowed is all that a line may be in the page.
var allowed = regexp.MustCompile(`^<code>(?:[^<>&"]|&(?:lt|gt|amp|#34|#39);|<span class="(?:a-[fb][0-7]|a-bold|a-dim|a-italic|a-under|a-strike)(?: (?:a-[fb][0-7]|a-bold|a-dim|a-italic|a-under|a-strike))*">(?:[^<>&"]|&(?:lt|gt|amp|#34|#39);)*</span>)*</code>$`)

func TestHostileLogLinesAreText(t *testing.T) {
	t.Parallel()
	for _, line := range hostile {
		if got := drawnText(t, lineText(line)); !allowed.MatchString(got) {
			t.Errorf("%q is shown as %q", line, got)
		}
	}
}

func FuzzLogLines(f *testing.F) {
	for _, line := range hostile {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if got := drawnText(t, lineText(line)); !allowed.MatchString(got) {
			t.Errorf("%q is shown as %q", line, got)
		}
	})
}
