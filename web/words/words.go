// Package words owns every word that more than one page says, or that both the server and the browser say: statuses, error classes, effects, kinds of steps,
// signs of a difference, and times.
//
// A sentence that stands on one page stays there. The browser's copy, web/ui/src/words.gen.ts, is generated from here; a test of this package refuses
// the words anywhere else. It knows no page and no run. See docs/adr/0017.
package words

import (
	"fmt"
	"strings"
)

// Asks is the status that a page shows of what waits for a person, beside those of runs and steps.
const Asks = "ask"

// Statuses are the statuses of runs, steps and attempts that pages show, each with its word.
var Statuses = []Word{
	{ID: "pending", Text: "pending"},
	{ID: "queued", Text: "queued"},
	{ID: "running", Text: "running"},
	{ID: "retrying", Text: "retrying"},
	{ID: "waiting", Text: "waiting"},
	{ID: Asks, Text: "waiting for a person"},
	{ID: "paused", Text: "paused"},
	{ID: "uncertain", Text: "uncertain"},
	{ID: "succeeded", Text: "succeeded"},
	{ID: "failed", Text: "failed"},
	{ID: "crashed", Text: "crashed"},
	{ID: "skipped", Text: "skipped"},
	{ID: "cancelled", Text: "cancelled", Not: []string{"canceled"}},
	{ID: "compensating", Text: "compensating", Not: []string{"rolling back"}},
	{ID: "compensated", Text: "compensated", Not: []string{"rolled back"}},
	{ID: "compensation_failed", Text: "compensation failed", Not: []string{"rollback failed"}},
}

// Classes are the error classes: Text is what a list says, About what happened, as the beginning of a sentence.
var Classes = []Word{
	{ID: "function_error", Text: "function error", About: "The function answered that it failed"},
	{ID: "timeout", Text: "timeout", About: "It took too long"},
	{ID: "rate_limited", Text: "rate limited", About: "Refused for now: too many calls"},
	{ID: "denied", Text: "denied", About: "Access was denied"},
	{ID: "rejected", Text: "rejected", About: "It was refused"},
	{ID: "not_found", Text: "not found", About: "There is no such function or address"},
	{ID: "unavailable", Text: "unavailable", About: "The function could not be reached"},
	{ID: "contract", Text: "contract", About: "A value breaks its schema"},
	{ID: "expression", Text: "expression", About: "An expression could not be evaluated"},
	{ID: "too_large", Text: "too large", About: "A value is above its size limit"},
	{ID: "crashed", Text: "crashed", About: "The server or the function's process died during the call"},
	{ID: "cancelled", Text: "cancelled", About: "It was asked to stop"},
	{ID: "no_worker", Text: "no worker", About: "No worker took the call in time"},
}

// Effects say what is known of what a failed call was meant to do.
var Effects = []Word{
	{ID: "none", Text: "Nothing was done"},
	{ID: "maybe", Text: "It may have been done"},
}

// Kinds are the kinds of steps: Text is the name in a list, About what such a step is.
var Kinds = []Word{
	{ID: "call", Text: "Call", About: "a registered function"},
	{ID: "flow", Text: "Flow", About: "another flow, as a run of its own"},
	{ID: "switch", Text: "Switch", About: "the first branch that is true"},
	{ID: "set", Text: "Set", About: "values for later steps"},
	{ID: "wait", Text: "Wait", About: "for a time"},
	{ID: "signal", Text: "Signal", About: "a message from outside"},
	{ID: "approval", Text: "Approval", About: "a person decides"},
	{ID: "fail", Text: "Fail", About: "end here with a failure"},
}

// Marks are the signs of what became of a step, an edge or a line in another version.
var Marks = []Word{
	{ID: "+", Text: "added"},
	{ID: "-", Text: "removed"},
	{ID: "~", Text: "changed"},
	{ID: "!", Text: "runs otherwise"},
}

// Word is one entry of the catalogue.
type Word struct {
	ID    string   // as the API, the language or a style sheet has it
	Text  string   // as people read it
	About string   // a few words more; "" if there are none
	Not   []string // what others call it, and we don't
}

func find(list []Word, id string) (Word, bool) {
	for _, w := range list {
		if w.ID == id {
			return w, true
		}
	}
	return Word{}, false
}

// said is the text of an entry; of an id that nobody knows its own letters, which a newer server may have sent.
func said(list []Word, id string) string {
	if w, ok := find(list, id); ok {
		return w.Text
	}
	return strings.ReplaceAll(id, "_", " ")
}

// Status is a status within a sentence: "compensation failed".
func Status(id string) string { return said(Statuses, id) }

// Class is an error class within a sentence: "rate limited".
func Class(id string) string { return said(Classes, id) }

// Happened says what an error class means, as the beginning of a sentence: "It took too long".
func Happened(class string) string {
	if w, ok := find(Classes, class); ok {
		return w.About
	}
	return "It failed"
}

// Effect says what is known of the effect of a failure, "" if nothing is.
func Effect(id string) string {
	w, _ := find(Effects, id)
	return w.Text
}

// Mark says a sign of a difference: "added".
func Mark(sign string) string {
	if w, ok := find(Marks, sign); ok {
		return w.Text
	}
	return "changed"
}

// Title is a text as a heading begins: with a capital.
func Title(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}

// Retrying says which attempt comes next of how many: "retrying 3/4". attempt is the last one, most is 0 if it is not known.
func Retrying(attempt, most int) string {
	next := attempt + 1
	return fmt.Sprintf("%s %d/%d", Status("retrying"), next, max(most, next))
}

// Count is "1 step" or "3 steps".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
