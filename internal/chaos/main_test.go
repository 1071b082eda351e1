package chaos

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// long has the tests run as long as an operator would want to see it hold.
var long = flag.Bool("long", false, "run the long forms: about an hour in all")

// seed decides the moments, as far as they can be decided for real processes.
var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the moments at which things break")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	servertest.Remove()
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
