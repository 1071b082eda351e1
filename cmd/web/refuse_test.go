package main

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/internal/servertest"
)

// refuses runs the program to its end, which must come by itself, and looks at what it says.
func refuses(t *testing.T, o options, code int, says ...string) {
	t.Helper()
	s := launch(t, o)
	if got := s.Exit(t); got != code {
		t.Errorf("got exit code %d, want %d", got, code)
	}
	log := s.Logged()
	for _, want := range says {
		if !strings.Contains(log, want) {
			t.Errorf("it does not say %q; it says\n%s", want, log)
		}
	}
	if strings.Contains(log, "goroutine ") {
		t.Errorf("it panicked:\n%s", log)
	}
}

func TestRefusesAForeignDataDirectory(t *testing.T) {
	o := options{Data: dataDir(t)}
	s := start(t, o)
	o.Args = []string{"--addr", "127.0.0.1:0"}
	refuses(t, o, 1, "the data directory "+o.Data+" is in use by process ", "--data")
	s.awaitReady(t) // and the first is none the worse for it
}

func TestRefusesAPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	o := options{Data: dataDir(t), Args: []string{"--addr", taken.Addr().String()}}
	refuses(t, o, 1, "can't listen on "+taken.Addr().String(), "address already in use", "--addr 127.0.0.1:0")
	if left, err := os.ReadDir(o.Data); err != nil || len(left) > 0 {
		t.Errorf("it left %v in the data directory (error %v), want nothing", left, err)
	}
}

func TestRefusesTheWorldWithoutAPassword(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:8080", "segno.example:8080"} {
		refuses(t, options{Data: dataDir(t), Args: []string{"--addr", addr}}, 2, "SEGNO_PASSWORD", "127.0.0.1")
	}
}

func TestRefusesWrongUsage(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options
		says string
	}{
		{options{Args: []string{"--prot", "80"}}, "-prot"},
		{options{Args: []string{"start"}}, `unexpected argument "start"`},
		{options{Args: []string{"--addr", "8080"}}, `"8080" is not host:port`},
		{options{Data: dataDir(t), Args: []string{"--lease", "1m"}}, "--lease 1m0s is no lease: from 1s to 10s"},
		{options{Env: []string{"SEGNO_LEASE=ten"}}, "SEGNO_LEASE"},
		{options{Env: []string{"SEGNO_PASSWORD_FILE=/does/not/exist"}}, "SEGNO_PASSWORD_FILE"},
		{options{Env: []string{"SEGNO_PASSWORD_FILE=" + empty}}, "is empty"},
		{options{Env: []string{"SEGNO_PASSWORD=a", "SEGNO_VIEWER_PASSWORD_FILE=" + empty}}, "SEGNO_VIEWER_PASSWORD_FILE"},
		{options{Data: dataDir(t), Env: []string{"SEGNO_VIEWER_PASSWORD=a"}}, "needs SEGNO_PASSWORD"},
		{options{Data: dataDir(t), Env: []string{"SEGNO_PASSWORD=a", "SEGNO_VIEWER_PASSWORD=a"}}, "must be another one"},
	} {
		refuses(t, c.options, 2, c.says)
	}
}

// brokenProject is a project folder of these flows, which all call mail.send.
func brokenProject(t *testing.T, flows map[string]string) string {
	t.Helper()
	flows["functions.yaml"] = `mail.send: {process: {command: ["segno:mail.send"]}, idempotent: false}`
	return servertest.Project(t, flows)
}

func TestRefusesABrokenProject(t *testing.T) {
	wrong := func(dir string) options {
		return options{Data: dataDir(t), Args: []string{"--addr", "127.0.0.1:0", "--project", dir}}
	}
	misspelt := brokenProject(t, map[string]string{"flows/a.yaml": "name: a\nsteps:\n  b: {cal: mail.send}\n", "flows/b.yaml": "name: b\nstep: {}\n"})
	refuses(t, wrong(misspelt), 1, "flows/a.yaml:3:7: ", "did you mean `call`", "flows/b.yaml:2:1: ", "did you mean `steps`")
	dangling := brokenProject(t, map[string]string{"flows/a.yaml": "name: a\nsteps:\n  b: {call: mail.sand, with: {to: x, subject: y}}\n  c: {needs: [d], set: {x: 1}}\n"})
	refuses(t, wrong(dangling), 1, "flows/a.yaml:3:13: ", "mail.send", "flows/a.yaml:4:15: ", "`d`")
	refuses(t, wrong(filepath.Join(misspelt, "nowhere")), 1, "nowhere")
}

func TestRefusesADatabaseThatIsNotThere(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "nobody")
	u := url.URL{Scheme: "postgres", User: url.UserPassword("segno", "hush-hush"), Path: "/segno", RawQuery: "host=" + socket}
	o := options{Data: dataDir(t), Args: []string{"--addr", "127.0.0.1:0", "--database-url", u.String()}}
	refuses(t, o, 1, "connecting to the database", socket)
	s := launch(t, o)
	if s.Exit(t); strings.Contains(s.Logged(), "hush-hush") {
		t.Errorf("the password of the database is in the log:\n%s", s.Logged())
	}
}

// TestRefusesWithoutPostgreSQL runs the program where there is nothing but the program: it is static, so an empty root directory is enough.
func TestRefusesWithoutPostgreSQL(t *testing.T) {
	root := pgtest.DataDir(t)
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, servertest.Program(t), filepath.Join(root, "segno-web"))
	data := filepath.Join(root, "data")
	if err := os.Mkdir(data, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o777); err != nil { // whatever the umask says
		t.Fatal(err)
	}
	jail := &syscall.SysProcAttr{Chroot: root}
	if os.Geteuid() == 0 {
		jail.Credential = nobody
	} else { // an ordinary user becomes root of a namespace in which it may do this, and there its own user again
		jail.Cloneflags = syscall.CLONE_NEWUSER
		jail.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(nobody.Uid), HostID: os.Geteuid(), Size: 1}}
		jail.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(nobody.Gid), HostID: os.Getegid(), Size: 1}}
	}
	o := options{Program: "/segno-web", Process: jail, Args: []string{"--addr", "127.0.0.1:0", "--data", "/data"}}
	refuses(t, o, 1, "no PostgreSQL found on this machine", "apt-get install postgresql", "--database-url")
}

// nobody is a user who owns nothing.
var nobody = &syscall.Credential{Uid: 65534, Gid: 65534}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
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
