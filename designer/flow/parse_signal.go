package flow

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
	if v.Entry("name") == nil {
		d.at(e.Key.Start, "signal", "add `name: …`, by which it is sent", "`signal` has no `name`")
	}
}
