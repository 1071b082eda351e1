package localpg

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// alive says whether a process runs. One that has ended and waits for its parent to notice does not: in a container whose first
// process reaps nobody, an orphan stays like that for ever.
func alive(pid int) bool {
	if err := unix.Kill(pid, 0); err != nil && err != unix.EPERM {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err)
	}
	// proc(5): the name in parentheses may hold anything, so the state is what follows the last one.
	rest := string(b[strings.LastIndexByte(string(b), ')')+1:])
	return !strings.HasPrefix(strings.TrimSpace(rest), "Z") && !strings.HasPrefix(strings.TrimSpace(rest), "X")
}

// commandLine is a process's arguments, nil if it is gone.
func commandLine(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
}

// workingDir is a path to a process's working directory that holds wherever that has been moved, "" where the system does not let
// us look, as root in a container without CAP_SYS_PTRACE.
func workingDir(pid int) string {
	link := fmt.Sprintf("/proc/%d/cwd", pid)
	if _, err := os.Stat(link); err != nil {
		return ""
	}
	return link
}

// syncTree makes a directory tree durable by syncing its whole file system, which is much faster than file by file.
func syncTree(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}
