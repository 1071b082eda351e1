package chaos

import (
	"bufio"
	"encoding/binary"
	"io"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

// proxy stands between one server and its database and can keep them apart, or keep notifications from the server.
type proxy struct {
	*servertest.Wire
	dropped atomic.Int64 // notifications
}

func openProxy(t testing.TB, d *database, deaf bool) *proxy {
	t.Helper()
	p := &proxy{}
	var back servertest.Carry
	if deaf {
		back = p.answers
	}
	p.Wire = servertest.NewWire(t, "unix", d.socket(t), back)
	return p
}

// url is the database's as a server behind the proxy is told it.
func (p *proxy) url(t testing.TB, d *database) string {
	t.Helper()
	u, err := url.Parse(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = p.Addr, "sslmode=disable"
	return u.String()
}

// notification is the type of a NotificationResponse in PostgreSQL's protocol, whose messages are a byte for the type and four for the length of the rest.
const notification = 'A'

// answers passes on what the database says, but for notifications.
func (p *proxy) answers(server io.Writer, database io.Reader) {
	from, to := bufio.NewReaderSize(database, 1<<16), bufio.NewWriterSize(server, 1<<16)
	for {
		var head [5]byte
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		length := int64(binary.BigEndian.Uint32(head[1:])) - 4
		if head[0] == notification {
			p.dropped.Add(1)
			if _, err := io.CopyN(io.Discard, from, length); err != nil {
				return
			}
			continue
		}
		if _, err := to.Write(head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(to, from, length); err != nil {
			return
		}
		if from.Buffered() == 0 {
			if err := to.Flush(); err != nil {
				return
			}
		}
	}
}
