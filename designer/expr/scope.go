package expr

import (
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Scope is what an expression may read. It is asked only for what an expression names.
type Scope interface {
	// Input is the run's input.
	Input() *Value
	// Output is a step's output; false if it has none: skipped, failed or not run.
	Output(step string) (*Value, bool)
	// StepError is {"class", "message", "effect"} of a failed step; false if it did not fail.
	StepError(step string) (*Value, bool)
	// Item is the item and its index inside for_each; false elsewhere.
	Item() (*Value, int, bool)
	// Run is {"id", "flow", "version", "started_at"}.
	Run() *Value
	// Key is the idempotency key of the call that is being undone; false outside a compensation.
	Key() (string, bool)
	// Loop is what only a step that loops until a condition may read; its Iteration is 0 elsewhere.
	Loop() Loop
}

// Loop is where a step stands that loops until a condition is true.
type Loop struct {
	Iteration int    // the one under way, from 1
	Output    *Value // of this iteration; nil before it has one
	Previous  *Value // the output of the iteration before; nil in the first
}

// The names that an expression may start from.
const (
	RootInput = "input"
	RootSteps = "steps"
	RootItem  = "item"
	RootIndex = "index"
	RootRun   = "run"
	RootKey   = "key"

	RootOutput    = "output"    // in the condition of an `until`: what this iteration gave
	RootIteration = "iteration" // of a step that loops: from 1
	RootPrevious  = "previous"  // of a step that loops: an optional of the output of the iteration before
)

// activation shows a Scope to CEL.
type activation struct{ scope Scope }

// ResolveName gives the value of a root; errors travel as CEL error values.
func (a activation) ResolveName(name string) (any, bool) {
	switch name {
	case RootInput:
		return resolve(a.scope.Input())
	case RootSteps:
		return &namespace{find: func(step string) (any, bool) { return stepNamespace(a.scope, step), true }}, true
	case RootItem:
		v, _, ok := a.scope.Item()
		if !ok {
			return nil, false
		}
		return resolve(v)
	case RootIndex:
		_, i, ok := a.scope.Item()
		return types.Int(i), ok
	case RootRun:
		return resolve(a.scope.Run())
	case RootKey:
		key, ok := a.scope.Key()
		return types.String(key), ok
	case RootOutput:
		return resolve(a.scope.Loop().Output)
	case RootIteration:
		n := a.scope.Loop().Iteration
		return types.Int(n), n > 0
	case RootPrevious:
		return previous(a.scope.Loop())
	}
	return nil, false
}

// previous is an optional, because the first iteration has none before it.
func previous(l Loop) (any, bool) {
	if l.Previous == nil {
		return types.OptionalNone, l.Iteration > 0
	}
	v, err := l.Previous.decoded()
	if err != nil {
		return types.WrapErr(err), true
	}
	return types.OptionalOf(v), true
}

func (a activation) Parent() cel.Activation { return nil }

func resolve(v *Value) (any, bool) {
	if v == nil {
		return nil, false
	}
	val, err := v.decoded()
	if err != nil {
		return types.WrapErr(err), true
	}
	return val, true
}

func stepNamespace(s Scope, step string) *namespace {
	return &namespace{find: func(field string) (any, bool) {
		v, ok := stepField(s, step, field)
		if !ok {
			return nil, false
		}
		return resolve(v)
	}}
}

func stepField(s Scope, step, field string) (*Value, bool) {
	switch field {
	case "output":
		v, ok := s.Output(step)
		return v, ok && v != nil
	case "error":
		v, ok := s.StepError(step)
		return v, ok && v != nil
	}
	return nil, false
}

// namespace is a map that can only be asked for a name: `steps` and `steps.X`. Compile refuses every expression that would use it as a value.
type namespace struct {
	find func(string) (any, bool)
}

var _ traits.Mapper = (*namespace)(nil)

func (n *namespace) FindStringKey(key string) (any, bool) { return n.find(key) }

func (n *namespace) Find(key ref.Val) (ref.Val, bool) {
	s, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	v, ok := n.find(string(s))
	if !ok {
		return nil, false
	}
	return types.DefaultTypeAdapter.NativeToValue(v), true
}

func (n *namespace) Get(key ref.Val) ref.Val {
	if v, ok := n.Find(key); ok {
		return v
	}
	return types.NewErr("no such key: %v", key.Value())
}

func (n *namespace) Contains(key ref.Val) ref.Val {
	_, ok := n.Find(key)
	return types.Bool(ok)
}

func (n *namespace) empty() traits.Mapper {
	return types.NewRefValMap(types.DefaultTypeAdapter, nil)
}

func (n *namespace) Size() ref.Val                               { return types.IntZero }
func (n *namespace) Iterator() traits.Iterator                   { return n.empty().Iterator() }
func (n *namespace) ConvertToNative(t reflect.Type) (any, error) { return n.empty().ConvertToNative(t) }
func (n *namespace) ConvertToType(t ref.Type) ref.Val            { return n.empty().ConvertToType(t) }
func (n *namespace) Equal(other ref.Val) ref.Val                 { return types.Bool(other == ref.Val(n)) }
func (n *namespace) Type() ref.Type                              { return types.MapType }
func (n *namespace) Value() any                                  { return n.empty().Value() }
