package localpg

import (
	"fmt"
	"strings"
)

// Code names a kind of problem that a person can do something about.
type Code string

const (
	NotInstalled  Code = "postgres_not_installed"
	WrongVersion  Code = "postgres_wrong_version"
	Unreachable   Code = "data_dir_unreachable"
	InUse         Code = "data_dir_in_use"
	ClusterBroken Code = "cluster_broken"
	StartFailed   Code = "postgres_start_failed"
)

// Error is a problem that a person can mend: what is wrong, and in Hint what to do about it.
type Error struct {
	Code    Code
	Message string // one sentence, lower case, without a full stop
	Hint    string // what to do; may be empty
	Log     string // the last lines of PostgreSQL's log, if it said why
	Err     error  // the cause; may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	if e.Log != "" {
		b.WriteString("\nPostgreSQL's log ends with:\n  " + strings.ReplaceAll(e.Log, "\n", "\n  "))
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
