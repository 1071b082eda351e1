package chaos

import (
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// server is one of the servers on the database, behind a proxy of its own.
type server struct {
	*servertest.Server
	behind *proxy
	still  atomic.Bool // a signal stopped it: asking it would only wait
}

// address is where it answers, "" while it does not.
func (s *server) address() string {
	if s.still.Load() {
		return ""
	}
	return s.URL()
}

func (s *server) ready() bool {
	at := s.address()
	if at == "" || !s.Ready() {
		return false
	}
	res, err := servertest.Client.Get(at + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// fleet is the servers on one database.
type fleet []*server

// openFleet starts n servers.
func openFleet(t testing.TB, d *database, b *servertest.Books, n int, lease time.Duration, deaf bool) fleet {
	t.Helper()
	project := writeProject(t, b)
	var all fleet
	for range n {
		p := openProxy(t, d, deaf)
		s := &server{Server: servertest.New(t, servertest.Options{
			Data: pgtest.DataDir(t), Args: []string{"--database-url", p.url(t, d), "--project", project, "--lease", lease.String()},
			Process: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}, Ends: syscall.SIGKILL,
		}), behind: p}
		all = append(all, s)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// any is a server that answers, "" if none does.
func (f fleet) any(n int) string {
	for i := range f {
		if url := f[(n+i)%len(f)].address(); url != "" {
			return url
		}
	}
	return ""
}
