package localpg

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFile is what a postmaster writes into its data directory (postmaster.pid; the lines are listed in PostgreSQL's
// src/include/utils/pidfile.h).
type pidFile struct {
	pid    int
	dir    string
	socket string // directory
	status string // "starting", "stopping", "ready", "standby"; "" until it is written
	lines  []string
}

// readPidFile returns nil, nil if there is none, and an error for one that holds no process id.
func readPidFile(cluster string) (*pidFile, error) {
	b, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := &pidFile{lines: strings.Split(string(b), "\n")}
	line := func(i int) string {
		if i < len(f.lines) {
			return strings.TrimSpace(f.lines[i])
		}
		return ""
	}
	if f.pid, err = strconv.Atoi(line(0)); err != nil || f.pid <= 0 {
		return nil, fmt.Errorf("postmaster.pid begins with %.40q", line(0))
	}
	f.dir, f.socket, f.status = line(1), line(4), line(7)
	return f, nil
}

// disown makes a stale postmaster.pid one that PostgreSQL takes for stale as well. PostgreSQL only asks whether the process id
// lives, and it may live as someone else by now; but it always takes its own parent's for stale, so ours goes in. The other
// lines stay: by them it still recognises backends that outlived their postmaster.
func (s *Server) disown(f *pidFile) error {
	f.lines[0] = strconv.Itoa(os.Getpid())
	return os.WriteFile(filepath.Join(s.home.cluster, "postmaster.pid"), []byte(strings.Join(f.lines, "\n")), 0o600)
}

// isPostmasterOf says whether the process is a living postmaster of this cluster: by its working directory, which is the cluster,
// or where the system does not let us see that, by its command line, which names the cluster because we wrote it. Its children
// have other names.
func isPostmasterOf(pid int, cluster string) bool {
	if !alive(pid) {
		return false
	}
	args := commandLine(pid)
	if len(args) < 3 || filepath.Base(args[0]) != "postgres" {
		return false
	}
	if cwd := workingDir(pid); cwd != "" {
		return sameFile(cwd, cluster)
	}
	return args[1] == "-D" && sameFile(args[2], cluster)
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
