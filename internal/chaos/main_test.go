package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/segno-run/segno/cmd/web/app" // so that a change of the servers is a change of these tests: results of tests are cached
)

// long has the tests run as long as an operator would want to see it hold.
var long = flag.Bool("long", false, "run the long forms: about an hour in all")

// seed decides the moments, as far as they can be decided for real processes.
var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the moments at which things break")

// program is the server, built as it is shipped.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "segno-chaos-")
	if err == nil {
		program = filepath.Join(dir, "segno-web")
		build := exec.Command("go", "build", "-trimpath", "-o", program, "../../cmd/web")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// of picks the size of a test by its form.
func of[T any](short, longForm T) T {
	if *long {
		return longForm
	}
	return short
}

// dice are those of one test.
func dice(t testing.TB) *rand.Rand {
	t.Logf("seed %d", *seed)
	return rand.New(rand.NewPCG(*seed, 0))
}

// between is a random span.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}
