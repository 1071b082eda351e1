package process

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/segno-run/segno/runtime/invoke"
)

// maxLine is the longest line kept, in bytes; the rest of a longer one is dropped.
const maxLine = 4 << 10

// logs reads a child's stdout and stderr and gives the lines to the recorder of the call in progress.
//
// Both a reader goroutine (which waits for output) and settle (which takes what is there and does not wait) read the pipes, under one mutex, so that
// a line written before an answer is recorded with it however late the reader wakes.
type logs struct {
	function string
	logger   *slog.Logger
	streams  [2]*stream
	readers  sync.WaitGroup

	mu  sync.Mutex
	rec *recorder // nil between calls
}

type stream struct {
	name    string
	file    *os.File
	conn    syscall.RawConn
	partial []byte // an unfinished line, at most maxLine
	long    bool   // partial is full and what follows it is dropped
}

// openLogs returns logs that record into rec, and the files that the child writes to, which the caller closes.
func openLogs(function string, logger *slog.Logger, rec *recorder) (l *logs, stdout, stderr *os.File, err error) {
	l = &logs{function: function, logger: logger, rec: rec}
	writers := [2]*os.File{}
	for i, name := range []string{"stdout", "stderr"} {
		r, w, err := os.Pipe()
		if err == nil {
			var conn syscall.RawConn
			if conn, err = r.SyscallConn(); err == nil {
				l.streams[i] = &stream{name: name, file: r, conn: conn}
				writers[i] = w
				continue
			}
			_, _ = r.Close(), w.Close()
		}
		l.close()
		if writers[0] != nil {
			_ = writers[0].Close()
		}
		return nil, nil, nil, fmt.Errorf("opening a pipe for %s: %w", name, err)
	}
	for _, s := range l.streams {
		l.readers.Go(func() { l.read(s) })
	}
	return l, writers[0], writers[1], nil
}

// read takes output as it comes, until the last writer is gone or the pipe is closed.
func (l *logs) read(s *stream) {
	buf := make([]byte, 16<<10)
	for ended := false; !ended; {
		err := s.conn.Read(func(fd uintptr) bool {
			var waiting bool
			_, waiting, ended = l.take(s, fd, buf)
			return !waiting
		})
		if err != nil {
			return
		}
	}
}

// take reads once. waiting: there is nothing now; ended: there will never be more.
func (l *logs) take(s *stream, fd uintptr, buf []byte) (n int, waiting, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := syscall.Read(int(fd), buf)
	switch {
	case err == syscall.EAGAIN:
		return 0, true, false
	case err == syscall.EINTR:
		return 0, false, false
	case err != nil || n <= 0:
		return 0, false, true
	}
	l.split(s, buf[:n])
	return n, false, false
}

// settle records what the child has written so far. A child cannot keep it busy: it takes at most twice what a pipe holds.
func (l *logs) settle() {
	buf := make([]byte, 16<<10)
	for _, s := range l.streams {
		_ = s.conn.Control(func(fd uintptr) { // fails when the pipe is closed, and then there is nothing left
			for total := 0; total < 128<<10; {
				n, waiting, ended := l.take(s, fd, buf)
				if waiting || ended {
					return
				}
				total += n
			}
		})
	}
}

// split cuts what came into lines.
func (l *logs) split(s *stream, data []byte) {
	for len(data) > 0 {
		line, rest, complete := bytes.Cut(data, []byte("\n"))
		room := maxLine - len(s.partial)
		if len(line) > room {
			line, s.long = line[:room], true
		}
		s.partial = append(s.partial, line...)
		if complete {
			l.finish(s)
		}
		data = rest
	}
}

func (l *logs) finish(s *stream) {
	text := strings.ToValidUTF8(strings.TrimSuffix(string(s.partial), "\r"), "\uFFFD")
	if s.long || len(text) > maxLine {
		const more = "…"
		cut := min(len(text), maxLine-len(more))
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + more
	}
	s.partial, s.long = s.partial[:0], false
	if l.rec == nil {
		l.logger.LogAttrs(context.Background(), slog.LevelDebug, "line outside a call", slog.String("function", l.function), slog.String("stream", s.name),
			slog.String("text", text))
		return
	}
	l.rec.add(invoke.LogLine{At: time.Now(), Stream: s.name, Text: text})
}

// record gives the lines from here on to rec; nil ends a call. An unfinished line belongs to the call in which it began.
func (l *logs) record(rec *recorder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.streams {
		if len(s.partial) > 0 {
			l.finish(s)
		}
	}
	l.rec = rec
}

// close frees the pipes. Whoever still holds their other ends gets SIGPIPE.
func (l *logs) close() {
	for _, s := range l.streams {
		if s != nil {
			_ = s.file.Close()
		}
	}
	l.readers.Wait()
}

// recorder keeps the lines of one call within invoke.MaxLogLines and invoke.MaxLogBytes: the first half of either from the beginning, the rest from
// the end, because a failure shows last.
type recorder struct {
	mu        sync.Mutex
	head      []invoke.LogLine
	tail      []invoke.LogLine
	headFull  bool
	headBytes int
	tailBytes int
	dropped   int
	lastErr   string
}

func (r *recorder) add(line invoke.LogLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if line.Stream == "stderr" && strings.TrimSpace(line.Text) != "" {
		r.lastErr = line.Text
	}
	const halfLines, halfBytes = invoke.MaxLogLines / 2, invoke.MaxLogBytes / 2
	if !r.headFull && len(r.head) < halfLines && r.headBytes+len(line.Text) <= halfBytes {
		r.head = append(r.head, line)
		r.headBytes += len(line.Text)
		return
	}
	r.headFull = true
	r.tail = append(r.tail, line)
	r.tailBytes += len(line.Text)
	for len(r.tail) > halfLines || r.tailBytes > halfBytes {
		r.tailBytes -= len(r.tail[0].Text)
		r.tail = r.tail[1:]
		r.dropped++
	}
}

// lines returns what was kept and how many lines were not.
func (r *recorder) lines() ([]invoke.LogLine, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(r.head[:len(r.head):len(r.head)], r.tail...), r.dropped
}

// lastError returns the last line on stderr that is not blank.
func (r *recorder) lastError() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastErr
}
