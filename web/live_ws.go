package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
)

const (
	// pingEvery keeps proxies from ending a quiet connection; most cut after a minute.
	pingEvery = 20 * time.Second
	// pongWait is how long a browser may be silent before it counts as gone.
	pongWait = 45 * time.Second
	// writeWait bounds one message: a client that takes it slower is cut off, and resumes from the last seq that it saw.
	writeWait = 10 * time.Second
	// readLimit bounds what a client may say: nothing but control frames is expected.
	readLimit = 512
)

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1 << 10, WriteBufferSize: 8 << 10, EnableCompression: true,
	CheckOrigin: func(r *http.Request) bool { return sameOrigin(r) }, // the guard has looked already
	Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
		http.Error(w, reason.Error(), status)
	},
}

// live follows a run over a websocket: view.Event messages for everything after ?after=SEQ, in order and without gaps, as it is committed. With ?gather=1
// they are view.Gathered messages, for whom it is enough to know how things stand.
//
// Each message is made of what the journal holds, so a client that resumes gets exactly what it would have got. Nothing is buffered for a slow client:
// the journal is its buffer.
func (s *Server) live(c echo.Context) error {
	after, err := wholeNumber(c, "after", 0, 0, 1<<53)
	if err != nil {
		return err
	}
	gather := c.QueryParam("gather") == "1"
	if !websocket.IsWebSocketUpgrade(c.Request()) {
		return (fail(CodeBadRequest, "this address speaks websocket only")).as(http.StatusUpgradeRequired)
	}
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	row, err := s.findRun(ctx, c.Param("run"))
	if err != nil {
		return err
	}
	if err := readable(row); err != nil {
		return err
	}
	if !s.opened() {
		return fail(CodeUnavailable, "the server is stopping")
	}
	defer s.sockets.Done()
	f := s.folds.use(row, true)
	defer s.folds.leave(f, true)
	defer f.follows(gather)()
	if err := s.folds.forward(ctx, f); err != nil {
		return err
	}
	conn, err := upgrader.Upgrade(c.Response(), c.Request(), nil)
	if err != nil {
		return nil //nolint:nilerr // the upgrader has answered
	}
	defer conn.Close()
	s.metrics.sockets.Inc()
	defer s.metrics.sockets.Dec()

	w := &follower{conn: conn}
	var aside sync.WaitGroup
	aside.Go(func() { w.read(cancel) })
	aside.Go(func() { w.ping(ctx, cancel, s.ended) })
	if gather {
		err = f.gather(ctx, int64(after), w.send)
	} else {
		err = s.folds.follow(ctx, f, int64(after), w.send)
	}
	w.bye(s.closing(), err)
	cancel()
	conn.Close() // ends read
	aside.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Logger.Debug("a watcher left", "run", row.UUID, "error", err)
	}
	return nil
}

// opened counts a websocket in, unless the server is closing.
func (s *Server) opened() bool {
	s.socketsMu.Lock()
	defer s.socketsMu.Unlock()
	if s.closing() {
		return false
	}
	s.sockets.Add(1)
	return true
}

func (s *Server) closing() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// follower is one watcher of one run.
type follower struct {
	conn *websocket.Conn
	mu   sync.Mutex // of writing
}

// send sends a message.
func (w *follower) send(message []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return w.conn.WriteMessage(websocket.TextMessage, message)
}

// read notices that the client is gone. What it says is not of interest.
func (w *follower) read(gone func()) {
	defer gone()
	w.conn.SetReadLimit(readLimit)
	alive := func(string) error { return w.conn.SetReadDeadline(time.Now().Add(pongWait)) }
	if alive("") != nil {
		return
	}
	w.conn.SetPongHandler(alive)
	for {
		if _, _, err := w.conn.NextReader(); err != nil {
			return
		}
	}
}

// ping keeps the connection alive, and ends the watch when the server stops.
func (w *follower) ping(ctx context.Context, end func(), ended <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ended:
			end()
			return
		case <-tick.C:
			if w.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				end()
				return
			}
		}
	}
}

// bye says why the connection ends; a client that is gone does not hear it.
func (w *follower) bye(stopping bool, err error) {
	code, reason := websocket.CloseNormalClosure, ""
	switch {
	case stopping:
		code, reason = websocket.CloseServiceRestart, "the server is stopping"
	case err != nil && !errors.Is(err, context.Canceled):
		code, reason = websocket.CloseInternalServerErr, "the run could not be followed"
	}
	_ = w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}
