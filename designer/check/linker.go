package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/flow"
)

// Pins are what a published version was compiled against, so that it means the same for ever.
type Pins struct {
	Functions map[string]json.RawMessage `json:"functions"`       // entries of functions.yaml in JSON, by name: those that it calls
	Flows     map[string]int             `json:"flows,omitempty"` // versions by name: those that it runs without naming a version
}

// PinsOf gathers what a definition pins, given the program that it became.
func PinsOf(d *flow.Definition, p *Program, c Catalog) Pins {
	pins := Pins{Functions: map[string]json.RawMessage{}}
	for i := range d.Steps {
		s := &d.Steps[i]
		for _, spec := range []*flow.CallSpec{s.Call, s.Compensate} {
			if spec == nil || spec.Function == "" {
				continue
			}
			if f := c.Function(spec.Function); f != nil {
				pins.Functions[spec.Function] = f.JSON()
			}
		}
		if s.Sub == nil || s.Sub.Version != 0 {
			continue
		}
		if step := p.Step(s.Name); step != nil && step.Child != nil {
			if pins.Flows == nil {
				pins.Flows = map[string]int{}
			}
			pins.Flows[s.Sub.Flow] = step.Child.Version
		}
	}
	return pins
}

// ReadPins reads what PinsOf gathered, as JSON; none at all is nothing pinned.
func ReadPins(raw []byte) (Pins, error) {
	var p Pins
	if len(raw) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("reading contracts: %w", err)
	}
	return p, nil
}

// Published is a version of a flow as it was published.
type Published struct {
	Version int
	Source  []byte
	Pins    []byte // as ReadPins takes them
}

// Linker finds out what published flows look like to those that run them. It is safe for concurrent use and keeps what it found, for a version never
// changes.
type Linker struct {
	load  func(ctx context.Context, name string, version int) (*Published, error)
	mu    sync.Mutex
	known map[childKey]*Signature
}

// NewLinker makes a Linker that reads versions with load; 0 is the latest, and nil without an error means that there is none.
func NewLinker(load func(ctx context.Context, name string, version int) (*Published, error)) *Linker {
	return &Linker{load: load, known: map[childKey]*Signature{}}
}

// Signature is what a version of a flow looks like; 0 is the latest. It is nil if there is none. A version that this release cannot compile has one
// that is Broken; an error is the reader's.
func (l *Linker) Signature(ctx context.Context, name string, version int) (*Signature, error) {
	key := childKey{name, version}
	if s := l.lookup(key); s != nil && version != 0 {
		return s, nil
	}
	v, err := l.load(ctx, name, version)
	if v == nil || err != nil {
		return nil, err
	}
	key.version = v.Version
	if s := l.lookup(key); s != nil {
		return s, nil
	}
	s, err := l.read(ctx, name, v)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[key] = s
	return s, nil
}

func (l *Linker) lookup(key childKey) *Signature {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[key]
}

func (l *Linker) read(ctx context.Context, name string, v *Published) (*Signature, error) {
	c, err := l.Pinned(ctx, v)
	var bad *PinsError
	if errors.As(err, &bad) {
		return &Signature{Flow: name, Version: v.Version, Broken: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	s, issues := SignatureOf(v.Source, v.Version, c)
	if s == nil {
		s = &Signature{Version: v.Version}
	}
	s.Flow = name
	for _, i := range issues {
		if i.Severity == flow.Error {
			s.Broken = fmt.Sprintf("in its line %d: %s", i.Line, i.Message)
			break
		}
	}
	return s, nil
}

// PinsError says that what a version pins cannot be read, now or ever.
type PinsError struct{ Err error }

// Error implements error.
func (e *PinsError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *PinsError) Unwrap() error { return e.Err }

// Pinned is the catalogue that a version was published with. The error is a *PinsError, or the reader's.
func (l *Linker) Pinned(ctx context.Context, v *Published) (Catalog, error) {
	pins, err := ReadPins(v.Pins)
	if err != nil {
		return nil, &PinsError{err}
	}
	functions := map[string]*flow.Function{}
	for name, spec := range pins.Functions {
		f, issues := flow.ParseFunctionJSON(name, spec)
		if issues.HasErrors() {
			return nil, &PinsError{fmt.Errorf("reading the stored function %q: %s", name, issues[0].Message)}
		}
		functions[name] = &f
	}
	d, _ := flow.Parse(v.Source)
	return l.link(ctx, Functions(functions), d, pins.Flows, nil)
}

// Catalog is functions together with the published flows that d names: of each the version it says, or the latest, or the one that pins give it.
// names, which may be nil, lists all flows; it is asked only if one of them is not there.
func (l *Linker) Catalog(ctx context.Context, functions Catalog, d *flow.Definition, pins map[string]int, names func(context.Context) ([]string, error)) (Catalog, error) {
	return l.link(ctx, functions, d, pins, names)
}

func (l *Linker) link(ctx context.Context, functions Catalog, d *flow.Definition, pins map[string]int, names func(context.Context) ([]string, error)) (Catalog, error) {
	out := &linked{Catalog: functions, flows: map[childKey]*Signature{}}
	if d == nil {
		return out, nil
	}
	missing := false
	for i := range d.Steps {
		spec := d.Steps[i].Sub
		if spec == nil {
			continue
		}
		if !flow.ValidName(spec.Flow) {
			missing = true
			continue
		}
		for _, version := range []int{spec.Version, 0} { // without its number for the hint
			key := childKey{spec.Flow, version}
			if _, done := out.flows[key]; done {
				continue
			}
			ask := version
			if ask == 0 {
				ask = pins[spec.Flow]
			}
			s, err := l.Signature(ctx, spec.Flow, ask)
			if err != nil {
				return nil, err
			}
			out.flows[key] = s
			missing = missing || s == nil
			if s != nil {
				break
			}
		}
	}
	if missing && names != nil {
		var err error
		if out.names, err = names(ctx); err != nil {
			return nil, err
		}
		slices.SortFunc(out.names, strings.Compare)
	}
	return out, nil
}

// linked is a Catalog of functions and of the flows that one text names.
type linked struct {
	Catalog
	flows map[childKey]*Signature
	names []string
}

// Flow implements Catalog.
func (c *linked) Flow(name string, version int) *Signature { return c.flows[childKey{name, version}] }

// FlowNames implements Catalog.
func (c *linked) FlowNames() []string { return c.names }

// Functions is a Catalog of functions alone, by name.
type Functions map[string]*flow.Function

// Function implements Catalog.
func (f Functions) Function(name string) *flow.Function { return f[name] }

// FunctionNames implements Catalog.
func (f Functions) FunctionNames() []string {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Flow implements Catalog.
func (Functions) Flow(string, int) *Signature { return nil }

// FlowNames implements Catalog.
func (Functions) FlowNames() []string { return nil }
