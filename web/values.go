package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
)

// isValue reports whether a path is that of a recorded value. These are sent as they are: a Range and a Content-Length are of more use than compression,
// and a value of 64 MiB would take a second of a processor.
func isValue(path string) bool {
	return strings.HasPrefix(path, "/api/v1/runs/") && (strings.HasSuffix(path, "/input") || strings.HasSuffix(path, "/output") || strings.HasSuffix(path, "/item"))
}

// sendValue answers a value with its ETag: the hash of its bytes, or, for one that is put together from several, of what it is put together from.
func (s *Server) sendValue(c echo.Context, value []byte) error {
	var tag string
	if p, ok := expr.WholePayload(value); ok {
		tag = hex.EncodeToString(p.Hash[:])
	} else {
		sum := sha256.Sum256(value)
		tag = hex.EncodeToString(sum[:])
	}
	h := c.Response().Header()
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, s.valueReader(c.Request().Context(), value))
	return nil
}

// whole puts a value together. It is for values that are known to be of a size to be held in memory, such as a run's input.
func (s *Server) whole(ctx context.Context, value []byte) ([]byte, error) {
	if !expr.HasPayloads(value) {
		return value, nil
	}
	return io.ReadAll(s.valueReader(ctx, value))
}

// readPayload gives the expressions that a page evaluates what they look into.
func (s *Server) readPayload(p planner.Payload) []byte {
	if p.Size > planner.MaxRead {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var out bytes.Buffer
	if err := s.Runs.ReadPayload(ctx, p, 0, p.Size, &out); err != nil {
		s.Logger.Warn("a payload could not be read", "payload", p.Name(), "bytes", p.Size, "error", err)
		return nil
	}
	return out.Bytes()
}

// valueReader reads a value with its payloads in place. It holds one piece of one of them at a time.
type valueReader struct {
	ctx   context.Context
	s     *Server
	parts []valuePart
	size  int64
	at    int64
	piece []byte // what was read ahead, from at on
}

// valuePart is bytes that are at hand, or a payload.
type valuePart struct {
	from, to int64 // in the whole
	raw      []byte
	payload  *expr.Payload
}

func (s *Server) valueReader(ctx context.Context, value []byte) *valueReader {
	r := &valueReader{ctx: ctx, s: s}
	add := func(raw []byte, p *expr.Payload, n int64) {
		if n > 0 {
			r.parts = append(r.parts, valuePart{from: r.size, to: r.size + n, raw: raw, payload: p})
			r.size += n
		}
	}
	done := 0
	expr.FindPayloads(value, func(p expr.Payload, from, to int) {
		add(value[done:from], nil, int64(from-done))
		add(nil, &p, p.Size)
		done = to
	})
	add(value[done:], nil, int64(len(value)-done))
	return r
}

// readAhead is how much of a payload is read at once: what one of its pieces holds.
const readAhead = 1 << 20

// Read implements io.Reader.
func (r *valueReader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(r.piece) == 0 {
		part := r.parts[sort.Search(len(r.parts), func(i int) bool { return r.parts[i].to > r.at })]
		from := r.at - part.from
		if part.payload == nil {
			r.piece = part.raw[from:]
		} else {
			var ahead bytes.Buffer
			if err := r.s.Runs.ReadPayload(r.ctx, *part.payload, from, from-from%readAhead+readAhead, &ahead); err != nil {
				return 0, err
			}
			r.piece = ahead.Bytes()
		}
		if len(r.piece) == 0 {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(b, r.piece)
	r.piece, r.at = r.piece[n:], r.at+int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (r *valueReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seeking to before the beginning of a value")
	}
	r.at, r.piece = offset, nil
	return offset, nil
}
