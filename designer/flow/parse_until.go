package flow

import "strings"

// until reads what a step loops for.
func (d *decoder) until(e *Entry) *UntilSpec {
	v := e.Value
	if v.Kind != MappingNode {
		hint := ""
		if s, ok := plainText(v); ok && strings.Contains(s, "${{") {
			hint = "write `until: {condition: \"" + shorten(s) + "\"}`"
		}
		d.wrong(v, "until", "a mapping such as {condition: \"${{ output.done }}\", every: 10s, max: 30}", hint)
		return nil
	}
	u := &UntilSpec{Pos: d.tree.Pos(e.Key.Start)}
	d.each(v, "until", "until", untilKeys, func(key string, e *Entry) {
		switch key {
		case "condition":
			u.Condition = d.expression(e.Value, "until.condition", "${{ output.done }}")
		case "every":
			u.Every = d.duration(e.Value, "until.every")
		case "max":
			u.Max = d.integer(e.Value, "until.max", 1, MostMax)
		}
	})
	if lacks(v, "condition", untilKeys) {
		d.at(e.Key.Start, "until", "add `condition: ${{ output.done }}`, say", "`until` has no `condition`")
	}
	return u
}
