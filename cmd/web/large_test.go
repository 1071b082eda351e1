package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

const mib = 1 << 20

// vault is a function of many sizes: it answers with what it is asked for, and says what it was sent.
type vault struct {
	mu   sync.Mutex
	sent map[string]string // by what was asked: the hash of the input
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash := sha256.New()
	body, _ := io.ReadAll(io.TeeReader(r.Body, hash))
	v.mu.Lock()
	v.sent[r.URL.Path] = hex.EncodeToString(hash.Sum(nil))
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	var asked struct{ Kind string }
	_ = json.Unmarshal(body[:min(len(body), 100)], &asked)
	if r.URL.Path == "/use" {
		_, _ = fmt.Fprintf(w, `{"bytes":%d}`, len(body))
		return
	}
	_, _ = w.Write(hostileValue(asked.Kind))
}

// hostileValue is an answer that is hard to keep.
func hostileValue(kind string) []byte {
	switch kind {
	case "most":
		return text(64 * mib)
	case "over":
		return text(64*mib + 1)
	case "utf8":
		return append(append([]byte(`{"a":"`), bytes.Repeat([]byte{0xff}, 2*mib)...), `"}`...)
	case "deep":
		return []byte(strings.Repeat("[", 9000) + strings.Repeat(" ", 2*mib) + strings.Repeat("]", 9000))
	case "keys":
		var b bytes.Buffer
		for i := range 1_000_000 {
			fmt.Fprintf(&b, `,"k%d":%d`, i, i)
		}
		return append(append([]byte("{"), b.Bytes()[1:]...), '}')
	case "forged":
		return []byte(`{"a":"\u0001sha256:` + strings.Repeat("0", 64) + `:5\u0001","b":` + string(text(2*mib)) + `}`)
	}
	return text(10 * mib)
}

// text is a JSON text of n bytes.
func text(n int) []byte { return []byte(`"` + strings.Repeat("segno ", n/6+1)[:n-2] + `"`) }

const largeFlow = `
name: large
input: {type: object, required: [kind], properties: {kind: {type: string}}}
steps:
  make: {call: make, with: {kind: "${{ input.kind }}"}}
  use: {needs: [make], call: use, with: {whole: "${{ steps.make.output }}"}}
  small: {needs: [make.error], set: {class: "${{ steps.make.error.class }}", message: "${{ steps.make.error.message }}"}}
output: {made: "${{ steps.?make.?output.orValue(null) }}", used: "${{ steps.?use.?output.?bytes.orValue(0) }}", class: "${{ steps.?small.?output.?class.orValue('') }}"}
`

// TestLargeValues passes values of up to 64 MiB from a step to the next over HTTP and reads them back.
func TestLargeValues(t *testing.T) {
	s := start(t, options{Data: dataDir(t)})
	v := &vault{sent: map[string]string{}}
	there := httptest.NewServer(v)
	t.Cleanup(there.Close)
	for _, name := range []string{"make", "use"} {
		spec := fmt.Sprintf(`{"http": {"url": %q}, "idempotent": true, "timeout": "1m"}`, there.URL+"/"+name)
		if err := s.call("PUT", "/functions/"+name, nil, spec, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.publishText(t, "large", strings.Replace(largeFlow, `made: "${{ steps.?make.?output.orValue(null) }}", `, "", 1)); err != nil {
		t.Fatal(err)
	}
	for kind, class := range map[string]string{"ten": "", "most": "", "over": "too_large", "utf8": "contract", "deep": "", "keys": "", "forged": ""} {
		r := s.settled(t, s.startRun(t, "large", map[string]string{"kind": kind}))
		if r.Status != "succeeded" {
			t.Errorf("%s: got %s, %+v", kind, r.Status, r.Error)
			continue
		}
		var out struct {
			Used  int
			Class string
		}
		if err := json.Unmarshal(r.Output, &out); err != nil || out.Class != class {
			t.Errorf("%s: got class %q, want %q: %s", kind, out.Class, class, r.Output)
			continue
		}
		if class != "" {
			continue
		}
		made := hostileValue(kind)
		if want := len(made) + len(`{"whole":}`); out.Used != want {
			t.Errorf("%s: the next step was sent %d bytes, want %d", kind, out.Used, want)
		}
		sum := sha256.Sum256(append(append([]byte(`{"whole":`), made...), '}'))
		if v.sent["/use"] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the next step was sent other bytes", kind)
		}
		var got bytes.Buffer
		res, err := servertest.Client.Get(s.url + "/api/v1/runs/" + r.ID + "/steps/make/output")
		if err != nil {
			t.Fatal(err)
		}
		_, err = got.ReadFrom(res.Body)
		_ = res.Body.Close()
		if err != nil || !bytes.Equal(got.Bytes(), made) || res.ContentLength != int64(len(made)) {
			t.Errorf("%s: read back %d bytes, said %d, want %d: %v", kind, got.Len(), res.ContentLength, len(made), err)
		}
	}
	id := s.settled(t, s.startRun(t, "large", map[string]string{"kind": "ten"})).ID
	at := "/api/v1/runs/" + id + "/steps/make/output"
	res := s.ask(t, at, "Range", fmt.Sprintf("bytes=%d-%d", mib-3, mib+6))
	part, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if want := text(10 * mib)[mib-3 : mib+7]; res.StatusCode != http.StatusPartialContent || !bytes.Equal(part, want) {
		t.Errorf("a Range: got %s with %q, want %q", res.Status, part, want)
	}
	if res := s.ask(t, at, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: got %s, want 304", res.Status)
	}
	var r struct {
		Steps []struct {
			ID          string
			Output      struct{ Bytes int }
			OutputBytes int    `json:"output_bytes"`
			OutputRef   string `json:"output_ref"`
		}
	}
	s.get(t, "/runs/"+id, &r)
	if st := r.Steps[0]; st.Output.Bytes != 10*mib || st.OutputBytes != 10*mib || st.OutputRef != at {
		t.Errorf("the run says %+v of its output", st)
	}
	s.page(t, "/runs/"+id+"?step=make&tab=output")
	t.Logf("the server's peak: %d MiB", peak(t, s.PID())/mib)
}

// ask is a GET with one header.
func (s *server) ask(t *testing.T, path, header, value string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header, value)
	res, err := servertest.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// peak is the most memory that a process has taken, in bytes.
func peak(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Log(err)
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	n, _ := strconv.Atoi(strings.Fields(rest)[0])
	return n << 10
}
