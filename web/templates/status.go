package templates

import (
	"github.com/segno-run/segno/web/static"
	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// tones maps every status of a run or a step to the colour that carries it: the suffix of a token in tokens.css.
var tones = map[string]string{
	"pending":             "idle",
	"queued":              "wait",
	"running":             "run",
	"retrying":            "retry",
	"waiting":             "wait",
	"ask":                 "ask",
	"paused":              "wait",
	"uncertain":           "ask",
	"succeeded":           "ok",
	"failed":              "fail",
	"crashed":             "fail",
	"skipped":             "idle",
	"cancelled":           "idle",
	"compensating":        "undo",
	"compensated":         "undo",
	"compensation_failed": "fail",

	// Of tests: covered in part, and found and accepted by a person.
	"partial":  "retry",
	"accepted": "wait",
}

// toneClass returns the class that colours an element by status: "tone-ok".
func toneClass(status string) string {
	if t, ok := tones[status]; ok {
		return "tone-" + t
	}
	return "tone-idle"
}

// shapeOf returns the symbol of status.svg for a status: attempts know "crashed", which looks like a failure.
func shapeOf(status string) string {
	if status == "crashed" {
		return "failed"
	}
	if _, ok := tones[status]; !ok {
		return "pending"
	}
	return status
}

// shownStatus is the status whose shape a step shows: one that waits for a person has the hand, and one
// that waits for a run shows what that run waits for.
func shownStatus(s view.Step) string {
	switch {
	case s.Status == "waiting" && s.Kind == "approval":
		return "ask"
	case s.Below != "":
		return s.Below
	}
	return s.Status
}

// statusText is a status in words.
func statusText(status string) string { return words.Status(status) }

// runStatuses is the list of the outside surface, in the order in which filters offer them.
var runStatuses = []string{
	"running", "waiting", "failed", "uncertain", "succeeded", "paused", "pending", "cancelled", "compensating", "compensated", "compensation_failed",
}

func iconURL(name string) string  { return static.URL("icons.svg") + "#" + name }
func shapeURL(name string) string { return static.URL("status.svg") + "#" + name }

// kindIcons names the icon of each kind of step.
var kindIcons = map[string]string{
	"call": "square-function", "flow": "workflow", "switch": "split", "set": "braces", "wait": "timer", "signal": "radio", "approval": "user-check", "fail": "circle-x",
}

func kindIcon(kind string) string {
	if name, ok := kindIcons[kind]; ok {
		return name
	}
	return "box"
}

// ended reports whether a run with this status has settled for good or waits for a person's decision after a failure.
func ended(status string) bool {
	switch status {
	case "succeeded", "failed", "cancelled", "compensated", "compensation_failed":
		return true
	}
	return false
}
