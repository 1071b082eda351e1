package check

import (
	"github.com/segno-run/segno/designer/flow"
)

// warnHandled warns of failures that are handled although something done before them could be compensated: if no `fail` ends such a path, the run
// succeeds and nothing is undone.
func (k *compiler) warnHandled() {
	endsInFail := k.canFail()
	for i, s := range k.steps {
		for _, e := range s.Out {
			if e.Port != flow.PortError || endsInFail[e.To] {
				continue
			}
			undone := k.compensatable(i)
			if len(undone) == 0 {
				continue
			}
			k.report(flow.Warning, k.edgePos(e), k.names[e.To], "needs", "end this path with a `fail` step if what was done should be undone",
				"a failure of `%s` is handled here and the run goes on to succeed, so %s will not be compensated", s.Name, listed(undone))
		}
	}
}

// canFail tells for each step whether a `fail` step is it or follows it somewhere.
func (k *compiler) canFail() []bool {
	can := make([]bool, len(k.steps))
	var queue []int
	for i, s := range k.steps {
		if s.Kind == flow.Fail {
			can[i] = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, e := range k.steps[i].In {
			if !can[e.From] {
				can[e.From] = true
				queue = append(queue, e.From)
			}
		}
	}
	return can
}

// compensatable names the ancestors of a step that declare a compensation.
func (k *compiler) compensatable(i int) []string {
	var names []string
	k.ancestors[i].each(func(a int) {
		if k.compensates(a) {
			names = append(names, k.names[a])
		}
	})
	return names
}

// warnCompensate warns of `on_failure: compensate` where nothing can be compensated.
func (k *compiler) warnCompensate() {
	if k.d.OnFailure != flow.Compensate {
		return
	}
	for i := range k.d.Steps {
		if k.compensates(i) {
			return
		}
	}
	pos := k.d.NamePos
	if p, ok := k.d.Positions["on_failure"]; ok {
		pos = p
	}
	k.report(flow.Warning, pos, "", "on_failure", "give a step a `compensate`", "`on_failure` is compensate, but no step says how to compensate it")
}
