package templates

import (
	"strconv"
	"strings"
)

// What the inspector says where it has nothing to show: why, and what comes next, in one sentence.

// noOutput is said of a step, or an item, without output.
func (in Inspector) noOutput() string {
	if a := in.Chosen(); a != nil && a.Status != "succeeded" {
		return "Attempt " + strconv.Itoa(a.Number) + " gave no output: " + attemptEnd(a.Status) + "."
	}
	switch status := in.status(); status {
	case "pending", "queued":
		return in.because("Not started yet") + " Its output comes when it has succeeded."
	case "skipped":
		return in.because("Skipped") + " A skipped step has no output."
	case "running", "retrying", "uncertain":
		return "No output yet: it comes when the step has succeeded."
	case "waiting", "ask":
		return in.because("No output yet")
	case "failed":
		return "It failed before it gave an output; what it said is under Attempts."
	case "cancelled":
		return "It was cancelled before it gave an output."
	}
	return "It succeeded without an output."
}

// attemptEnd says how an attempt without output stands.
func attemptEnd(status string) string {
	switch status {
	case "running":
		return "it still runs"
	case "cancelled":
		return "it was cancelled"
	}
	return "it " + status // failed, crashed
}

// noAttempt is said where attempts, or their lines, would stand.
func (in Inspector) noAttempt(what string) string {
	if in.Item == nil && !in.calls() {
		return "This step calls no function: it has no " + what + "."
	}
	if in.Item == nil && in.Step.Items != nil {
		return "Each item has " + what + " of its own: choose one above."
	}
	switch in.status() {
	case "pending":
		return in.because("Not called yet") + " Its " + what + " come with its first call."
	case "queued", "running":
		return "Its first call is about to begin; its " + what + " come with it."
	case "skipped":
		return in.because("Skipped") + " It was never called."
	case "cancelled":
		return "It was cancelled before its first call."
	}
	return "It was never called: it has no " + what + "."
}

// noLines is said of attempts that wrote nothing.
func (in Inspector) noLines() string {
	switch in.status() {
	case "running", "retrying":
		return "The function has written nothing yet; its lines come as it writes them."
	}
	return "The function wrote nothing."
}

// noRunOutput is said of a run without output.
func noRunOutput(status string) string {
	switch status {
	case "succeeded":
		return "The run succeeded; its flow defines no output."
	case "failed":
		return "No output: the run failed. It has one once a retry has succeeded."
	case "cancelled", "compensated", "compensation_failed":
		return "No output: the run ended without success."
	}
	return "No output yet: it comes when the run has succeeded."
}

// calls reports whether the step calls something that can be attempted.
func (in Inspector) calls() bool {
	return in.Step != nil && (in.Step.Function != "" || in.Step.Flow != "")
}

// because is a sentence of what is, and of why if that is known: "Not started yet: it waits for `stock`."
func (in Inspector) because(what string) string {
	if in.Item != nil || in.Step == nil || in.Step.Reason == "" {
		return what + "."
	}
	reason := in.Step.Reason
	if strings.HasPrefix(reason, "waits ") || strings.HasPrefix(reason, "is ") {
		reason = "it " + reason
	}
	return what + ": " + strings.TrimSuffix(reason, ".") + "."
}
