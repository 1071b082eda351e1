package localpg

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// maxSocketPath is what sockaddr_un holds on Linux without its closing zero, in bytes; it is shorter on macOS.
const maxSocketPath = 103

// home is where one cluster lives. All paths are absolute.
type home struct {
	dir     string   // holds the rest; the data directory, or a directory under Config.Elsewhere
	cluster string   // PostgreSQL's data directory
	log     string   // its log file
	socket  string   // directory of its socket
	lock    *DirLock // on dir, if it is not the data directory
}

func newHome(dir string) home {
	return home{dir: dir, cluster: filepath.Join(dir, "postgres"), log: filepath.Join(dir, "postgres.log")}
}

// settle decides where the cluster of a data directory lives and as whom it runs, and makes those directories enterable.
// An existing cluster stays where it is: not to be able to reach it is an error, never a reason to begin an empty one.
func settle(cfg Config) (home, account, error) {
	fail := func(err error) (home, account, error) { return home{}, account{}, err }
	data, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return fail(fmt.Errorf("data directory %q: %w", cfg.DataDir, err))
	}
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	h := newHome(data)
	note := filepath.Join(data, "postgres.path")
	moved, err := os.ReadFile(note)
	if err == nil {
		h = newHome(strings.TrimSpace(string(moved)))
		if _, err := os.Stat(h.cluster); err != nil {
			return fail(&Error{Code: ClusterBroken,
				Message: fmt.Sprintf("the database of %s was kept in %s (so says %s), and is no longer there", data, h.cluster, note),
				Hint:    "bring it back, or remove that file to begin with an empty database"})
		}
	}
	acct, err := accountFor(h.cluster)
	if err != nil {
		return fail(err)
	}
	if acct.switched && acct.blocker(h.dir) == h.dir {
		openTo(h.dir, acct)
	}
	if block := acct.blocker(h.dir); block != "" {
		if isCluster(h.cluster) {
			return fail(&Error{Code: Unreachable,
				Message: fmt.Sprintf("PostgreSQL runs as %s, who may not enter %s on the way to its cluster in %s", acct.name, block, h.cluster),
				Hint:    fmt.Sprintf("allow it with: chmod o+x %s", block)})
		}
		if h, err = elsewhere(cfg, acct, note); err != nil {
			return fail(&Error{Code: Unreachable,
				Message: fmt.Sprintf("PostgreSQL runs as %s, who may not enter %s, and no other place could be made", acct.name, block),
				Hint:    fmt.Sprintf("choose another directory with --data, or allow it with: chmod o+x %s", block), Err: err})
		}
		cfg.Logger.Warn("the database's user cannot reach the data directory, so the database is kept elsewhere",
			"user", acct.name, "blocked_by", block, "dir", h.dir)
	}
	if h.dir != data {
		// The note may have been copied along with its directory, so the data directory's lock does not cover this one.
		if h.lock, err = Lock(h.dir); err != nil {
			return fail(err)
		}
	}
	if h.socket, err = socketDir(h, acct); err != nil {
		h.lock.Release()
		return fail(err)
	}
	return h, acct, nil
}

func isCluster(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	return err == nil
}

// openTo lets the account's group, and nobody else, pass through a directory of root's that nobody else may enter.
func openTo(dir string, acct account) {
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm()&0o077 != 0 {
		return
	}
	if os.Chown(dir, -1, int(acct.gid)) == nil {
		_ = os.Chmod(dir, st.Mode().Perm()|0o010) // whether it worked is asked again by the caller
	}
}

// elsewhere makes a home outside the data directory and leaves a note of it there.
func elsewhere(cfg Config, acct account, note string) (home, error) {
	if err := os.MkdirAll(cfg.Elsewhere, 0o755); err != nil {
		return home{}, err
	}
	dir := filepath.Join(cfg.Elsewhere, uuid.NewString()[:13])
	if err := os.Mkdir(dir, 0o700); err != nil {
		return home{}, err
	}
	openTo(dir, acct)
	if b := acct.blocker(dir); b != "" {
		_ = os.Remove(dir) // empty, and of no use
		return home{}, fmt.Errorf("%s may not enter %s either", acct.name, b)
	}
	h := newHome(dir)
	// The cluster's directory marks the place before the note points there; initdb fills it later.
	if err := acct.own(h.cluster); err != nil {
		return home{}, err
	}
	return h, os.WriteFile(note, []byte(dir+"\n"), 0o600)
}

// socketDir finds a directory with a path short enough for a socket, and makes it the account's alone.
func socketDir(h home, acct account) (string, error) {
	sum := sha256.Sum256([]byte(h.cluster))
	short := "segno-" + hex.EncodeToString(sum[:6])
	candidates := []string{filepath.Join(h.dir, "run")}
	if acct.switched {
		candidates = append(candidates, filepath.Join("/run", short))
	} else if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		candidates = append(candidates, filepath.Join(run, short))
	}
	candidates = append(candidates, filepath.Join("/tmp", short+"-"+strconv.Itoa(int(acct.uid))))
	var last error
	for _, dir := range candidates {
		if len(filepath.Join(dir, ".s.PGSQL."+port+".lock")) > maxSocketPath {
			continue
		}
		if last = acct.own(dir); last != nil {
			continue
		}
		if b := acct.blocker(dir); b != "" {
			last = fmt.Errorf("%s may not enter %s", acct.name, b)
			continue
		}
		return dir, nil
	}
	return "", &Error{Code: Unreachable, Message: "found no directory for PostgreSQL's socket", Err: last}
}
