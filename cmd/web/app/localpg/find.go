package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// install is one PostgreSQL on this machine.
type install struct {
	bin     string // directory with initdb and postgres
	version string // "15.18", "17beta1"
	major   int
}

// usualPlaces are where packages put PostgreSQL without putting it in PATH: Debian and Ubuntu, Fedora and PGDG's RPMs, Alpine,
// Homebrew, Postgres.app, FreeBSD and source builds.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin", "/usr/local/pgsql/bin",
}

const installHint = "install it (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; " +
	"macOS: brew install postgresql@17), or use a database of your own with --database-url"

// choose finds the binaries for a home: of an existing cluster's major version, else the first that is new enough.
func choose(ctx context.Context, search []string, h home, acct account) (install, error) {
	want, err := clusterMajor(h.cluster)
	if err != nil {
		return install{}, err
	}
	var found []install
	var passed []string // why candidates were passed over, for the message
	for _, dir := range candidates(ctx, search) {
		if b := acct.blocker(dir); b != "" {
			passed = append(passed, fmt.Sprintf("%s, which %s may not enter", dir, acct.name))
			continue
		}
		in, err := inspect(ctx, dir)
		if err != nil {
			passed = append(passed, fmt.Sprintf("%s, which does not run (%v)", dir, err))
			continue
		}
		if want == in.major || want == 0 && in.major >= MinMajor {
			return in, nil
		}
		found = append(found, in)
	}
	if len(found) == 0 {
		msg := "no PostgreSQL found on this machine"
		if len(passed) > 0 {
			msg += " but " + strings.Join(passed, ", and ")
		}
		return install{}, &Error{Code: NotInstalled, Message: msg, Hint: installHint}
	}
	var have []string
	for _, in := range found {
		have = append(have, in.version+" in "+in.bin)
	}
	if want == 0 {
		return install{}, &Error{Code: WrongVersion, Hint: installHint,
			Message: fmt.Sprintf("PostgreSQL %d or newer is needed, and this machine has only %s", MinMajor, strings.Join(have, ", "))}
	}
	return install{}, &Error{Code: WrongVersion,
		Message: fmt.Sprintf("the cluster in %s was made by PostgreSQL %d, and this machine has only %s", h.cluster, want, strings.Join(have, ", ")),
		Hint: fmt.Sprintf("install PostgreSQL %d (Debian and Ubuntu: apt-get install postgresql-%d), upgrade the cluster with pg_upgrade, "+
			"or choose another directory with --data", want, want)}
}

// candidates are existing directories that hold both binaries, in order of preference, each once.
func candidates(ctx context.Context, search []string) []string {
	var dirs []string
	seen := map[string]bool{}
	add := func(dir string) {
		// A postgres in PATH may be a lone link; its target's directory has the share files' relatives beside it.
		if real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil {
			dir = filepath.Dir(real)
		}
		if !seen[dir] && executable(filepath.Join(dir, "postgres")) && executable(filepath.Join(dir, "initdb")) {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	if search == nil {
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			if filepath.IsAbs(dir) {
				add(dir)
			}
		}
		if tool, err := exec.LookPath("pg_config"); err == nil && len(dirs) == 0 {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			if out, err := exec.CommandContext(ctx, tool, "--bindir").Output(); err == nil {
				add(strings.TrimSpace(string(out)))
			}
		}
		search = usualPlaces
	}
	for _, pattern := range search {
		matches, _ := filepath.Glob(pattern) // only a malformed pattern fails, and it matches nothing
		sort.Slice(matches, func(i, j int) bool { return lastNumber(matches[i]) > lastNumber(matches[j]) })
		for _, dir := range matches {
			add(dir)
		}
	}
	return dirs
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode().Perm()&0o111 != 0
}

var digits = regexp.MustCompile(`\d+`)

// lastNumber orders …/9/bin before …/15/bin, which names alone would not.
func lastNumber(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1]) // digits only; too many of them count as 0
	return n
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

func inspect(ctx context.Context, dir string) (install, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return install{}, err
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return install{}, fmt.Errorf("its version reads %q", strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return install{}, err
	}
	return install{bin: dir, version: m[1], major: major}, nil
}

// clusterMajor is the major version that made the cluster, 0 if there is none yet.
func clusterMajor(cluster string) (int, error) {
	path := filepath.Join(cluster, "PG_VERSION")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, &Error{Code: ClusterBroken, Message: "cannot read the cluster's version", Err: err}
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || major <= 0 {
		return 0, &Error{Code: ClusterBroken, Message: fmt.Sprintf("%s does not hold a major version but %.40q", path, b)}
	}
	return major, nil
}
