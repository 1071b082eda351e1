package wire

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/semaphore"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
)

// Small is how large an answer may become without asking for room.
const Small = 1 << 20

// room is what the large answers of all functions may take in memory at any moment. Each asks for all that it may need before it reads on, so none waits
// while it holds a part.
const room = 2*invoke.MostOutput + 2

var large = semaphore.NewWeighted(room)

// Answer is the body of a function's answer.
type Answer struct {
	Body []byte
	Free func() // gives the room back that Body takes; never nil
	// Over says that it is larger than it may be: Body is nil then, and Size what the function said its size is, or -1.
	Over bool
	Size int64
}

// Read reads an answer of at most most bytes. length is what its sender says of its size, -1 for nothing. A large one waits until there is room for it, as
// long as ctx lasts.
func Read(ctx context.Context, body io.Reader, length int64, most int) (Answer, error) {
	a := Answer{Free: func() {}, Size: length}
	if length > int64(most) {
		a.Over = true
		return a, nil
	}
	first := min(most, Small)
	raw, err := io.ReadAll(io.LimitReader(body, int64(first)+1))
	if err != nil {
		return a, err
	}
	switch {
	case len(raw) <= first:
		a.Body = raw
		return a, nil
	case first == most:
		a.Over = true
		return a, nil
	}
	want := int64(most) + 1
	if length >= 0 {
		want = length + 1
	}
	if err := large.Acquire(ctx, want); err != nil {
		return a, err
	}
	free := func() { large.Release(want) }
	size := min(want, int64(8*Small))
	if length >= 0 {
		size = want
	}
	buf := append(make([]byte, 0, size), raw...)
	raw = nil
	for {
		if len(buf) == cap(buf) {
			if int64(len(buf)) == want { // one byte more than there may be
				free()
				return Answer{Free: func() {}, Over: true, Size: -1}, nil
			}
			buf = append(make([]byte, 0, min(want, 2*int64(cap(buf)))), buf...)
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF && len(buf) > most:
			free()
			return Answer{Free: func() {}, Over: true, Size: -1}, nil
		case err == io.EOF:
			a.Body, a.Free = buf, free
			return a, nil
		case err != nil:
			free()
			return a, err
		}
	}
}

// Fault is that of an answer which is too large.
func (a Answer) Fault(most int) *fault.Fault {
	size, said := fmt.Sprintf("more than %d bytes", most), "more than "+sized(int64(most))
	if a.Size >= 0 {
		size, said = fmt.Sprintf("%d bytes", a.Size), sized(a.Size)
	}
	return &fault.Fault{Class: fault.TooLarge, Effect: fault.Maybe, Message: "the answer has " + said + "; a step's output may have " + sized(int64(most)),
		Evidence: []fault.Detail{{Name: "size", Value: size}, {Name: "limit", Value: fmt.Sprintf("%d bytes", most)}}}
}

func sized(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
