//go:build !linux

package localpg

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// alive says whether a process runs, and has not ended and waits for its parent to notice.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && err != syscall.EPERM {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

// commandLine is a process's arguments, nil if it is gone. ps joins them with blanks, so a cluster's directory is taken to
// end where the options that we write after it begin.
func commandLine(pid int) []string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(string(out)), " -D ")
	dir, _, _ := strings.Cut(rest, " -c ")
	return []string{name, "-D", dir}
}

// workingDir is unknown here.
func workingDir(int) string { return "" }

// syncTree asks for everything to be written out; these systems have no narrower call.
func syncTree(string) error {
	syscall.Sync()
	return nil
}
