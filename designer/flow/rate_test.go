package flow_test

import (
	"testing"
	"time"

	"github.com/segno-run/segno/designer/flow"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]string{
		"10/s": "10/s", "100/1m": "100/m", "100/5m": "100/5m", "1/h": "1/h", "3 / 10s": "3/10s", "10000/s": "10000/s", "1/1d": "1/24h",
		"": "", "10": "", "/s": "", "10/": "", "0/s": "", "-1/s": "", "+1/s": "", "10/x": "", "10/0s": "", "10001/s": "", "1/2d": "", "1.5/s": "", "10/s/s": "", "1/100ms": "",
		"9223372036854775808/s": "",
	} {
		r, err := flow.ParseRate(text)
		if got := flow.FormatRate(r); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
		if again, err := flow.ParseRate(want); want != "" && (err != nil || again != r) {
			t.Errorf("%q is read again as %+v, %v", want, again, err)
		}
	}
	if got := (flow.Rate{Calls: 100, Per: time.Minute}).Every(); got != 600*time.Millisecond {
		t.Errorf("100/m is one every %s", got)
	}
}
