package servertest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Wire is a way to an address that can be cut: every connection over it breaks at once, and new ones are closed until it is mended. It can be stopped, too:
// all stay open, nobody is told, and nothing comes through until it flows again.
type Wire struct {
	Addr string // where it begins, on loopback

	mu    sync.Mutex
	ends  map[net.Conn]bool
	down  bool
	still chan struct{} // closed when it flows again; nil while it flows
}

// Carry takes what comes from one end of a connection to the other, until one of them is closed.
type Carry func(to io.Writer, from io.Reader)

// NewWire leads to an address until the test ends. What comes back from there goes through back, or is only copied if that is nil.
func NewWire(t testing.TB, network, address string, back Carry) *Wire {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	there := func(to io.Writer, from io.Reader) { _, _ = io.Copy(to, from) }
	if back == nil {
		back = there
	}
	w := &Wire{Addr: at.Addr().String(), ends: map[net.Conn]bool{}}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := at.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, address)
			if err != nil || !w.keep(near, far) {
				_ = near.Close()
				continue
			}
			carrying.Go(func() { defer w.drop(near, far); there(far, held{near, w}) })
			carrying.Go(func() { defer w.drop(near, far); back(near, held{far, w}) })
		}
	})
	t.Cleanup(func() {
		_ = at.Close()
		w.Cut()
		w.Flow()
		carrying.Wait()
	})
	return w
}

func (w *Wire) keep(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		if w.down {
			_ = c.Close()
		} else {
			w.ends[c] = true
		}
	}
	return !w.down
}

func (w *Wire) drop(ends ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		_ = c.Close()
		delete(w.ends, c)
	}
}

// Cut breaks all connections, and every new one.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.ends {
		_ = c.Close()
	}
}

// Mend lets new connections through again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// Stop has nothing come through until it flows again.
func (w *Wire) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still == nil { // else what is held back waits for the Flow that is to come
		w.still = make(chan struct{})
	}
}

// Flow ends a Stop: what was held back comes through.
func (w *Wire) Flow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still != nil {
		close(w.still)
		w.still = nil
	}
}

// held is what comes from one end, once the wire flows.
type held struct {
	io.Reader
	w *Wire
}

func (h held) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.w.mu.Lock()
	still := h.w.still
	h.w.mu.Unlock()
	if still != nil {
		<-still
	}
	return n, err
}
