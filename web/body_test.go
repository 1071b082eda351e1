package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// TestABodyThatDoesNotCome: whether a handler reads the body or not, the connection is given up, and a body in time leaves no deadline behind.
func TestABodyThatDoesNotCome(t *testing.T) {
	const within = 100 * time.Millisecond
	e := echo.New()
	e.Use(compress(), limitBody(within))
	e.POST("/read", func(c echo.Context) error {
		_, err := readBody(c)
		if err != nil {
			return c.NoContent(coded(err).status())
		}
		select {
		case <-c.Request().Context().Done():
			return c.NoContent(http.StatusTeapot)
		case <-time.After(2 * within):
			return c.NoContent(http.StatusOK)
		}
	})
	e.POST("/ignore", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	server := httptest.NewServer(e)
	defer server.Close()
	for _, c := range []struct {
		path, body string
		length     int
		want       int
	}{{"/read", "x", 10, http.StatusRequestTimeout}, {"/ignore", "x", 10, http.StatusOK}, {"/read", "xx", 2, http.StatusOK}} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", c.path, c.length, c.body)
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s with %d of %d bytes: %v", c.path, len(c.body), c.length, err)
		}
		if res.StatusCode != c.want {
			t.Errorf("%s with %d of %d bytes: got %d, want %d", c.path, len(c.body), c.length, res.StatusCode, c.want)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s with %d of %d bytes: the connection stays open: %v", c.path, len(c.body), c.length, err)
		}
		_ = conn.Close()
	}
}

// TestDecodeJSONNamesNoGoTypes: what is wrong with a body is said in its own words.
func TestDecodeJSONNamesNoGoTypes(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:               "bad_request: the body does not have the expected shape: it must be an object, not array",
		`{"version": "1"}`: "bad_request: the body does not have the expected shape: `version` can't be a string",
		`{"versio": 1}`:    "bad_request: the body does not have the expected shape: unknown field \"versio\"",
	} {
		var req struct {
			Version int `json:"version"`
		}
		if err := decodeJSON([]byte(body), &req); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
	}
}
