package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
)

// Catalog is a set of functions by name: the registered ones, or those that a version was checked against.
type Catalog map[string]*flow.Function

// Function implements check.Catalog.
func (c Catalog) Function(name string) *flow.Function { return c[name] }

// FunctionNames implements check.Catalog.
func (c Catalog) FunctionNames() []string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// readCatalog reads the registered functions.
func readCatalog(ctx context.Context, db *models.DB) (Catalog, error) {
	rows, err := db.Functions(ctx)
	if err != nil {
		return nil, err
	}
	c := Catalog{}
	for _, r := range rows {
		f, err := readFunction(r.Name, r.Spec)
		if err != nil {
			return nil, err
		}
		c[r.Name] = f
	}
	return c, nil
}

// readFunction reads a stored spec. It was checked when it was stored, so a fault in it is the server's.
func readFunction(name string, spec []byte) (*flow.Function, error) {
	f, issues := flow.ParseFunctionJSON(name, spec)
	if issues.HasErrors() {
		return nil, fmt.Errorf("reading the stored function %q: %s", name, issues[0].Message)
	}
	return &f, nil
}

// contracts is what a published version pins: the functions that it calls, as they were.
type contracts struct {
	Functions map[string]json.RawMessage `json:"functions"`
}

// pinned writes the contracts of the functions that a definition calls.
func pinned(d *flow.Definition, c check.Catalog) ([]byte, error) {
	k := contracts{Functions: map[string]json.RawMessage{}}
	for _, name := range calls(d) {
		if f := c.Function(name); f != nil {
			k.Functions[name] = f.JSON()
		}
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("writing the contracts of %q: %w", d.Name, err)
	}
	return raw, nil
}

// ReadContracts reads what a published version pins, as pinned wrote it.
func ReadContracts(raw []byte) (Catalog, error) {
	var k contracts
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &k); err != nil {
			return nil, fmt.Errorf("reading contracts: %w", err)
		}
	}
	c := Catalog{}
	for name, spec := range k.Functions {
		f, err := readFunction(name, spec)
		if err != nil {
			return nil, err
		}
		c[name] = f
	}
	return c, nil
}

// calls lists the functions that a definition names, compensations included, each once, sorted.
func calls(d *flow.Definition) []string {
	var names []string
	for i := range d.Steps {
		for _, c := range []*flow.CallSpec{d.Steps[i].Call, d.Steps[i].Compensate} {
			if c != nil && c.Function != "" && !slices.Contains(names, c.Function) {
				names = append(names, c.Function)
			}
		}
	}
	slices.Sort(names)
	return names
}

// flowReader keeps what it parsed of published versions: which functions they call.
type flowReader struct {
	db   *models.DB
	mu   sync.Mutex
	uses map[string]parsedFlow // by flow, of its latest version
}

type parsedFlow struct {
	version int
	calls   []string
}

func newFlowReader(db *models.DB) *flowReader {
	return &flowReader{db: db, uses: map[string]parsedFlow{}}
}

// usedBy tells for each function the flows whose latest version calls it, sorted.
func (f *flowReader) usedBy(ctx context.Context) (map[string][]string, error) {
	flows, err := f.db.Flows(ctx)
	if err != nil {
		return nil, err
	}
	used := map[string][]string{}
	for _, fl := range flows {
		if fl.Published == nil {
			continue
		}
		for _, name := range f.calls(fl) {
			used[name] = append(used[name], fl.Name)
		}
	}
	return used, nil
}

func (f *flowReader) calls(fl models.FlowSummary) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.uses[fl.Name]; ok && known.version == *fl.Published {
		return known.calls
	}
	var names []string
	if d, _ := flow.Parse(fl.Source); d != nil {
		names = calls(d)
	}
	f.uses[fl.Name] = parsedFlow{*fl.Published, names}
	return names
}

// missing turns models.ErrNotFound into a 404 with a sentence.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, models.ErrNotFound) {
		return fail(CodeNotFound, format, args...)
	}
	return err
}
