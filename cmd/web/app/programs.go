package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
)

// programs compiles published versions, each once, against the contracts that it was published with.
type programs struct {
	db    *models.DB
	mu    sync.Mutex
	known map[string]*check.Program
	once  singleflight.Group
}

func newPrograms(db *models.DB) *programs {
	return &programs{db: db, known: map[string]*check.Program{}}
}

// Program implements runtime.Programs.
func (p *programs) Program(ctx context.Context, name string, version int) (*check.Program, error) {
	id := fmt.Sprintf("%s@%d", name, version)
	p.mu.Lock()
	known := p.known[id]
	p.mu.Unlock()
	if known != nil {
		return known, nil
	}
	got, err, _ := p.once.Do(id, func() (any, error) { return p.compile(context.WithoutCancel(ctx), name, version) })
	if err != nil {
		return nil, err
	}
	program := got.(*check.Program)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[id] = program
	return program, nil
}

func (p *programs) compile(ctx context.Context, name string, version int) (*check.Program, error) {
	v, err := p.db.Version(ctx, name, version)
	if err != nil {
		return nil, fmt.Errorf("loading version %d of %q: %w", version, name, err)
	}
	pinned, err := readContracts(v.Contracts)
	if err != nil {
		return nil, &runtime.BrokenVersion{Err: fmt.Errorf("reading the contracts of version %d of %q: %w", version, name, err)}
	}
	program, _, issues := check.CompileSource(v.Source, pinned)
	if program == nil {
		return nil, &runtime.BrokenVersion{Err: fmt.Errorf("version %d of %q: %s", version, name, firstError(issues))}
	}
	return program, nil
}

func firstError(issues flow.Issues) string {
	for _, i := range issues {
		if i.Severity == flow.Error {
			return fmt.Sprintf("line %d, column %d: %s", i.Line, i.Column, i.Message)
		}
	}
	return "it cannot be compiled"
}

// contracts are the functions as they were when a version was published. They implement check.Catalog.
type contracts map[string]*flow.Function

// readContracts reads what a version pins: {"functions": {name: entry as in the API}}.
func readContracts(raw []byte) (contracts, error) {
	var doc struct {
		Functions map[string]json.RawMessage `json:"functions"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &doc); err != nil {
			return nil, err
		}
	}
	pinned := contracts{}
	for name, entry := range doc.Functions {
		f, issues := flow.ParseFunctionJSON(name, entry)
		if issues.HasErrors() {
			return nil, fmt.Errorf("function %q: %s", name, firstError(issues))
		}
		pinned[name] = &f
	}
	return pinned, nil
}

// Function implements check.Catalog.
func (c contracts) Function(name string) *flow.Function { return c[name] }

// FunctionNames implements check.Catalog.
func (c contracts) FunctionNames() []string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
