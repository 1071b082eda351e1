package templates

import (
	"html"
	"strings"
)

// highlightYAML marks up one line of YAML for reading: key, comment and ${{ expressions }}. It is a reading aid, not a parser: a line it
// misjudges is coloured wrongly and still shown exactly.
func highlightYAML(line string) string {
	if line == "" {
		return " "
	}
	var out strings.Builder
	body, comment := line, ""
	if i := commentStart(line); i >= 0 {
		body, comment = line[:i], line[i:]
	}
	indent := len(body) - len(strings.TrimLeft(body, " -"))
	out.WriteString(html.EscapeString(body[:indent]))
	body = body[indent:]
	if i := strings.Index(body, ":"); i > 0 && (i+1 == len(body) || body[i+1] == ' ') && !strings.ContainsAny(body[:i], "\"'{}[] $") {
		wrap(&out, "yk", body[:i])
		body = body[i:]
	}
	for body != "" {
		start := strings.Index(body, "${{")
		end := strings.Index(body, "}}")
		if start < 0 || end < start {
			out.WriteString(html.EscapeString(body))
			break
		}
		out.WriteString(html.EscapeString(body[:start]))
		wrap(&out, "yx", body[start:end+2])
		body = body[end+2:]
	}
	if comment != "" {
		wrap(&out, "yc", comment)
	}
	return out.String()
}

// commentStart finds the # that begins a comment: at the line's start or after a space, outside quotes. It returns -1 if there is none.
func commentStart(line string) int {
	quote := byte(0)
	for i := range len(line) {
		c := line[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return i
		}
	}
	return -1
}
