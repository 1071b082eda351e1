package chaos

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between one server and its database and can keep them apart, or keep notifications from the server.
type proxy struct {
	listener net.Listener
	target   string       // the database's socket
	deaf     bool         // notifications are dropped
	dropped  atomic.Int64 // how many were

	mu    sync.Mutex
	cut   bool // nothing passes, and new connections are closed
	pairs map[net.Conn]net.Conn
}

func openProxy(t testing.TB, d *database, deaf bool) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: d.socket(t), deaf: deaf, pairs: map[net.Conn]net.Conn{}}
	go p.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		p.sever(true)
	})
	return p
}

// url is the database's as a server behind the proxy is told it.
func (p *proxy) url(t testing.TB, d *database) string {
	t.Helper()
	u, err := url.Parse(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = p.listener.Addr().String(), "sslmode=disable"
	return u.String()
}

// sever cuts the server off, or lets it through again.
func (p *proxy) sever(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if !cut {
		return
	}
	for server, database := range p.pairs {
		_ = server.Close()
		_ = database.Close()
	}
	clear(p.pairs)
}

func (p *proxy) accept() {
	for {
		server, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.pass(server)
	}
}

func (p *proxy) pass(server net.Conn) {
	defer func() { _ = server.Close() }()
	database, err := net.Dial("unix", p.target)
	if err != nil {
		return
	}
	defer func() { _ = database.Close() }()
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		return
	}
	p.pairs[server] = database
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.pairs, server)
		p.mu.Unlock()
	}()
	go func() {
		_, _ = io.Copy(database, server)
		_ = database.Close()
	}()
	if p.deaf {
		p.answers(server, database)
		return
	}
	_, _ = io.Copy(server, database)
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
