package servertest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWire(t *testing.T) {
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") }))
	t.Cleanup(there.Close)
	shout := func(to io.Writer, from io.Reader) {
		for buf := make([]byte, 1024); ; {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			_, _ = io.WriteString(to, strings.ToUpper(string(buf[:n])))
		}
	}
	w := NewWire(t, "tcp", strings.TrimPrefix(there.URL, "http://"), shout)
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", w.Addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	ask := func(c net.Conn, within time.Duration) string {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: here\r\n\r\n")
		_ = c.SetReadDeadline(time.Now().Add(within))
		buf := make([]byte, 1024)
		n, _ := c.Read(buf)
		return string(buf[:n])
	}
	c := dial()
	if got := ask(c, Patience); !strings.HasSuffix(got, "HELLO") {
		t.Errorf("it says %q, want what comes back in capitals", got)
	}
	w.Stop()
	if got := ask(c, 50*time.Millisecond); got != "" {
		t.Errorf("while nothing is to come through: %q", got)
	}
	w.Stop() // once more is once
	w.Flow()
	if got := ask(c, Patience); !strings.Contains(got, "HELLO") {
		t.Errorf("it flows again, and says %q", got)
	}
	w.Cut()
	for _, c := range []net.Conn{c, dial()} {
		_ = c.SetReadDeadline(time.Now().Add(Patience))
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("a connection over a wire that is cut stays open: %v", err)
		}
	}
	w.Mend()
	if got := ask(dial(), Patience); !strings.HasSuffix(got, "HELLO") {
		t.Errorf("once it is mended it says %q", got)
	}
}
