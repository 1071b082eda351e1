package postgres

import (
	"time"

	"golang.org/x/sys/unix"
)

// userTimeout has the kernel give a connection up when what was sent is not acknowledged for so long.
func userTimeout(fd uintptr, d time.Duration) error {
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d/time.Millisecond))
}
