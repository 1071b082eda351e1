package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/segno-run/segno/web/words"
)

// now is the page's clock: the time the handler gave, or the machine's.
func (c Chrome) now() time.Time {
	if c.Now.IsZero() {
		return time.Now()
	}
	return c.Now
}

// span says how long something took: "3.2 s", "2 min 5 s".
func span(d time.Duration) string { return words.Span(d) }

// ago says how long before now t was, coarsely; app.js keeps it current by the same words.
func ago(t, now time.Time) string { return words.Ago(now.Sub(t)) }

// clock is the time of day of a log line, UTC, to the millisecond.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// full is a moment for a tooltip.
func full(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 MST") }

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// took is the time between two moments, the second of which may lie ahead.
func took(from, to *time.Time, now time.Time) string {
	if from == nil {
		return ""
	}
	if to == nil {
		return span(now.Sub(*from))
	}
	return span(to.Sub(*from))
}

// count returns "1 step" or "3 steps".
func count(n int, noun string) string { return words.Count(n, noun) }

// shortID keeps the end of a UUIDv7, which is the random part: the beginning is alike for runs of the same minute.
func shortID(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[len(id)-8:]
}

// shortHash keeps enough of a content hash to tell versions apart.
func shortHash(hash string) string {
	if len(hash) > 10 {
		return hash[:10]
	}
	return hash
}

// jsonShown is how much of a value a page prints; the rest is a link to the API.
const jsonShown = 64 << 10

// pretty indents JSON. Numbers and key order stay exactly as recorded; what is not JSON comes back as it is.
func pretty(raw []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return visible(string(raw))
	}
	return visible(readable(out.String()))
}

// readable writes <, > and & of JSON texts as themselves: encoders escape them for the sake of HTML, which the page does by itself.
func readable(text string) string {
	if !strings.Contains(text, `\u00`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			out.WriteByte(text[i])
			i++
			continue
		}
		end := min(i+2, len(text))
		if i+6 <= len(text) && text[i+1] == 'u' {
			end = i + 6
			if plain, ok := map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"}[strings.ToLower(text[i:end])]; ok {
				out.WriteString(plain)
				i = end
				continue
			}
		}
		out.WriteString(text[i:end])
		i = end
	}
	return out.String()
}

// visible writes characters that can't be seen, or that turn the text around them, as JSON escapes: nothing that a function says reads as something else.
func visible(text string) string {
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func hidden(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// highlight turns indented JSON into HTML: keys, strings, numbers and words in spans, everything escaped.
func highlight(text string) string {
	var out strings.Builder
	out.Grow(len(text) * 2)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := i + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			class := "jt"
			if rest := strings.TrimLeft(text[end:], " "); strings.HasPrefix(rest, ":") {
				class = "jk"
			}
			wrap(&out, class, text[i:end])
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789+-.eE", text[end]) >= 0 {
				end++
			}
			wrap(&out, "jn", text[i:end])
			i = end
		case c >= 'a' && c <= 'z':
			end := i + 1
			for end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
				end++
			}
			wrap(&out, "jw", text[i:end])
			i = end
		default:
			out.WriteString(html.EscapeString(text[i : i+1]))
			i++
		}
	}
	return out.String()
}

func wrap(out *strings.Builder, class, text string) {
	out.WriteString(`<span class="`)
	out.WriteString(class)
	out.WriteString(`">`)
	out.WriteString(html.EscapeString(text))
	out.WriteString(`</span>`)
}

// empty reports whether a JSON value has nothing to show.
func empty(raw []byte) bool {
	s := strings.TrimSpace(string(raw))
	return s == "" || s == "null"
}

// cut shortens a text to what a page shows, at a rune's edge.
func cut(text string) string {
	end := jsonShown
	for end > 0 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}

func bytes1024(n int) string { return words.Bytes(int64(n)) }

// told is a moment as sentences have it, UTC to the second.
var told = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\b`)

// phrase is a part of a sentence: words, or a moment in it.
type phrase struct {
	text string
	at   time.Time // zero: words
}

// moments splits a sentence at the moments that it names.
func moments(text string) []phrase {
	var out []phrase
	done := 0
	for _, at := range told.FindAllStringIndex(text, -1) {
		t, err := time.Parse("2006-01-02 15:04:05 MST", text[at[0]:at[1]])
		if err != nil {
			continue // 99 o'clock
		}
		if at[0] > done {
			out = append(out, phrase{text: text[done:at[0]]})
		}
		out = append(out, phrase{text: text[at[0]:at[1]], at: t})
		done = at[1]
	}
	if done < len(text) {
		out = append(out, phrase{text: text[done:]})
	}
	return out
}

// ticks splits a text at its backticks: every second part stood between two. An odd one at the end is kept as it is.
func ticks(text string) []string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		last := len(parts) - 1
		parts[last-1] += "`" + parts[last]
		parts = parts[:last]
	}
	return parts
}
