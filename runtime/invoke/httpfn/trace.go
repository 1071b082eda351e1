package httpfn

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/invoke"
)

// trace watches how far a request gets. Its callbacks run on several goroutines, some of them after the call has ended.
type trace struct {
	mu    sync.Mutex
	spans [len(phaseNames)]span

	gotConn   bool // a connection was handed to the request: from here on bytes may be on their way
	written   bool // all of the request was written
	firstByte bool // of the answer
}

type span struct{ begin, end time.Time }

const (
	dns = iota
	connect
	handshake
	send
	wait
	read
)

var phaseNames = [...]string{dns: "dns", connect: "connect", handshake: "tls", send: "send", wait: "wait", read: "read"}

func (t *trace) begin(phase int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spans[phase].begin.IsZero() {
		t.spans[phase].begin = time.Now()
	}
}

func (t *trace) end(phase int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans[phase].end = time.Now()
}

func (t *trace) client() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// Asked for again only when net/http starts over, which it does only when nothing was written.
		GetConn: func(string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.gotConn = false
		},
		DNSStart:          func(httptrace.DNSStartInfo) { t.begin(dns) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.end(dns) },
		ConnectStart:      func(string, string) { t.begin(connect) },
		ConnectDone:       func(string, string, error) { t.end(connect) },
		TLSHandshakeStart: func() { t.begin(handshake) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.end(handshake) },
		GotConn: func(httptrace.GotConnInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.gotConn = true
			t.spans[send] = span{begin: time.Now()}
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			now := time.Now()
			t.spans[send].end = now
			if info.Err == nil {
				t.written = true
				t.spans[wait].begin = now
			}
		},
		GotFirstResponseByte: func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			now := time.Now()
			t.firstByte = true
			t.spans[wait].end = now
			t.spans[read].begin = now
		},
	}
}

func (t *trace) bodyRead() { t.end(read) }

// sent reports whether any of the request may have left this machine.
func (t *trace) sent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gotConn
}

// wrote reports whether all of the request was written.
func (t *trace) wrote() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// phases returns what took place, in order. A phase that had begun and not ended lasted until now.
func (t *trace) phases(now time.Time) []invoke.Phase {
	t.mu.Lock()
	defer t.mu.Unlock()
	var phases []invoke.Phase
	for i, s := range t.spans {
		if s.begin.IsZero() {
			continue
		}
		if s.end.IsZero() {
			s.end = now
		}
		phases = append(phases, invoke.Phase{Name: phaseNames[i], Took: max(0, s.end.Sub(s.begin))})
	}
	return phases
}
