package runview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// The bounds of what an answer to "why isn't it running?" looks at: none may cost more than a glance.
const (
	whyDepth   = 64        // steps that are followed to the one that everything waits for
	whyValue   = 256 << 10 // bytes of a value that is looked into for what a condition read
	whyShown   = 40        // characters of such a value
	whyValues  = 3         // of them in one sentence
	whenLayout = "2006-01-02 15:04:05 MST"
)

func when(t time.Time) string { return t.UTC().Format(whenLayout) }

// reason says why a step does not run: one blocker, or why it was skipped, or which conditions a switch found false. Of one that runs and holds nothing
// back it says nothing.
func reason(s *planner.State, o *Outline, def Step, st *planner.Step) string {
	switch st.Status {
	case planner.Pending:
		return blocker(s, o, def)
	case planner.Running:
		return underway(s, def, st)
	case planner.Skipped:
		return skipped(s, o, def, st)
	case planner.Cancelled:
		return "cancelled with the run" + by(s.CancelledBy)
	case planner.Uncertain:
		return "a person has to say whether it happened"
	case planner.Waiting:
		return waited(s, st)
	case planner.Succeeded:
		return succeeded(s, def, st)
	}
	return ""
}

func waited(s *planner.State, st *planner.Step) string {
	if st.Ask {
		if !st.Until.IsZero() {
			return "a person has to decide, until " + when(st.Until)
		}
		return "a person has to decide"
	}
	if st.Awaits != "" {
		return signalled(s.ID, st)
	}
	text := "waits until " + when(st.Until)
	if s.Paused {
		text += ", and goes on when the run is resumed"
	}
	return text
}

func succeeded(s *planner.State, def Step, st *planner.Step) string {
	switch {
	case st.Planned && len(st.Lost) > 0:
		return fmt.Sprintf("%s failed, and %d are tolerated", count(len(st.Lost), "item"), st.Spared)
	case st.Took != nil:
		return "the signal `" + st.Awaits + "` came" + by(st.Took.By) + " at " + when(st.Took.At)
	case st.Decision != nil:
		return decision(st.Decision)
	case len(st.Why) == 1:
		return wasFalse(s, def, st.Why[0])
	case len(st.Why) > 1:
		return "`" + strings.Join(st.Why, "`, `") + "` were false" + read(s, def, st.Why...)
	}
	return ""
}

// underway says what a step that has begun waits for.
func underway(s *planner.State, def Step, st *planner.Step) string {
	if text := looping(def, st); text != "" {
		return text
	}
	switch {
	case st.Planned:
		return itemsWait(s, def, st)
	case st.State == planner.Retrying && s.Paused:
		return "its next attempt is held by the pause"
	case st.State == planner.Retrying:
		text := fmt.Sprintf("attempt %d", st.Made()+1)
		if most := bound(def.MaxAttempts, &st.Unit); most > 0 {
			text += " of " + strconv.Itoa(most)
		}
		return text + " comes at " + when(st.RetryAt)
	case st.Unit.Child != "":
		return "its run goes on"
	}
	return ""
}

// itemsWait says what keeps items of a for_each that have not begun.
func itemsWait(s *planner.State, def Step, st *planner.Step) string {
	rest := len(st.Items) - st.Done - len(st.Lost) - st.Open - st.Unsure
	if rest <= 0 {
		return ""
	}
	switch {
	case st.Held && s.Paused:
		return count(rest, "item") + " held by the pause" + by(s.PausedBy)
	case s.Phase == planner.PhaseFailing && len(s.Failures) > 0:
		return count(rest, "item") + " held by the failure of `" + s.Failures[0] + "`"
	}
	return fmt.Sprintf("%s not begun: max_parallel is %d", count(rest, "item"), max(def.MaxParallel, 1))
}

// itemWaits says why an item of a for_each has not begun, or what it waits for.
func itemWaits(s *planner.State, def Step, st *planner.Step, u *planner.Unit) string {
	switch {
	case u != nil && u.State == planner.Retrying:
		return fmt.Sprintf("attempt %d comes at %s", u.Made()+1, when(u.RetryAt))
	case u != nil && u.State == planner.Waiting:
		return "the next iteration begins at " + when(u.NextAt)
	case u != nil && u.State == planner.Uncertain:
		return "a person has to say whether it happened"
	case u != nil && u.State != "":
		return ""
	case st.Status == planner.Failed:
		return "the step failed before it"
	case st.Status == planner.Cancelled || st.Status == planner.Succeeded:
		return "the step ended before it"
	}
	return itemsWait(s, def, st)
}

// skipped says which condition was false, or which edge was dead and why.
func skipped(s *planner.State, o *Outline, def Step, st *planner.Step) string {
	if st.If != "" {
		return wasFalse(s, def, st.If)
	}
	edge := st.Because
	name, port, _ := strings.Cut(edge, ".")
	from, ok := s.Steps[name]
	if !ok || from.Status != planner.Skipped {
		return deadEdge(s, o, name, port)
	}
	text := "`" + name + "` was skipped"
	for range whyDepth { // to the one that was skipped for a reason of its own
		if from.If != "" {
			return text + ", because " + wasFalse(s, o.Step(name), from.If)
		}
		up, upPort, _ := strings.Cut(from.Because, ".")
		next, ok := s.Steps[up]
		if !ok || next.Status != planner.Skipped {
			return text + ", because " + deadEdge(s, o, up, upPort)
		}
		name, from = up, next
	}
	return text
}

// deadEdge says why an edge was not taken.
func deadEdge(s *planner.State, o *Outline, name, port string) string {
	from, ok := s.Steps[name]
	edge := name
	if port != "" {
		edge += "." + port
	}
	switch {
	case !ok:
	case from.Status == planner.Skipped:
		return "`" + name + "` was skipped"
	case from.Status == planner.Failed:
		return "`" + name + "` failed"
	case port == "error":
		return "`" + name + "` did not fail"
	case from.Decision != nil:
		return "`" + name + "` was " + decision(from.Decision)
	case from.Port != "" && port != "":
		return fmt.Sprintf("`%s` took `%s`, not `%s`", name, from.Port, port) + branchFalse(s, o.Step(name), from, port)
	}
	return "`" + edge + "` was not taken"
}

// deadEdges lists the edges into a step that were not taken, though it started: it had others. Of one that was skipped its reason says it.
func deadEdges(s *planner.State, o *Outline, def Step, st *planner.Step) (dead []view.DeadEdge) {
	if st.Dead == 0 || st.Status == planner.Skipped {
		return nil
	}
	for i, name := range def.Needs {
		port := ""
		if i < len(def.Ports) {
			port = def.Ports[i]
		}
		from := s.Steps[name]
		if from == nil || !isDead(from, port) {
			continue
		}
		why := deadEdge(s, o, name, port)
		if from.Status == planner.Skipped {
			why += ": " + skipped(s, o, o.Step(name), from)
		}
		dead = append(dead, view.DeadEdge{From: name, Port: port, Why: why})
	}
	return dead
}

// isDead reports whether a port of a settled step was not the one that was taken.
func isDead(from *planner.Step, port string) bool {
	port = cmp.Or(port, flow.PortDone)
	switch from.Status {
	case planner.Skipped:
		return true
	case planner.Failed:
		return from.Handled && port != flow.PortError
	case planner.Succeeded:
		taken := cmp.Or(from.Port, flow.PortDone)
		return port != taken && (port != flow.PortDone || taken != flow.PortApproved)
	}
	return false
}

// branchFalse says why a switch did not take a branch: its condition was false, or one before it was true.
func branchFalse(s *planner.State, def Step, st *planner.Step, port string) string {
	source := def.Branches[port]
	for _, not := range st.Why {
		if not == source {
			return ": " + wasFalse(s, def, source)
		}
	}
	return ": it comes first"
}

// wasFalse says that a condition was false, and of what.
func wasFalse(s *planner.State, def Step, source string) string {
	return "`" + source + "` was false" + read(s, def, source)
}

// read lists what conditions of a step have read: ", amount 420". What is too large, or not known any more, is left out.
func read(s *planner.State, def Step, sources ...string) string {
	var out strings.Builder
	told := map[string]bool{}
	for _, source := range sources {
		for _, p := range def.Reads[source] {
			text, ok := valueAt(s, p)
			if !ok || told[p.String()] || len(told) == whyValues {
				continue
			}
			told[p.String()] = true
			fmt.Fprintf(&out, ", %s %s", shortName(p), text)
		}
	}
	return out.String()
}

// shortName is the last part of a path, or the step's name for its whole output.
func shortName(p expr.Path) string {
	if n := len(p.Rest); n > 0 {
		return p.Rest[n-1]
	}
	if p.Step != "" {
		return p.Step
	}
	return p.Root
}

// valueAt reads a path in what the run has recorded.
func valueAt(s *planner.State, p expr.Path) (string, bool) {
	var v json.RawMessage
	switch {
	case p.Root == "input":
		v = shown(s.Input)
	case p.Root == "steps" && p.Field == "output" && s.Steps[p.Step] != nil:
		v = shown(s.Steps[p.Step].Result)
	}
	if len(v) == 0 || len(v) > whyValue {
		return "", false
	}
	for _, name := range p.Rest {
		var fields map[string]json.RawMessage
		if json.Unmarshal(v, &fields) != nil {
			return "", false
		}
		next, ok := fields[name]
		if !ok {
			return "absent", true
		}
		v = next
	}
	text := []rune(string(v))
	if len(text) > whyShown {
		text = append(text[:whyShown-1], '…')
	}
	return strings.ReplaceAll(string(text), "`", "'"), true
}

// blocker names the one thing that a pending step waits for.
func blocker(s *planner.State, o *Outline, def Step) string {
	for _, held := range s.Held {
		if held == def.ID {
			return hold(s)
		}
	}
	name, port := unsettled(s, def)
	switch {
	case name == "" && s.Ended != "", s.Ended == planner.StatusCancelled, s.Ended == planner.StatusCompensated:
		return "the run ended before it"
	case name == "":
		return ""
	}
	text := "waits for `" + name + "`"
	if port != "" && port != "done" {
		text = "waits for `" + name + "." + port + "`"
	}
	root := name
	for range whyDepth { // to the step that has begun, or could
		st, ok := s.Steps[root]
		if ok && st.Status != planner.Pending || ok && st.Held {
			break
		}
		next, _ := unsettled(s, o.Step(root))
		if next == "" {
			break
		}
		root = next
	}
	state := stands(s, root)
	switch {
	case state == "":
		return text
	case root == name:
		return text + ", which " + state
	}
	return text + ": `" + root + "` " + state
}

// hold says what holds a step that is ready.
func hold(s *planner.State) string {
	switch {
	case s.Paused:
		return "ready, and held by the pause" + by(s.PausedBy) + ": it starts on Resume"
	case s.Phase == planner.PhaseFailing && len(s.Failures) > 0:
		return "ready, and held by the failure of `" + s.Failures[0] + "`: it starts on Retry"
	case s.Phase == planner.PhaseCancelling:
		return "ready, but the run is being cancelled"
	}
	return "ready, but the run starts nothing new; it starts on Retry"
}

// unsettled is the first edge into a step that is neither live nor dead, as step and port.
func unsettled(s *planner.State, def Step) (name, port string) {
	for i, name := range def.Needs {
		st, ok := s.Steps[name]
		if !ok || st.Status != planner.Succeeded && st.Status != planner.Skipped && (st.Status != planner.Failed || !st.Handled) {
			if i < len(def.Ports) {
				port = def.Ports[i]
			}
			return name, port
		}
	}
	return "", ""
}

// stands says how a step stands for which others wait.
func stands(s *planner.State, name string) string {
	st, ok := s.Steps[name]
	if !ok {
		return ""
	}
	switch st.Show() {
	case planner.Running:
		return "is running"
	case planner.Retrying:
		return "is retrying"
	case planner.Uncertain:
		return "is uncertain"
	case planner.Failed:
		return "failed"
	case planner.Cancelled:
		return "was cancelled"
	case planner.Waiting:
		switch {
		case st.Ask:
			return "waits for a person"
		case st.Awaits != "":
			return "waits for the signal `" + st.Awaits + "`"
		}
		return "is waiting"
	case planner.Pending:
		if st.Held && s.Paused {
			return "is held by the pause"
		}
		if st.Held && len(s.Failures) > 0 {
			return "is held by the failure of `" + s.Failures[0] + "`"
		}
	}
	return ""
}
