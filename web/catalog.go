package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/view"
)

// Catalog is a set of functions by name: the registered ones, or those that a version was checked against.
type Catalog = check.Functions

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

// NewLinker makes a check.Linker over the published flows of a database.
func NewLinker(db *models.DB) *check.Linker {
	return check.NewLinker(func(ctx context.Context, name string, version int) (*check.Published, error) {
		v, err := db.Version(ctx, name, version)
		if errors.Is(err, models.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return AsPublished(v), nil
	})
}

// AsPublished is a stored version as the compiler sees it.
func AsPublished(v models.FlowVersion) *check.Published {
	return &check.Published{Version: v.Version, Source: v.Source, Pins: v.Contracts}
}

// readContracts reads what a version pins: the functions that it calls, as they were, and the versions of the flows that it runs.
func readContracts(raw []byte) (Catalog, map[string]int, error) {
	pins, err := check.ReadPins(raw)
	if err != nil {
		return nil, nil, err
	}
	c := Catalog{}
	for name, spec := range pins.Functions {
		f, err := readFunction(name, spec)
		if err != nil {
			return nil, nil, err
		}
		c[name] = f
	}
	return c, pins.Flows, nil
}

// compiled is a text with what came of it.
type compiled struct {
	program *check.Program // nil if and only if the issues hold an error
	def     *flow.Definition
	issues  flow.Issues
	catalog check.Catalog
}

// compile compiles a text against the registered functions and the published flows.
func (s *Server) compile(ctx context.Context, text []byte) (compiled, error) {
	functions, err := readCatalog(ctx, s.DB)
	if err != nil {
		return compiled{}, err
	}
	return s.compileWith(ctx, text, functions, nil)
}

// compileWith is compile against other functions and, of the flows that the text names without a version, against those of pins.
func (s *Server) compileWith(ctx context.Context, text []byte, functions Catalog, pins map[string]int) (compiled, error) {
	def, issues := flow.Parse(text)
	catalog, err := s.linker.Catalog(ctx, functions, def, pins, s.flowNames)
	if err != nil {
		return compiled{}, err
	}
	program, issues := check.CompileParsed(def, issues, catalog)
	return compiled{program, def, issues, catalog}, nil
}

// known is everything that a text may name: the registered functions and the published flows.
func (s *Server) known(ctx context.Context, d *flow.Definition) (check.Catalog, error) {
	functions, err := readCatalog(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return s.linker.Catalog(ctx, functions, d, nil, s.flowNames)
}

// flowNames lists the flows of which a version is published.
func (s *Server) flowNames(ctx context.Context) ([]string, error) {
	return s.DB.PublishedNames(ctx)
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

// flowReader keeps what it parsed of published versions: which functions they call, which flows they run, and what they take.
type flowReader struct {
	db   *models.DB
	mu   sync.Mutex
	uses map[string]parsedFlow // by flow, of its latest version
}

type parsedFlow struct {
	version int
	calls   []string
	runs    []childRef
	title   string
	input   json.RawMessage // its schema; nil: none
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

// runBy lists the flows whose latest version runs the flow of that name, sorted.
func (f *flowReader) runBy(ctx context.Context, name string) ([]string, error) {
	latest, err := f.db.LatestVersions(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range latest {
		if slices.ContainsFunc(f.parsed(v.Flow, v.Version, v.Source).runs, func(c childRef) bool { return c.Flow == name }) {
			names = append(names, v.Flow)
		}
	}
	return names, nil
}

// refs lists the published flows but one, which they would be run by.
func (f *flowReader) refs(ctx context.Context, but string) ([]view.FlowRef, error) {
	latest, err := f.db.LatestVersions(ctx)
	if err != nil {
		return nil, err
	}
	var out []view.FlowRef
	for _, v := range latest {
		if v.Flow != but {
			p := f.parsed(v.Flow, v.Version, v.Source)
			out = append(out, view.FlowRef{Name: v.Flow, Title: p.title, Version: v.Version, Input: p.input})
		}
	}
	return out, nil
}

func (f *flowReader) calls(fl models.FlowSummary) []string {
	return f.parsed(fl.Name, *fl.Published, fl.Source).calls
}

// parsed reads the latest version of a flow, once.
func (f *flowReader) parsed(name string, version int, source []byte) parsedFlow {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.uses[name]; ok && known.version == version {
		return known
	}
	got := parsedFlow{version: version}
	if d, _ := flow.Parse(source); d != nil {
		got.calls, got.runs, got.title = calls(d), childrenOf(d, nil), d.Title
		if d.Input.Kind != flow.Absent {
			got.input = d.Input.JSON()
		}
	}
	f.uses[name] = got
	return got
}

// childRef is a flow that another runs.
type childRef struct {
	Flow    string `json:"flow"`
	Version int    `json:"version,omitempty"` // 0: not pinned, for the text is a draft
}

// childrenOf lists the flows that a definition runs, by name and version, each once. pins give the versions that the text does not say.
func childrenOf(d *flow.Definition, pins map[string]int) []childRef {
	var out []childRef
	if d == nil {
		return nil
	}
	for i := range d.Steps {
		c := d.Steps[i].Sub
		if c == nil || c.Flow == "" {
			continue
		}
		ref := childRef{c.Flow, cmp.Or(c.Version, pins[c.Flow])}
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	slices.SortFunc(out, func(a, b childRef) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), cmp.Compare(a.Version, b.Version))
	})
	return out
}

// missing turns models.ErrNotFound into a 404 with a sentence.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, models.ErrNotFound) {
		return fail(CodeNotFound, format, args...)
	}
	return err
}
