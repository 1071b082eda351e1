//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a child lead a process group. Only Linux can tie a child's life to its parent's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func start(cmd *exec.Cmd) error { return cmd.Start() }

// awaitExit returns when the process has ended and been reaped.
func awaitExit(cmd *exec.Cmd) { _ = cmd.Wait() } // the state says it all

// hasEnded cannot tell before the process has been reaped.
func hasEnded(*exec.Cmd) bool { return false }
