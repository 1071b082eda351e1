package words_test

import (
	"slices"
	"testing"
	"time"

	"github.com/segno-run/segno/web/words"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		words.Status("compensation_failed"):                    "compensation failed",
		words.Status(words.Asks):                               "waiting for a person",
		words.Status("of_a_newer_server"):                      "of a newer server",
		words.Title(words.Status(words.Asks)):                  "Waiting for a person",
		words.Title(""):                                        "",
		words.Class("rate_limited"):                            "rate limited",
		words.Happened("timeout"):                              "It took too long",
		words.Happened("of_a_newer_server"):                    "It failed",
		words.Effect("none") + words.Effect("?"):               "Nothing was done",
		words.Mark("!") + ", " + words.Mark("?"):               "runs otherwise, changed",
		words.Retrying(1, 4) + ", " + words.Retrying(4, 4):     "retrying 2/4, retrying 5/5",
		words.Count(1, "step") + ", " + words.Count(0, "step"): "1 step, 0 steps",
		words.Ago(-90 * time.Second):                           "in 1 min",
		words.Ago(9 * time.Second):                             "just now",
		words.Ago(49 * time.Hour):                              "2 d ago",
		words.Span(3*time.Second + 250*time.Millisecond):       "3.2 s",
		words.Span(26 * time.Hour):                             "1 d 2 h",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// An id stands once in its list, and an entry that others could call otherwise is not called so by another one.
func TestListsAreClean(t *testing.T) {
	for _, list := range [][]words.Word{words.Statuses, words.Classes, words.Effects, words.Kinds, words.Marks} {
		seen := map[string]bool{}
		for _, w := range list {
			if seen[w.ID] || w.ID == "" || w.Text == "" || slices.Contains(w.Not, w.Text) {
				t.Errorf("%+v", w)
			}
			seen[w.ID] = true
		}
	}
}
