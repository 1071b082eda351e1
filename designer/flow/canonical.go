package flow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object writes a JSON object key by key and leaves out what is zero.
type object struct{ buf []byte }

func (o *object) key(k string) {
	if len(o.buf) == 0 {
		o.buf = append(o.buf, '{')
	} else {
		o.buf = append(o.buf, ',')
	}
	o.buf = append(appendString(o.buf, k), ':')
}

func (o *object) bytes() []byte {
	if len(o.buf) == 0 {
		return []byte("{}")
	}
	return append(o.buf, '}')
}

func (o *object) raw(k string, f func() []byte) {
	o.key(k)
	o.buf = append(o.buf, f()...)
}

func (o *object) text(k, v string) {
	if v != "" {
		o.key(k)
		o.buf = appendString(o.buf, v)
	}
}

func (o *object) texts(k string, v map[string]string) {
	if len(v) > 0 {
		o.key(k)
		o.buf = append(o.buf, marshal(v)...) // encoding/json sorts the keys of a map
	}
}

func (o *object) integer(k string, v int) {
	if v != 0 {
		o.key(k)
		o.buf = strconv.AppendInt(o.buf, int64(v), 10)
	}
}

func (o *object) duration(k string, v time.Duration) {
	if v != 0 {
		o.text(k, FormatDuration(v))
	}
}

func (o *object) value(k string, v Value) {
	if v.Kind != Absent {
		o.key(k)
		o.buf = v.appendJSON(o.buf, false)
	}
}

func (o *object) sorted(k string, v Value) {
	if v.Kind != Absent {
		o.key(k)
		o.buf = v.appendJSON(o.buf, true)
	}
}

func (o *object) expr(k string, e *Expr) {
	if e != nil {
		o.text(k, e.Source)
	}
}

func (o *object) retry(k string, r *Retry) {
	if r == nil {
		return
	}
	o.raw(k, func() []byte {
		var p object
		p.integer("max_attempts", r.MaxAttempts)
		p.duration("backoff", r.Backoff)
		if r.Factor != 0 {
			p.raw("factor", func() []byte { return strconv.AppendFloat(nil, r.Factor, 'g', -1, 64) })
		}
		p.duration("max_backoff", r.MaxBackoff)
		if len(r.On) > 0 {
			p.raw("on", func() []byte { return marshal(r.On) })
		}
		return p.bytes()
	})
}

func (o *object) call(c *CallSpec) {
	o.text("call", c.Function)
	o.sorted("with", c.With)
	o.duration("timeout", c.Timeout)
	r := c.Retry
	if r != nil {
		clone := *r
		clone.On = slices.Clone(r.On)
		slices.Sort(clone.On)
		r = &clone
	}
	o.retry("retry", r)
}

func sortedFields(fields []Field) []Field {
	out := slices.Clone(fields)
	slices.SortStableFunc(out, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Canonical is one JSON text for everything that d means. Comments, layout, quoting, the order of steps, of keys and of needs, `step.done` for
// `step` and a written `on_failure: pause` make no difference to it; the order of the branches of a switch does.
func Canonical(d *Definition) []byte {
	var o object
	o.text("name", d.Name)
	o.text("title", d.Title)
	o.sorted("input", d.Input)
	o.duration("timeout", d.Timeout)
	steps := slices.Clone(d.Steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return strings.Compare(a.Name, b.Name) })
	o.raw("steps", func() []byte {
		var all object
		for i := range steps {
			all.raw(steps[i].Name, func() []byte { return canonicalStep(&steps[i]) })
		}
		return all.bytes()
	})
	o.sorted("output", d.Output)
	o.text("on_failure", string(cmp.Or(d.OnFailure, Pause)))
	return o.bytes()
}

func canonicalStep(s *Step) []byte {
	var o object
	o.text("kind", string(s.Kind))
	o.text("title", s.Title)
	if len(s.Needs.Edges) > 0 {
		var edges []string
		for _, e := range s.Needs.Edges {
			edges = append(edges, e.Step+"."+e.Port)
		}
		slices.Sort(edges)
		key := "needs"
		if s.Needs.Any {
			key = "needs_any"
		}
		o.raw(key, func() []byte { return marshal(edges) })
	}
	o.expr("if", s.If)
	o.expr("for_each", s.ForEach)
	o.integer("max_parallel", s.MaxParallel)
	if t := s.Tolerated; t != nil {
		o.integer("tolerated_failures", t.Count)
		if t.Percent > 0 {
			o.text("tolerated_failures", strconv.FormatFloat(t.Percent, 'g', -1, 64)+"%")
		}
	}
	o.duration("deadline", s.Deadline)
	if s.Call != nil {
		o.call(s.Call)
	}
	if c := s.Sub; c != nil {
		o.text("flow", c.Flow)
		o.integer("version", c.Version)
		o.sorted("with", c.With)
	}
	if u := s.Until; u != nil {
		o.raw("until", func() []byte {
			var loop object
			loop.expr("condition", u.Condition)
			loop.duration("every", u.Every)
			loop.integer("max", u.Max)
			return loop.bytes()
		})
	}
	if len(s.Switch) > 0 {
		o.raw("switch", func() []byte {
			branches := make([][2]string, 0, len(s.Switch))
			for _, b := range s.Switch {
				branches = append(branches, [2]string{b.Name, b.When.Source})
			}
			return marshal(branches)
		})
	}
	o.sorted("set", s.Set)
	o.duration("wait", s.Wait.For)
	o.sorted("until", s.Wait.Until)
	o.text("signal", s.Signal.Name)
	o.duration("signal_timeout", s.Signal.Timeout)
	o.sorted("signal_schema", s.Signal.Schema)
	o.sorted("approval", s.Approval.Title)
	o.duration("approval_timeout", s.Approval.Timeout)
	o.sorted("fail", s.Fail.Message)
	if s.Compensate != nil {
		o.raw("compensate", func() []byte {
			var c object
			if s.Compensate.After == AfterAttempt {
				c.text("after", string(AfterAttempt))
			}
			c.call(s.Compensate)
			return c.bytes()
		})
	}
	return o.bytes()
}

// CanonicalValue is one JSON text for v: the order of keys makes no difference to it. It is "null" for an Absent value.
func CanonicalValue(v Value) []byte {
	if v.Kind == Absent {
		return []byte("null")
	}
	return v.appendJSON(nil, true)
}

// Hash is the content hash of d: the SHA-256 of Canonical in hex.
func Hash(d *Definition) string {
	sum := sha256.Sum256(Canonical(d))
	return hex.EncodeToString(sum[:])
}
