package httpfn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/httpfn"
	"github.com/segno-run/segno/runtime/invoke/netguard"
)

var loopback = netguard.Policy{AllowLoopback: true}

func invocation(timeout time.Duration) invoke.Invocation {
	return invoke.Invocation{
		Function: "payments.reserve", Run: "0190c0de-0000-7000-8000-000000000001", Flow: "order", Version: 3, Step: "reserve_funds", Item: -1, Attempt: 2,
		Key: "run/reserve_funds/-/0/1", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Input: []byte(`{"amount":3}`), Timeout: timeout,
	}
}

func call(t *testing.T, url string, timeout time.Duration) invoke.Result {
	t.Helper()
	f := httpfn.New(httpfn.Config{URL: url, Policy: loopback})
	t.Cleanup(f.Close)
	return f.Invoke(t.Context(), invocation(timeout))
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // only then does the server notice that the caller hangs up
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func wantFault(t *testing.T, r invoke.Result, class fault.Class, effect fault.Effect, texts ...string) {
	t.Helper()
	if r.Fault == nil {
		t.Fatalf("got output %s, want %s/%s", r.Output, class, effect)
	}
	if r.Fault.Class != class || r.Fault.Effect != effect {
		t.Errorf("got %s/%s (%s), want %s/%s", r.Fault.Class, r.Fault.Effect, r.Fault.Message, class, effect)
	}
	if r.Output != nil {
		t.Errorf("output: got %s beside a fault, want none", r.Output)
	}
	all := r.Fault.Message
	for _, d := range r.Fault.Evidence {
		all += "\n" + d.Name + ": " + d.Value
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("got %q, want %q in it", all, text)
		}
	}
}

func TestRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		fmt.Fprint(w, `{"hold":"h1"}`)
	})
	f := httpfn.New(httpfn.Config{URL: url + "/reserve?x=1", Policy: loopback, Headers: map[string]string{
		"X-Team": "ledger", "content-type": "text/plain", "IDEMPOTENCY-KEY": "mine", "Segno-Run": "mine", "Host": "pay.example",
	}})
	defer f.Close()
	inv := invocation(10 * time.Second)
	inv.Item, inv.Iteration = 4, 3
	r := f.Invoke(t.Context(), inv)
	if r.Fault != nil || string(r.Output) != `{"hold":"h1"}` {
		t.Fatalf("got %s, %v, want the answer", r.Output, r.Fault)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/reserve?x=1" || got.Host != "pay.example" || string(body) != `{"amount":3}` {
		t.Errorf("got %s %s to %s with %s", got.Method, got.URL, got.Host, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Idempotency-Key": inv.Key, "Traceparent": inv.Traceparent, "User-Agent": "segno", "X-Team": "ledger",
		"Segno-Run": inv.Run, "Segno-Step": "reserve_funds", "Segno-Attempt": "2", "Segno-Item": "4", "Segno-Iteration": "3",
	} {
		if v := got.Header.Values(name); len(v) != 1 || v[0] != want {
			t.Errorf("header %s: got %q, want %q", name, v, want)
		}
	}
	var names []string
	for _, p := range r.Phases {
		names = append(names, p.Name)
	}
	if s := strings.Join(names, " "); s != "connect send wait read" {
		t.Errorf("phases: got %q, want %q", s, "connect send wait read")
	}
	if r.Started.IsZero() || r.Ended.Before(r.Started) {
		t.Errorf("times: got %v to %v", r.Started, r.Ended)
	}
}

func TestStatuses(t *testing.T) {
	cases := []struct {
		status int
		class  fault.Class
		effect fault.Effect
	}{
		{301, fault.Rejected, fault.None},
		{302, fault.Rejected, fault.None},
		{303, fault.Rejected, fault.Maybe},
		{307, fault.Rejected, fault.None},
		{400, fault.Rejected, fault.None},
		{401, fault.Denied, fault.None},
		{403, fault.Denied, fault.None},
		{404, fault.NotFound, fault.None},
		{408, fault.Timeout, fault.Maybe},
		{409, fault.Rejected, fault.None},
		{410, fault.Rejected, fault.None},
		{422, fault.Rejected, fault.None},
		{429, fault.RateLimited, fault.None},
		{500, fault.FunctionError, fault.Maybe},
		{501, fault.FunctionError, fault.Maybe},
		{502, fault.Unavailable, fault.Maybe},
		{503, fault.Unavailable, fault.Maybe},
		{504, fault.Timeout, fault.Maybe},
		{599, fault.FunctionError, fault.Maybe},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			var calls atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				w.Header().Set("Location", "/elsewhere?token=s3cret")
				w.WriteHeader(c.status)
				fmt.Fprint(w, `{"errorMessage":"no funds"}`)
			})
			r := call(t, url+"/f?token=s3cret", 10*time.Second)
			wantFault(t, r, c.class, c.effect, fmt.Sprint(c.status), "no funds")
			if c.status < 400 {
				wantFault(t, r, c.class, c.effect, "redirects are not followed", "/elsewhere")
			}
			if b, _ := json.Marshal(r.Fault); strings.Contains(string(b), "s3cret") {
				t.Errorf("got %s, want no query in it", b)
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("got %d calls, want 1", n)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string][2]time.Duration{
		"7":                             {7 * time.Second, 7 * time.Second},
		"0":                             {0, 0},
		"-3":                            {0, 0},
		"soon":                          {0, 0},
		"99999999999999999999":          {24 * time.Hour, 24 * time.Hour},
		"Mon, 02 Jan 2006 15:04:05 GMT": {0, 0},
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): {59 * time.Minute, time.Hour},
	} {
		for _, status := range []int{429, 503} {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", value)
				w.WriteHeader(status)
			})
			r := call(t, url, 10*time.Second)
			if r.RetryAfter < want[0] || r.RetryAfter > want[1] {
				t.Errorf("%d with %q: got %s, want %s to %s", status, value, r.RetryAfter, want[0], want[1])
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	cases := []struct {
		name, contentType, body, want string
		status                        int
		class                         fault.Class
		text                          string
	}{
		{name: "object", body: `{"a":1}`, want: `{"a":1}`, status: 200},
		{name: "no content", want: "null", status: 204},
		{name: "empty", want: "null", status: 200},
		{name: "accepted", body: `"later"`, want: `"later"`, status: 202},
		{name: "escaped NUL", body: `{"a":"\u0000"}`, want: `{"a":"\u0000"}`, status: 200},
		{name: "html", contentType: "text/html", body: "<h1>\x1bhello", status: 200, class: fault.Contract, text: "<h1>·hello"},
		{name: "html's type", contentType: "text/html", body: "<h1>", status: 200, class: fault.Contract, text: "text/html"},
		{name: "invalid UTF-8", body: "\"\xc3\x28\"", status: 200, class: fault.Contract, text: "not valid UTF-8"},
		{name: "raw NUL", body: "\"\x00\"", status: 200, class: fault.Contract, text: "not JSON"},
		{name: "too large", body: `"` + strings.Repeat("a", invoke.DefaultOutput) + `"`, status: 200, class: fault.TooLarge, text: "1048576"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			r := call(t, url, 10*time.Second)
			if c.class != "" {
				wantFault(t, r, c.class, fault.Maybe, c.text)
				return
			}
			if r.Fault != nil || string(r.Output) != c.want {
				t.Errorf("got %s, %v, want %s", r.Output, r.Fault, c.want)
			}
		})
	}
}

func TestErrorBodyIsBounded(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		_, _ = io.WriteString(w, "secret-free "+strings.Repeat("x", 1<<20))
	})
	r := call(t, url, 10*time.Second)
	wantFault(t, r, fault.FunctionError, fault.Maybe, "secret-free")
	for _, d := range r.Fault.Evidence {
		if len(d.Value) > 2100 {
			t.Errorf("evidence %s: got %d bytes, want about 2 KiB at most", d.Name, len(d.Value))
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	f := httpfn.New(httpfn.Config{URL: url, Policy: loopback})
	defer f.Close()
	wantFault(t, f.Invoke(ctx, invocation(10*time.Second)), fault.Cancelled, fault.Maybe, "after the request was sent")
	wantFault(t, f.Invoke(ctx, invocation(10*time.Second)), fault.Cancelled, fault.None, "before anything was sent")
}

func TestNothingSent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + ln.Addr().String()
	ln.Close()
	wantFault(t, call(t, refused, 10*time.Second), fault.Unavailable, fault.None, "refused the connection")
	wantFault(t, call(t, "http://no-such-host.invalid/", 10*time.Second), fault.Unavailable, fault.None)

	tlsServer := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer tlsServer.Close()
	tlsServer.Config.ErrorLog = nil
	wantFault(t, call(t, tlsServer.URL, 10*time.Second), fault.Unavailable, fault.None, "no secure connection")

	for _, url := range []string{"", "ftp://x/", "http://", "http://a b/", "/path", "http://x/\x00"} {
		wantFault(t, call(t, url, time.Second), fault.Rejected, fault.None, "URL")
	}
	f := httpfn.New(httpfn.Config{URL: "http://127.0.0.1/", Headers: map[string]string{"X": "a\r\nb"}, Policy: loopback})
	defer f.Close()
	wantFault(t, f.Invoke(t.Context(), invocation(time.Second)), fault.Rejected, fault.None, "control character")
}

func TestDeniedAddresses(t *testing.T) {
	var calls atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	f := httpfn.New(httpfn.Config{URL: url})
	defer f.Close()
	wantFault(t, f.Invoke(t.Context(), invocation(time.Second)), fault.Denied, fault.None, "loopback address")
	if n := calls.Load(); n != 0 {
		t.Errorf("calls: got %d, want 0", n)
	}
	for _, target := range []string{"http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "http://0.0.0.0:80/", "http://[ff02::1]/"} {
		wantFault(t, call(t, target, time.Second), fault.Denied, fault.None)
	}
	wantFault(t, call(t, "http://10.1.2.3/", time.Second), fault.Denied, fault.None, "private address")
}
