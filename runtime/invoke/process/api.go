package process

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
)

// call is one invocation as the Runtime API tells it.
type call struct {
	id     string
	header http.Header
	input  []byte
	most   int         // bytes of output
	answer chan answer // holds one; the first counts

	mu   sync.Mutex
	over bool // nobody takes an answer any more
}

// answer is what a child posted.
type answer struct {
	at          time.Time
	body        []byte
	contentType string
	failed      bool         // posted to /error
	errorType   string       // from the header, for bodies that do not say
	fault       *fault.Fault // when what was posted could not be taken
	free        func()       // of the body; nil: nothing to free
}

// drop gives back what an answer holds that nobody takes.
func (a *answer) drop() {
	if a.free != nil {
		a.free()
		a.free = nil
	}
}

// newCall prepares an invocation. Its request id is random: it is all that keeps another local program from answering in the child's place.
func newCall(inv invoke.Invocation, function string, deadline time.Time) *call {
	c := &call{id: uuid.NewString(), header: http.Header{}, input: inv.Input, most: inv.Most(), answer: make(chan answer, 1)}
	if len(c.input) == 0 {
		c.input = []byte("null")
	}
	custom := map[string]string{
		"idempotency_key": inv.Key, "run": inv.Run, "flow": inv.Flow, "step": inv.Step, "attempt": strconv.Itoa(inv.Attempt), "traceparent": inv.Traceparent,
	}
	if inv.Item >= 0 {
		custom["item"] = strconv.Itoa(inv.Item)
	}
	if inv.Iteration > 0 {
		custom["iteration"] = strconv.Itoa(inv.Iteration)
	}
	clientContext, _ := json.Marshal(map[string]any{"client": struct{}{}, "env": struct{}{}, "custom": custom}) // strings always marshal
	for name, value := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id":       c.id,
		"Lambda-Runtime-Deadline-Ms":          strconv.FormatInt(deadline.UnixMilli(), 10),
		"Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:local:000000000000:function:" + function,
		"Lambda-Runtime-Trace-Id":             xrayTrace(inv.Traceparent),
		"Lambda-Runtime-Client-Context":       string(clientContext),
		"Content-Type":                        "application/json",
	} {
		if value != "" {
			c.header.Set(name, value)
		}
	}
	return c
}

// xrayTrace writes a W3C traceparent as an X-Ray trace header: Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1>.
func xrayTrace(traceparent string) string {
	var version, trace, parent, flags string
	if len(traceparent) != 55 {
		return ""
	}
	version, trace, parent, flags = traceparent[:2], traceparent[3:35], traceparent[36:52], traceparent[53:]
	sampled := "0"
	if n, err := strconv.ParseUint(flags, 16, 8); version != "00" || err != nil {
		return ""
	} else if n&1 == 1 {
		sampled = "1"
	}
	return fmt.Sprintf("Root=1-%s-%s;Parent=%s;Sampled=%s", trace[:8], trace[8:], parent, sampled)
}

// api is the Runtime API as seen by this child. A request that a web page could have caused (a foreign Host, an Origin) is refused: taking an
// invocation away from the child is all the harm that it could do, and enough.
func (ch *child) api(address string) http.Handler {
	const version = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/invocation/next", ch.next)
	mux.HandleFunc("POST "+version+"/invocation/{id}/response", ch.response)
	mux.HandleFunc("POST "+version+"/invocation/{id}/error", ch.failure)
	mux.HandleFunc("POST "+version+"/init/error", ch.initError)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != address || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			refuse(w, http.StatusForbidden, "InvalidRequest", "this API is for the function's own process")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// next waits for an invocation and hands it out. Asking for it also ends the invocation before.
func (ch *child) next(w http.ResponseWriter, r *http.Request) {
	ch.mu.Lock()
	if c := ch.current; c != nil {
		c.give(answer{fault: &fault.Fault{Class: fault.Crashed, Effect: fault.Maybe,
			Message: ch.function.config.Name + " asked for the next invocation without answering this one"}})
		ch.current = nil
	}
	ch.mu.Unlock()
	select {
	case ch.ready <- struct{}{}:
	default: // asked twice
	}
	select {
	case c := <-ch.calls:
		ch.mu.Lock()
		ch.current = c
		ch.mu.Unlock()
		for name, values := range c.header {
			w.Header()[name] = values
		}
		_, _ = w.Write(c.input) // a child that cannot read it is dying, which shows as its exit
	case <-r.Context().Done():
	case <-ch.exited:
	}
}

// response takes a handler's output.
func (ch *child) response(w http.ResponseWriter, r *http.Request) {
	ans := answer{contentType: r.Header.Get("Content-Type")}
	if !ch.readAnswer(w, r, &ans) {
		return
	}
	// A handler that streams its output tells in trailers that it failed half-way.
	if t := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); t != "" {
		ans.failed, ans.errorType = true, t
		if body, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err == nil {
			ans.drop()
			ans.body = body
		}
	}
	ch.accept(w, r, ans)
}

// failure takes a handler's error.
func (ch *child) failure(w http.ResponseWriter, r *http.Request) {
	ans := answer{failed: true, errorType: r.Header.Get("Lambda-Runtime-Function-Error-Type")}
	if ch.readAnswer(w, r, &ans) {
		ch.accept(w, r, ans)
	}
}

// maxDiscard is how much of a too large answer is read and thrown away, so that the child can finish sending and live on.
const maxDiscard = 64 << 20

// readAnswer reads the body. An answer that breaks off is none: the child died sending it.
func (ch *child) readAnswer(w http.ResponseWriter, r *http.Request, ans *answer) bool {
	most := invoke.DefaultOutput
	ch.mu.Lock()
	if c := ch.current; c != nil {
		most = c.most
	}
	ch.mu.Unlock()
	got, err := wire.Read(r.Context(), r.Body, r.ContentLength, most)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", "the body could not be read")
		return false
	}
	ans.at, ans.body, ans.free = time.Now(), got.Body, got.Free
	if got.Over {
		ans.fault = got.Fault(most)
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscard)
	}
	return true
}

func (ch *child) accept(w http.ResponseWriter, r *http.Request, ans answer) {
	ch.mu.Lock()
	c := ch.current
	if c != nil && c.id == r.PathValue("id") {
		ch.current = nil
	} else {
		c = nil
	}
	ch.mu.Unlock()
	if c == nil {
		ans.drop()
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "no invocation of this id is in progress")
		return
	}
	w.WriteHeader(http.StatusAccepted)
	c.give(ans)
}

// give hands over the answer; only the first counts.
func (c *call) give(ans answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		ans.drop()
		return
	}
	select {
	case c.answer <- ans:
	default:
		ans.drop()
	}
}

// discard drops an answer that nobody took, and those that come after.
func (c *call) discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	select {
	case ans := <-c.answer:
		ans.drop()
	default:
	}
}

// initError takes the reason for which a child will not become ready. Runtime clients exit after it; one that does not is killed.
func (ch *child) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxErrorEvidence))
	ch.mu.Lock()
	ch.initBody = append([]byte{}, body...)
	ch.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	time.AfterFunc(time.Second, ch.kill)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message}) // the caller hung up
}
