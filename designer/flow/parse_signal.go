package flow

import (
	"math"
	"strconv"
	"strings"
)

// signal reads what a step waits for from outside.
func (d *decoder) signal(s *Step, e *Entry) {
	v := e.Value
	if v.Kind != MappingNode {
		hint := ""
		if name, ok := plainText(v); ok && ValidName(name) {
			hint = "write `signal: {name: " + name + "}`"
		}
		d.wrong(v, "signal", "a mapping such as {name: paid, timeout: 48h}", hint)
		return
	}
	d.each(v, "signal", "signal", signalKeys, func(key string, e *Entry) {
		switch key {
		case "name":
			s.Signal.NamePos = d.tree.Pos(e.Value.Start)
			s.Signal.Name = d.name(e.Value, "signal.name", "signal")
		case "timeout":
			s.Signal.Timeout = d.duration(e.Value, "signal.timeout")
		case "schema":
			if d.mapping(e.Value, "signal.schema", "a JSON Schema, a mapping such as {type: object}") {
				s.Signal.Schema = d.value(e.Value, "signal.schema")
			}
		}
	})
	if lacks(v, "name", signalKeys) {
		d.at(e.Key.Start, "signal", "add `name: …`, by which it is sent", "`signal` has no `name`")
	}
}

// tolerance reads a count such as 2, or a percentage such as 10%.
func (d *decoder) tolerance(n *Node, field string) *Tolerance {
	if text, ok := plainText(n); ok {
		if digits, percent := strings.CutSuffix(text, "%"); percent {
			if p, err := strconv.ParseFloat(digits, 64); err == nil && p > 0 && p <= 100 && !math.IsNaN(p) {
				return &Tolerance{Percent: p}
			}
		}
		d.at(n.Start, field, "", "`%s` must be a whole number such as 2, or a percentage above 0 and up to 100 such as 10%%, found `%s`", field, shorten(text))
		return nil
	}
	return &Tolerance{Count: d.integer(n, field, 0, 1_000_000)}
}
