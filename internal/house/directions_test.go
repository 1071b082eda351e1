package house_test

import "strings"

// directions is the table of section 2 of the design: who may import whom among our packages. A row covers the packages below it
// that have no row of their own, and those may import each other. "x/..." allows x and all below it.
//
// A change here is a change of the design, and wants an ADR.
var directions = map[string][]string{
	"designer/fault":   {},
	"designer/suggest": {},
	"designer/expr":    {"designer/suggest"},
	"designer/schema":  {"designer/expr"},
	"designer/flow":    {"designer/fault", "designer/suggest"},
	"designer/edit":    {"designer/flow", "designer/expr", "designer/suggest"},
	"designer/check":   {"designer/flow", "designer/expr", "designer/schema", "designer/fault", "designer/suggest"},
	"designer/assist":  {"designer/flow", "designer/check", "designer/expr", "designer/fault"},
	"designer/diff":    {"designer/flow", "designer/check"},
	"designer/layout":  {"designer/flow"},
	"designer/starter": {"designer/flow", "designer/edit"},
	"designer/project": {"designer/flow", "designer/check", "designer/diff", "designer/edit", "designer/suggest"},
	"designer/asl":     {"designer/flow"},

	"runtime/planner": {"designer/flow", "designer/check", "designer/expr", "designer/fault"},
	"runtime/journal": {"runtime/planner"},
	"runtime/invoke":  {"designer/fault", "designer/schema"},
	"runtime/live":    {"runtime/planner"},
	"runtime": {"runtime/planner", "runtime/journal", "runtime/invoke", "runtime/live",
		"designer/flow", "designer/check", "designer/schema", "designer/fault"},
	"runtime/scenario": {"runtime", "runtime/planner", "runtime/journal", "runtime/invoke", "designer/..."},
	"runtime/sim":      {"runtime", "runtime/journal", "runtime/planner", "runtime/invoke", "designer/..."},
	"runtime/postgres": {"runtime/journal", "runtime/planner", "models", "migrations"},
	"runtime/memory":   {"runtime/journal", "runtime/planner"},

	"models":     {},
	"migrations": {},

	"web": {"designer/...", "runtime", "runtime/planner", "runtime/live", "runtime/invoke", "runtime/scenario", "models", "web/..."},
	// View structs are plain: the API, the pages and the browser's types come from them.
	"web/view":      {},
	"web/templates": {"web/view", "web/static", "web/words"},
	"web/static":    {},
	// Words that several pages say, and the browser with them.
	"web/words": {},
	"web/ui":    {"web/view", "web/words"},

	"cmd/web/app":         {"..."},
	"cmd/web/app/localpg": {},
	"cmd/web/app/watch":   {},
	"cmd/web":             {"cmd/web/app"},
	"cmd/segno":           {"cmd/web/app/bench", "cmd/segno/client", "designer/...", "runtime/scenario"},
	"cmd/segno/client":    {"designer/..."},

	"examples": {},
	"e2e":      {"cmd/web/app"},

	"internal/bounded":    {},
	"internal/chaos":      {"cmd/web/app/localpg", "internal/pgtest", "internal/servertest"},
	"internal/pgtest":     {"cmd/web/app/localpg", "migrations"},
	"internal/servertest": {"cmd/web/app"},
	"internal/house":      {},
}

// closed lists rows that cover nothing below them, so that a new room there must be named in the table.
var closed = map[string]bool{"runtime": true, "cmd/web": true, "cmd/segno": true}

// outside says what some rooms may not use of the rest of the world, and why.
var outside = []struct {
	room   string   // this package and all below it
	but    []string // those below it that may
	refuse []string // import paths, or prefixes that end in a slash
	why    string
}{
	{"designer", nil, []string{"database/sql", "github.com/jackc/", "gorm.io/", "github.com/labstack/", "net/http"},
		"the designer knows no database, no server and no run"},
	{"runtime/planner", nil, []string{"os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "database/sql", "log/slog", "sync", "context"},
		"the planner is pure: no I/O, no goroutines, no randomness; time and seeds arrive in its inputs"},
	{"runtime", []string{"runtime/postgres"}, []string{"github.com/jackc/", "database/sql"},
		"runs reach PostgreSQL through the Store that journal declares"},
	{"cmd/segno", nil, []string{"database/sql", "github.com/jackc/", "github.com/labstack/", "github.com/gorilla/", "github.com/prometheus/", "github.com/pressly/"},
		"the command line opens no database and serves nothing; bench boots the server as a whole, through cmd/web/app/bench"},
	{"", []string{"models", "cmd/web/app"}, []string{"gorm.io/"},
		"GORM serves the pages' rows, in models, and nothing else"},
	{"", []string{"web", "cmd/web/app"}, []string{"github.com/labstack/"},
		"routes live in web"},
}

// ruleOf finds the row that a package stands in: its own or the nearest above it.
func ruleOf(room string) (row string, allowed []string, ok bool) {
	for row = room; row != ""; row = parent(row) {
		if allowed, ok = directions[row]; ok && (row == room || !closed[row]) {
			return row, allowed, true
		}
	}
	return "", nil, false
}

func parent(room string) string {
	if i := strings.LastIndexByte(room, '/'); i >= 0 {
		return room[:i]
	}
	return ""
}

// within says whether a package belongs to a row: below it, and in no row of its own.
func within(room, row string) bool {
	got, _, ok := ruleOf(room)
	return ok && got == row
}

func allows(rule []string, room string) bool {
	for _, r := range rule {
		if base, all := strings.CutSuffix(r, "..."); all {
			if base == "" || room+"/" == base || strings.HasPrefix(room, base) {
				return true
			}
		} else if room == r {
			return true
		}
	}
	return false
}

// refuses is the reason why a package may not import something from outside, "" if it may.
func refuses(room, path string) string {
	below := func(base string) bool { return base == "" || room == base || strings.HasPrefix(room, base+"/") }
rules:
	for _, rule := range outside {
		if !below(rule.room) {
			continue
		}
		for _, b := range rule.but {
			if below(b) {
				continue rules
			}
		}
		for _, r := range rule.refuse {
			if path == r || strings.HasSuffix(r, "/") && strings.HasPrefix(path, r) {
				return rule.why
			}
		}
	}
	return ""
}
