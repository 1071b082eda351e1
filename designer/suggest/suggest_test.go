package suggest_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/suggest"
)

func TestNearest(t *testing.T) {
	words := []string{"call", "switch", "compensate", "for_each", "max_parallel", "hold"}
	for word, want := range map[string]string{
		"cal": "call", "swtich": "switch", "compensat": "compensate", "For-Each": "for_each", "hodl": "hold", "max_paralel": "max_parallel",
		"zebra": "", "": "", "call": "", strings.Repeat("call", 20): "",
	} {
		if got := suggest.Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := suggest.Nearest("b", []string{"a", "c"}); got != "a" {
		t.Errorf("of equals the first wins, got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		limit, d int
	}{{"", "", 9, 0}, {"abc", "abc", 9, 0}, {"abc", "acb", 9, 1}, {"ca", "abc", 9, 3}, {"kitten", "sitting", 9, 3}, {"a", "abcdef", 3, 3}, {"größe", "grösse", 9, 2}} {
		if got := suggest.Distance(c.a, c.b, c.limit); got != c.d {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.d)
		}
	}
	if !suggest.Same("Order-Id", "order_id") || suggest.Same("order", "orders") {
		t.Error("Same counts neither case nor dashes, and nothing else")
	}
}
