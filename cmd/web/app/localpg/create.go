package localpg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"syscall"
)

// maxLog is the size in bytes at which a start puts PostgreSQL's log aside.
const maxLog = 8 << 20

// create makes the cluster if there is none, and says whether it did. It appears under its name only when it is complete, so a
// server killed in here leaves nothing half made.
func (s *Server) create(ctx context.Context) (bool, error) {
	if isCluster(s.home.cluster) {
		return false, nil
	}
	if entries, err := os.ReadDir(s.home.cluster); err == nil && len(entries) > 0 {
		return false, &Error{Code: ClusterBroken,
			Message: fmt.Sprintf("%s is not empty and is no cluster: it has no PG_VERSION", s.home.cluster),
			Hint:    "move it away, or choose another directory with --data"}
	}
	halfMade, _ := filepath.Glob(s.home.cluster + ".init-*") // the pattern is well formed unless the path is strange; then none is found
	for _, dir := range halfMade {
		if err := os.RemoveAll(dir); err != nil {
			return false, fmt.Errorf("removing a half-made cluster: %w", err)
		}
	}
	tmp := fmt.Sprintf("%s.init-%d", s.home.cluster, os.Getpid())
	if err := s.acct.own(tmp); err != nil {
		return false, fmt.Errorf("making the cluster's directory: %w", err)
	}
	var out bytes.Buffer
	args := []string{"--pgdata=" + tmp, "--username=" + superuser, "--auth=trust", "--encoding=UTF8", "--no-sync"}
	// Text sorts by its bytes, which is fast and the same on every machine; upper and lower case know all letters.
	if err := s.initdb(ctx, &out, append(args, "--locale=C", "--lc-ctype=C.UTF-8")); err != nil {
		// A machine without C.UTF-8. initdb empties a directory in which it has failed.
		out.Reset()
		if err := s.initdb(ctx, &out, append(args, "--locale=C")); err != nil {
			_ = os.RemoveAll(tmp) // the next start removes what is left
			return false, &Error{Code: StartFailed, Message: "initdb failed in " + s.home.dir, Err: err, Log: tail(out.String(), 12)}
		}
	}
	// The only way in is the socket, and its directory is the lock on that door.
	if err := os.WriteFile(filepath.Join(tmp, "pg_hba.conf"), []byte("# TYPE DATABASE USER METHOD\nlocal all all trust\n"), 0o600); err != nil {
		return false, fmt.Errorf("writing pg_hba.conf: %w", err)
	}
	// rename(2) replaces an empty directory in one step, which os.Rename refuses to.
	if err := syscall.Rename(tmp, s.home.cluster); err != nil {
		return false, fmt.Errorf("putting the new cluster in place: %w", err)
	}
	return true, nil
}

func (s *Server) initdb(ctx context.Context, out *bytes.Buffer, args []string) error {
	cmd := s.acct.command(exec.CommandContext(ctx, filepath.Join(s.install.bin, "initdb"), args...), s.home.dir)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run()
}

// arguments are the postmaster's. They come from here alone and not from a file in the cluster, so a new release of ours
// changes them for an old cluster too.
func arguments(h home, more map[string]string) []string {
	set := map[string]string{
		"listen_addresses":                    "",
		"unix_socket_directories":             h.socket,
		"unix_socket_permissions":             "0700",
		"port":                                port,
		"max_connections":                     "40",
		"shared_buffers":                      "128MB",
		"fsync":                               "on",
		"synchronous_commit":                  "on",
		"wal_compression":                     "on",
		"jit":                                 "off", // our statements are short; compiling them costs more than it saves
		"random_page_cost":                    "1.1",
		"timezone":                            "UTC",
		"log_timezone":                        "UTC",
		"log_checkpoints":                     "off",
		"log_line_prefix":                     "%m [%p] ",
		"idle_in_transaction_session_timeout": "60s",
	}
	if runtime.GOOS == "linux" {
		// A statement of a server that was killed ends within a second, and with it the locks that it holds.
		set["client_connection_check_interval"] = "1s"
	}
	for k, v := range more {
		set[k] = v
	}
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	args := []string{"-D", h.cluster}
	for _, k := range keys {
		args = append(args, "-c", k+"="+set[k])
	}
	return args
}

// openLog opens PostgreSQL's log for appending, after putting a large one aside.
func openLog(path string) (*os.File, error) {
	if st, err := os.Stat(path); err == nil && st.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// logTail is the end of what PostgreSQL wrote since its log had the given size in bytes.
func logTail(path string, since int64) string {
	b, err := os.ReadFile(path)
	if err != nil || int64(len(b)) < since {
		return ""
	}
	return tail(string(b[since:]), 12)
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
