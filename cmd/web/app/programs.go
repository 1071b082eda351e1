package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web"
)

// programs compiles published versions, each once, against the contracts that it was published with.
type programs struct {
	db     *models.DB
	linker *check.Linker
	mu     sync.Mutex
	known  map[string]*check.Program
	once   singleflight.Group
}

func newPrograms(db *models.DB) *programs {
	return &programs{db: db, linker: web.NewLinker(db), known: map[string]*check.Program{}}
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
	pinned, err := p.linker.Pinned(ctx, web.AsPublished(v))
	var bad *check.PinsError
	if errors.As(err, &bad) {
		return nil, &runtime.BrokenVersion{Err: fmt.Errorf("version %d of %q: %w", version, name, err)}
	}
	if err != nil {
		return nil, fmt.Errorf("loading what version %d of %q runs: %w", version, name, err)
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
