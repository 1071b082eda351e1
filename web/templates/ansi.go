package templates

import (
	"strconv"
	"strings"
)

// ansiSpan is a part of a line in one style. Class is of a fixed set of names, whatever the line says.
type ansiSpan struct {
	Text  string
	Class string
}

// ansiStyle is what a terminal has been asked for. Colours are numbers of the palette of sixteen, plus one; 0 is the terminal's own.
type ansiStyle struct {
	fg, bg                           int
	bold, dim, italic, under, strike bool
}

// ansiSpans cuts a line of output into parts of one style each. Of the escape sequences only colours and the like are followed; all others are left out,
// and so is one that the line's end cuts off. What else can't be seen is shown as its code.
func ansiSpans(line string) []ansiSpan {
	if !strings.ContainsAny(line, "\x1b\u009b") {
		return []ansiSpan{{Text: visible(line)}}
	}
	var out []ansiSpan
	var style ansiStyle
	put := func(text string) {
		if text == "" {
			return
		}
		if text, class := visible(text), style.class(); len(out) > 0 && out[len(out)-1].Class == class {
			out[len(out)-1].Text += text
		} else {
			out = append(out, ansiSpan{Text: text, Class: class})
		}
	}
	for line != "" {
		at := strings.IndexAny(line, "\x1b\u009b")
		if at < 0 {
			put(line)
			break
		}
		put(line[:at])
		var sgr string
		sgr, line = ansiCut(line[at:])
		if sgr != "" {
			style = style.after(sgr)
		}
	}
	return out
}

// ansiCut takes the escape sequence that a text begins with. sgr is it if it sets a style: its parameters and the m.
func ansiCut(text string) (sgr, rest string) {
	body := ""
	switch {
	case strings.HasPrefix(text, "\u009b"):
		body = text[len("\u009b"):]
	case strings.HasPrefix(text, "\x1b["):
		body = text[2:]
	case len(text) > 1 && strings.IndexByte("]PX^_", text[1]) >= 0: // a text of its own, up to its terminator: a title, a link's address
		for i := 2; i < len(text); i++ {
			switch {
			case text[i] == '\a':
				return "", text[i+1:]
			case text[i] == '\x1b' && strings.HasPrefix(text[i:], "\x1b\\"):
				return "", text[i+2:]
			}
		}
		return "", ""
	case len(text) > 1 && text[1] >= ' ' && text[1] <= '/': // a character set, or another two-byte choice
		return "", text[min(3, len(text)):]
	case len(text) > 1 && text[1] >= '0' && text[1] <= '~':
		return "", text[2:]
	default:
		return "", text[1:]
	}
	for i := range len(body) {
		switch c := body[i]; {
		case c == 'm':
			return body[:i+1], body[i+1:]
		case c >= '@' && c <= '~':
			return "", body[i+1:]
		case c < ' ' || c > '~': // no sequence: what is left reads on
			return "", body[i:]
		}
	}
	return "", ""
}

// after is the style that a sequence leaves.
func (s ansiStyle) after(sgr string) ansiStyle {
	var all []int
	for _, part := range strings.FieldsFunc(strings.TrimSuffix(sgr, "m")+";", func(r rune) bool { return r == ';' || r == ':' }) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return s
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return ansiStyle{}
	}
	for i := 0; i < len(all); i++ {
		switch n := all[i]; {
		case n == 0:
			s = ansiStyle{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.dim = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.under = true
		case n == 9:
			s.strike = true
		case n == 22:
			s.bold, s.dim = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.under = false
		case n == 29:
			s.strike = false
		case n == 7: // turned round: shown by weight, because the page's ground is not the terminal's
			s.bold = true
		case n >= 30 && n <= 37:
			s.fg = n - 30 + 1
		case n >= 90 && n <= 97:
			s.fg = n - 90 + 9
		case n == 39:
			s.fg = 0
		case n >= 40 && n <= 47:
			s.bg = n - 40 + 1
		case n >= 100 && n <= 107:
			s.bg = n - 100 + 9
		case n == 49:
			s.bg = 0
		case n == 38 || n == 48:
			colour, used := ansiColour(all[i+1:])
			if n == 38 {
				s.fg = colour
			} else {
				s.bg = colour
			}
			i += used
		}
	}
	return s
}

// ansiColour is the nearest of the sixteen to a colour of 256, or to one of three parts, and how many numbers told it.
func ansiColour(all []int) (colour, used int) {
	switch {
	case len(all) >= 2 && all[0] == 5:
		n := all[1]
		switch {
		case n < 0 || n > 255:
			return 0, 2
		case n < 16:
			return n + 1, 2
		case n < 232:
			n -= 16
			return ansiNearest(n/36*51, n/6%6*51, n%6*51), 2
		}
		grey := 8 + 10*(n-232)
		return ansiNearest(grey, grey, grey), 2
	case len(all) >= 4 && all[0] == 2:
		return ansiNearest(all[1], all[2], all[3]), 4
	}
	return 0, len(all)
}

func ansiNearest(r, g, b int) int {
	colour := 1
	for i, part := range []int{r, g, b} {
		if part >= 96 {
			colour += 1 << i
		}
	}
	if max(r, g, b) >= 192 {
		colour += 8
	}
	return colour
}

// class names the style: at most one class a property.
func (s ansiStyle) class() string {
	var names []string
	for _, c := range []struct {
		is   bool
		name string
	}{
		{s.fg > 0, "a-f" + strconv.Itoa((s.fg-1)&7)}, {s.bg > 0, "a-b" + strconv.Itoa((s.bg-1)&7)},
		{s.bold, "a-bold"}, {s.dim, "a-dim"}, {s.italic, "a-italic"}, {s.under, "a-under"}, {s.strike, "a-strike"},
	} {
		if c.is {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, " ")
}
