package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// TypeScript is the browser's copy of the catalogue: a module of constants.
func TypeScript() []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from web/words by web/ui/gen. DO NOT EDIT.\n")
	table := func(name, doc string, list []Word, of func(Word) string) {
		fmt.Fprintf(&b, "\n/** %s */\nexport const %s: Readonly<Record<string, string>> = {\n", doc, name)
		for _, w := range list {
			fmt.Fprintf(&b, "  %s: %s,\n", text(w.ID), text(of(w)))
		}
		b.WriteString("};\n")
	}
	plain := func(w Word) string { return w.Text }
	table("STATUS", "Statuses within a sentence.", Statuses, plain)
	table("STATUS_TITLES", "Statuses as a heading begins.", Statuses, func(w Word) string { return Title(w.Text) })
	table("KIND_TITLES", "Kinds of steps, as lists name them.", Kinds, plain)
	table("KIND_ABOUT", "What a step of a kind is, in a few words.", Kinds, func(w Word) string { return w.About })
	table("MARKS", "Signs of a difference.", Marks, plain)
	fmt.Fprintf(&b, "\n/** A moment that lies less than ten seconds back. */\nexport const JUST_NOW = %s;\n", text(JustNow))
	return b.Bytes()
}

// Cases are times in words as the server says them, for the tests of the browser's code, which says them, too: a module of lists of [milliseconds, words],
// of retries, [attempt, most, words], and of sizes, [bytes, words].
func Cases() []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from web/words by web/ui/gen, for tests. DO NOT EDIT.\n")
	list := func(name string, say func(time.Duration) string, all []time.Duration) {
		fmt.Fprintf(&b, "\nexport const %s: readonly (readonly [number, string])[] = [\n", name)
		for _, d := range all {
			fmt.Fprintf(&b, "  [%d, %s],\n", d.Milliseconds(), text(say(d)))
		}
		b.WriteString("];\n")
	}
	list("SPANS", Span, moments(0, 1, 999))
	list("AGOS", Ago, append(moments(0, 1500, 9999), -500*time.Millisecond, -time.Second, -1001*time.Millisecond, -time.Minute, -90*time.Minute, -50*time.Hour))
	b.WriteString("\nexport const RETRIES: readonly (readonly [number, number, string])[] = [\n")
	for _, r := range [][2]int{{1, 4}, {3, 4}, {4, 4}, {9, 4}, {1, 0}} {
		fmt.Fprintf(&b, "  [%d, %d, %s],\n", r[0], r[1], text(Retrying(r[0], r[1])))
	}
	b.WriteString("];\n\nexport const SIZES: readonly (readonly [number, string])[] = [\n")
	for _, n := range []int64{0, 1, 1023, 1024, 2047, 65_536, 1<<20 - 1, 1 << 20, 1_153_433, 1_153_434, 10 << 20, 64<<20 - 1} {
		fmt.Fprintf(&b, "  [%d, %s],\n", n, text(Bytes(n)))
	}
	b.WriteString("];\n")
	return b.Bytes()
}

// moments are these milliseconds and, around every unit's border, what lies beside it.
func moments(ms ...int64) (all []time.Duration) {
	for _, m := range ms {
		all = append(all, time.Duration(m)*time.Millisecond)
	}
	for _, unit := range []time.Duration{time.Second, 10 * time.Second, time.Minute, time.Hour, 24 * time.Hour, 48 * time.Hour, 400 * 24 * time.Hour} {
		all = append(all, unit-time.Millisecond, unit, unit+999*time.Millisecond, unit+unit/3, 2*unit+61*time.Second)
	}
	return all
}

func text(s string) string {
	raw, _ := json.Marshal(s) // a string always can
	return string(raw)
}
