package httpfn_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke/httpfn"
)

// rawServer answers each connection with what the function does to it.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

func readRequest(conn net.Conn) bool {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

func TestConnectionLost(t *testing.T) {
	t.Run("after the request", func(t *testing.T) {
		r := call(t, rawServer(t, func(conn net.Conn) { readRequest(conn) }), 10*time.Second)
		wantFault(t, r, fault.Unavailable, fault.Maybe, "lost after the request was sent")
	})
	t.Run("in the answer", func(t *testing.T) {
		r := call(t, rawServer(t, func(conn net.Conn) {
			if readRequest(conn) {
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":")
			}
		}), 10*time.Second)
		wantFault(t, r, fault.Unavailable, fault.Maybe, "in the middle of its answer")
	})
	t.Run("not HTTP", func(t *testing.T) {
		r := call(t, rawServer(t, func(conn net.Conn) {
			readRequest(conn)
			fmt.Fprint(conn, "hello\r\n\r\n")
		}), 10*time.Second)
		wantFault(t, r, fault.Unavailable, fault.Maybe)
	})
}

// A connection that was kept alive and dies under the next request must not lead to a second request: nobody knows what the first one did.
func TestOneInvokeIsOneCall(t *testing.T) {
	var calls atomic.Int32
	url := rawServer(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for answered := false; ; answered = true {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			calls.Add(1)
			if answered {
				return
			}
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
	})
	f := httpfn.New(httpfn.Config{URL: url, Policy: loopback})
	defer f.Close()
	if r := f.Invoke(t.Context(), invocation(10*time.Second)); r.Fault != nil {
		t.Fatalf("first call: %v", r.Fault)
	}
	wantFault(t, f.Invoke(t.Context(), invocation(10*time.Second)), fault.Unavailable, fault.Maybe)
	if n := calls.Load(); n != 2 {
		t.Errorf("requests seen by the server: got %d, want 2", n)
	}
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	const limit = 60 * time.Millisecond
	t.Run("headers", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		wantFault(t, call(t, url, limit), fault.Timeout, fault.Maybe, "no response headers within 60ms")
	})
	t.Run("body", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"a":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		wantFault(t, call(t, url, limit), fault.Timeout, fault.Maybe, "body not finished within 60ms")
	})
	t.Run("error body", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(409)
			fmt.Fprint(w, "taken")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		wantFault(t, call(t, url, limit), fault.Rejected, fault.None, "taken")
	})
	t.Run("connection", func(t *testing.T) {
		// The TCP connection comes from the listener's backlog; the TLS handshake that has to follow never does.
		url := rawServer(t, func(net.Conn) { <-release })
		r := call(t, strings.Replace(url, "http:", "https:", 1), limit)
		wantFault(t, r, fault.Timeout, fault.None, "no connection within 60ms")
	})
}
