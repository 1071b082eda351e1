package flow

// childHints say what stands in for a key that a child flow has no use for.
var childHints = map[string]string{
	"retry":      "a run of a flow is not tried again as a whole; give the steps of that flow a `retry`",
	"timeout":    "`timeout` is of one attempt of a call; write `deadline`, which bounds the step",
	"compensate": "the flow is compensated as one unit, by the `compensate` of its own steps",
}

// child reads which flow a step runs.
func (d *decoder) child(s *Step, e *Entry) {
	if s.Sub == nil {
		s.Sub = &SubSpec{}
	}
	v := e.Value
	s.Sub.Pos, s.Sub.FlowPos = d.tree.Pos(e.Key.Start), d.tree.Pos(v.Start)
	s.Sub.Flow = d.name(v, "flow", "flow")
}

// childKey reads one of the keys that say how a flow is run.
func (d *decoder) childKey(s *Step, key string, v *Node) {
	if s.Sub == nil {
		s.Sub = &SubSpec{}
	}
	if key == "version" {
		s.Sub.Version, s.Sub.VersionPos = d.integer(v, key, 1, 1_000_000_000), d.tree.Pos(v.Start)
		return
	}
	if d.mapping(v, key, "a mapping such as {order_id: \"${{ input.order_id }}\"}") {
		d.markAll(key, v)
		s.Sub.With = d.value(v, key)
	}
}
