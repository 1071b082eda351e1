package expr

import (
	"errors"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// place is a value found by following a path: a whole Value, or a part of one with the text it stands in.
type place struct {
	whole *Value
	val   ref.Val
	src   string
	at    span
}

func (p place) decoded() (ref.Val, error) {
	if p.whole != nil {
		return p.whole.decoded()
	}
	return p.val, nil
}

func (p place) value() *Value {
	if p.whole != nil {
		return p.whole
	}
	return newDecoded([]byte(p.src[p.at.from:p.at.to]), p.val)
}

// follow reads the path. False: an optional part of it is not there.
func (r Ref) follow(s Scope) (place, bool, error) {
	links := r.links
	var whole *Value
	switch r.Root {
	case RootInput:
		whole = s.Input()
	case RootRun:
		whole = s.Run()
	case RootItem:
		whole, _, _ = s.Item()
	case RootIndex:
		if _, i, ok := s.Item(); ok {
			val := types.Int(i)
			raw, err := encode(nil, val)
			if err != nil {
				return place{}, false, err
			}
			whole = newDecoded(raw, val)
		}
	case RootKey:
		if key, ok := s.Key(); ok {
			val := types.String(key)
			raw, err := encode(nil, val)
			if err != nil {
				return place{}, false, err
			}
			whole = newDecoded(raw, val)
		}
	case RootOutput:
		whole = s.Loop().Output
	case RootIteration:
		if n := s.Loop().Iteration; n > 0 {
			val := types.Int(n)
			raw, err := encode(nil, val)
			if err != nil {
				return place{}, false, err
			}
			whole = newDecoded(raw, val)
		}
	case RootPrevious:
		l := s.Loop()
		if l.Previous == nil && l.Iteration > 0 {
			return place{}, false, nil
		}
		whole = l.Previous
	case RootSteps:
		v, ok := stepField(s, r.Step, r.Field)
		if !ok {
			if r.tested || links[0].optional || links[1].optional {
				return place{}, false, nil
			}
			why := "the step has no output; it was skipped or did not complete"
			if r.Field == "error" {
				why = "the step did not fail"
			}
			return place{}, false, absentError(Path{Root: r.Root, Step: r.Step, Field: r.Field}.String(), why)
		}
		whole = v
	}
	if whole == nil {
		return place{}, false, absentError(r.Root, "")
	}
	optional := r.tested
	if r.Root == RootSteps {
		optional = optional || links[0].optional || links[1].optional
		links = links[2:]
	}
	if len(links) == 0 {
		return place{whole: whole}, true, nil
	}
	val, err := whole.decoded()
	if err != nil {
		return place{}, false, r.locate(err)
	}
	here := place{val: val}
	for i, l := range links {
		optional = optional || l.optional
		o, isObject := here.val.(*object)
		var m member
		found := false
		if isObject {
			m, found = o.find(l.name)
		}
		if p := payloadIn(here.val); p != nil {
			return place{}, false, payloadError(*p, Path{Root: r.Root, Step: r.Step, Field: r.Field, Rest: r.Rest[:i]}.String())
		}
		if !found {
			if optional {
				return place{}, false, nil
			}
			why := ""
			if !isObject {
				why = "a field cannot be read from a value of type " + typeName(here.val)
			}
			at := Path{Root: r.Root, Step: r.Step, Field: r.Field, Rest: r.Rest[:i+1]}
			return place{}, false, absentError(at.String(), why)
		}
		here = place{val: m.val, src: o.src, at: m.at}
	}
	return here, true, nil
}

// locate says whose value a contract error is about.
func (r Ref) locate(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{Class: e.Class, Message: Path{Root: r.Root, Step: r.Step, Field: r.Field}.String() + ": " + e.Message, cause: e.cause, payload: e.payload}
}
