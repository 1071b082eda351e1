package runview

import (
	"fmt"
	"time"

	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// changesShown is how many differences of one value are listed.
const changesShown = 50

// Order lists the steps of a flow such that each comes after all that it needs; of those that may, the one written first.
func (o *Outline) Order() []string {
	waits := make(map[string]int, len(o.Steps))
	for _, st := range o.Steps {
		for _, need := range st.Needs {
			if o.Has(need) {
				waits[st.ID]++
			}
		}
	}
	order := make([]string, 0, len(o.Steps))
	placed := map[string]bool{}
	for len(order) < len(o.Steps) {
		found := false
		for _, st := range o.Steps {
			if placed[st.ID] || waits[st.ID] > 0 {
				continue
			}
			placed[st.ID], found = true, true
			order = append(order, st.ID)
			for _, other := range o.Steps {
				for _, need := range other.Needs {
					if need == st.ID {
						waits[other.ID]--
					}
				}
			}
			break // from the top again: what is written first comes first
		}
		if !found { // a flow that does not compile may have a circle
			for _, st := range o.Steps {
				if !placed[st.ID] {
					order = append(order, st.ID)
				}
			}
		}
	}
	return order
}

// Compare tells how a run went otherwise than another one of its flow. order is that of the run's own steps.
func Compare(is, was view.Run, order []string) view.Comparison {
	c := view.Comparison{Run: is.ID, With: was.ID, Version: is.Version, WithVersion: was.Version, Status: is.Status, WithStatus: was.Status,
		TookMS: runTook(is), WithTookMS: runTook(was), Steps: []view.StepComparison{}}
	c.Input, c.InputMore = Changes(was.Input, is.Input, changesShown)
	c.Output, c.OutputMore = Changes(was.Output, is.Output, changesShown)
	before := map[string]view.Step{}
	for _, s := range was.Steps {
		before[s.ID] = s
	}
	mine := map[string]view.Step{}
	for _, s := range is.Steps {
		mine[s.ID] = s
	}
	for _, id := range order {
		s := mine[id]
		old, had := before[id]
		delete(before, id)
		one := compareStep(s, old, had)
		if one.Parts && c.First == "" {
			c.First = id
		}
		if c.FirstValue == "" && (len(one.Input) > 0 || len(one.Output) > 0) {
			c.FirstValue = id
		}
		c.Steps = append(c.Steps, one)
	}
	for _, s := range was.Steps {
		if _, left := before[s.ID]; left {
			c.Gone = append(c.Gone, s.ID)
		}
	}
	return c
}

// compareStep tells how a step went otherwise: another way, or the same way with other values. Times differ always: they are told, and are no difference.
func compareStep(s, old view.Step, had bool) view.StepComparison {
	one := view.StepComparison{ID: s.ID, Title: s.Title, Status: s.Status, TookMS: took(s.StartedAt, s.EndedAt)}
	if !had {
		one.Parts, one.Differs = true, "new: the version of the other run does not have it"
		return one
	}
	one.WithStatus, one.WithTookMS = old.Status, took(old.StartedAt, old.EndedAt)
	one.Input, one.InputMore = Changes(old.Input, s.Input, changesShown)
	one.Output, one.OutputMore = Changes(old.Output, s.Output, changesShown)
	one.Parts = true
	switch {
	case s.Status != old.Status:
		one.Differs = statusWord(s.Status) + " here, " + statusWord(old.Status) + " there"
	case s.Port != old.Port:
		one.Differs = fmt.Sprintf("took `%s` here, `%s` there", s.Port, old.Port)
	case s.Error != nil && old.Error != nil && (s.Error.Class != old.Error.Class || s.Error.Message != old.Error.Message):
		one.Differs = "failed in another way"
	default:
		one.Parts = false
	}
	switch {
	case one.Parts:
	case len(one.Input) > 0:
		one.Differs = "was sent something else"
	case len(one.Output) > 0:
		one.Differs = "answered something else"
	}
	return one
}

func statusWord(status string) string { return words.Status(status) }

func runTook(r view.Run) *int64 { return took(&r.CreatedAt, r.EndedAt) }

// took is a time in milliseconds; nil if it has not both ends.
func took(from, to *time.Time) *int64 {
	if from == nil || to == nil {
		return nil
	}
	ms := to.Sub(*from).Milliseconds()
	return &ms
}
