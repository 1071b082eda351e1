package house_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// light says what must be nowhere in the import graph of a room, however far down: each of them costs the start of a command line that is to answer in
// milliseconds, and none of them has business where no database and no server is.
//
// cmd/segno itself links the server for `segno bench` (ADR 0024) and reaches it through one package alone; see directions.
var light = []struct {
	rooms  []string
	refuse []string // import paths, or prefixes that end in a slash
	why    string
}{
	{[]string{"./cmd/segno/client"},
		[]string{"database/sql", "github.com/jackc/", "gorm.io/", "github.com/labstack/", "github.com/gorilla/", "github.com/prometheus/", "github.com/pressly/", "github.com/fsnotify/",
			module + "/web", module + "/web/", module + "/models", module + "/migrations", module + "/runtime/postgres", module + "/cmd/web/app"},
		"what the client commands do needs a socket and no database"},
	{[]string{"./designer/...", "./runtime/scenario"}, []string{"net/http", "os/exec", "database/sql", "github.com/jackc/"},
		"what the offline commands do needs no socket, no process and no database"},
}

// TestTheCommandLineIsLight looks at everything that is linked, not only at what is imported directly.
func TestTheCommandLineIsLight(t *testing.T) {
	for _, rule := range light {
		cmd := exec.Command("go", append([]string{"list", "-deps"}, rule.rooms...)...)
		cmd.Dir = filepath.Join("..", "..")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps: %v", err)
		}
		linked := strings.Fields(string(out))
		if len(linked) < 50 {
			t.Fatalf("go list found only %d packages below %v", len(linked), rule.rooms)
		}
		for _, path := range linked {
			for _, r := range rule.refuse {
				if path == r || strings.HasSuffix(r, "/") && strings.HasPrefix(path, r) {
					t.Errorf("%v links %s: %s", rule.rooms, path, rule.why)
				}
			}
		}
	}
}
