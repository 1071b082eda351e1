package postgres

import (
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// lostAfter is when either end gives up a connection whose other end is silent: the kernels ask, so a server that is busy, or stopped, is not taken for one
// that can't be reached.
const lostAfter = 10 * time.Second

// Harden has a connection outlive nothing but silence that is not meant. A server that is cut off must learn so, or it waits on dead connections when
// the network is back; and the database must, or it keeps the places of those connections, and their locks, for hours.
//
// Who stands still in the middle of a transaction, a takeover say, loses it: everybody else would wait for its locks.
func Harden(c *pgx.ConnConfig) {
	c.ConnectTimeout = 5 * time.Second
	alive := net.KeepAliveConfig{Enable: true, Idle: lostAfter / 2, Interval: lostAfter / 10, Count: 5}
	dialer := &net.Dialer{KeepAliveConfig: alive, Control: func(network, _ string, raw syscall.RawConn) (err error) {
		if network == "unix" {
			return nil
		}
		if cerr := raw.Control(func(fd uintptr) { err = userTimeout(fd, lostAfter) }); cerr != nil {
			return cerr
		}
		return err
	}}
	c.DialFunc = dialer.DialContext
	set := func(name string, value int) {
		if _, said := c.RuntimeParams[name]; !said { // the URL may know better
			c.RuntimeParams[name] = strconv.Itoa(value)
		}
	}
	set("tcp_keepalives_idle", int(alive.Idle/time.Second))
	set("tcp_keepalives_interval", int(alive.Interval/time.Second))
	set("tcp_keepalives_count", alive.Count)
	set("tcp_user_timeout", int(lostAfter/time.Millisecond))
	set("idle_in_transaction_session_timeout", int(lostAfter/time.Millisecond))
}
