package localpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// DirLock is a data directory in use by this process. The kernel holds it on an open file, so it ends with the process, however
// that ends.
type DirLock struct {
	Dir  string // absolute
	file *os.File
}

// Lock takes the data directory for this process, creating it if it is missing. A directory that another process holds gives an
// *Error with code InUse that names that process.
func Lock(dir string) (*DirLock, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data directory %q: %w", dir, err)
	}
	// Ours alone, and what is above it as usual.
	if err = os.MkdirAll(filepath.Dir(abs), 0o755); err == nil {
		if err = os.Mkdir(abs, 0o700); os.IsExist(err) {
			err = nil
		}
	}
	if err != nil {
		return nil, &Error{Code: Unreachable, Message: "cannot create the data directory " + abs, Err: err,
			Hint: "choose another with --data"}
	}
	path := filepath.Join(abs, "segno.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &Error{Code: Unreachable, Message: "cannot open the lock of the data directory " + abs, Err: err,
			Hint: "choose another with --data, or run as its owner"}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		holder := "another process"
		if b, err := os.ReadFile(path); err == nil {
			if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
				holder = fmt.Sprintf("process %d", pid)
			}
		}
		return nil, &Error{Code: InUse, Message: fmt.Sprintf("the data directory %s is in use by %s", abs, holder),
			Hint: "stop that server, or choose another directory with --data"}
	}
	// The number is for people only; the lock is the kernel's.
	if err := errors.Join(f.Truncate(0), writeAt0(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return &DirLock{Dir: abs, file: f}, nil
}

// Release gives the directory back. The file stays: to remove it would let two processes lock two files of one name.
func (l *DirLock) Release() {
	if l == nil || l.file == nil {
		return
	}
	// A child that is just being forked has the file open until it runs its program: closing ours alone would not free the lock until then.
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	l.file.Close()
	l.file = nil
}

func writeAt0(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}
