package localpg_test

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/segno-run/segno/cmd/web/app/localpg"
)

func newLogger(h slog.Handler) *slog.Logger { return slog.New(h) }

// unprivileged is whom PostgreSQL runs as for root.
func unprivileged(t *testing.T) (uid, gid int) {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ = strconv.Atoi(u.Uid)
			gid, _ = strconv.Atoi(u.Gid)
			return uid, gid
		}
	}
	t.Fatal("neither a user postgres nor a user nobody")
	return 0, 0
}

func chownToAccount(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	uid, gid := unprivileged(t)
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// openPath makes a directory below a test's data directory, with all on the way to it open to the database's user.
func openPath(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for ; strings.Contains(dir, "segno-test-"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// All the tests hold for an ordinary user as well: this runs them again without root's rights.
func TestAsAnOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // they have just run so
	}
	uid, gid := unprivileged(t)
	dir := dataDir(t)
	openPath(t, dir)
	binary := filepath.Join(dir, "localpg.test")
	copyFile(t, os.Args[0], binary)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	chownToAccount(t, home)
	cmd := exec.Command(binary, "-test.count=1")
	if testing.Verbose() {
		cmd.Args = append(cmd.Args, "-test.v")
	}
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("as user %d: %v", uid, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRootsDirectoryClosedToTheDatabase(t *testing.T) {
	if os.Geteuid() != 0 {
		return // an ordinary user's database runs as that user
	}
	t.Parallel()
	_, gid := unprivileged(t)

	t.Run("the data directory itself is opened to the group", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t) // 0700
		s := start(t, localpg.Config{DataDir: dir})
		st, err := os.Stat(dir)
		if err != nil || st.Mode().Perm() != 0o710 || int(st.Sys().(*syscall.Stat_t).Gid) != gid {
			t.Errorf("got mode %v (error %v), want 0710 and the database's group", st.Mode(), err)
		}
		if s.Dir() != filepath.Join(dir, "postgres") {
			t.Errorf("got cluster %s, want it in %s", s.Dir(), dir)
		}
	})

	t.Run("one above it moves the cluster elsewhere, for good", func(t *testing.T) {
		t.Parallel()
		dir, elsewhere := filepath.Join(t.TempDir(), "data"), filepath.Join(dataDir(t), "clusters")
		openPath(t, elsewhere)
		cfg := localpg.Config{DataDir: dir, Elsewhere: elsewhere}
		s := start(t, cfg)
		if !strings.HasPrefix(s.Dir(), elsewhere) {
			t.Fatalf("got cluster %s, want it under %s", s.Dir(), elsewhere)
		}
		exec1(t, connect(t, s.URL()), "CREATE TABLE kept AS SELECT 'mark'::text AS what")
		stop(t, s)

		again := start(t, cfg)
		if got := query(t, connect(t, again.URL()), "SELECT what FROM kept"); got != "mark" || again.Dir() != s.Dir() {
			t.Errorf("got %q in %s, want what was stored in %s", got, again.Dir(), s.Dir())
		}

		// A copy of the data directory carries the note along, but not the database.
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		refused(t, localpg.Config{DataDir: copied, Elsewhere: elsewhere}, localpg.InUse)
		stop(t, again)

		if err := os.RemoveAll(elsewhere); err != nil {
			t.Fatal(err)
		}
		e := refused(t, cfg, localpg.ClusterBroken)
		if !strings.Contains(e.Error(), "no longer there") {
			t.Errorf("got %q, want it to say that the database is gone, and no empty one", e)
		}
	})

	t.Run("an existing cluster is never replaced by an empty one", func(t *testing.T) {
		t.Parallel()
		parent := dataDir(t)
		openPath(t, parent)
		dir := filepath.Join(parent, "data")
		stop(t, start(t, localpg.Config{DataDir: dir}))
		if err := os.Chmod(parent, 0o700); err != nil {
			t.Fatal(err)
		}
		e := refused(t, localpg.Config{DataDir: dir, Elsewhere: dataDir(t)}, localpg.Unreachable)
		if !strings.Contains(e.Error(), parent) || !strings.Contains(e.Error(), "chmod o+x") {
			t.Errorf("got %q, want it to name %s and what to do", e, parent)
		}
	})

	t.Run("nowhere to go", func(t *testing.T) {
		t.Parallel()
		refused(t, localpg.Config{DataDir: filepath.Join(t.TempDir(), "a"), Elsewhere: filepath.Join(t.TempDir(), "b")}, localpg.Unreachable)
	})

	t.Run("a cluster of root's", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "postgres", "PG_VERSION"), "15\n")
		e := refused(t, localpg.Config{DataDir: dir}, localpg.ClusterBroken)
		if !strings.Contains(e.Error(), "root") {
			t.Errorf("got %q, want it to say why", e)
		}
	})
}
