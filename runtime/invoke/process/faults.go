package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
)

// stage is how far a call got.
type stage uint8

const (
	waitingForChild stage = iota // all children were busy
	starting                     // its child had not asked for work yet
	running                      // its child had the input
)

func (s stage) effect() fault.Effect {
	if s == running {
		return fault.Maybe
	}
	return fault.None
}

// stopped is the fault of a call that was ended from outside: by its time limit, by its caller, or because the function was closed.
func (a *attempt) stopped(at stage) *fault.Fault {
	name := a.function.config.Name
	f := &fault.Fault{Effect: at.effect()}
	switch {
	case a.ctx.Err() != nil:
		f.Class = fault.Cancelled
		f.Message = "the call was cancelled before " + name + " had its input"
		if at == running {
			f.Message = "the call was cancelled while " + name + " was running; its process was killed"
		}
	case errors.Is(a.callCtx.Err(), context.DeadlineExceeded):
		limit := map[stage]string{
			waitingForChild: "no free process",
			starting:        "the process did not ask for work",
			running:         "no answer",
		}[at]
		f.Class = fault.Timeout
		f.Message = fmt.Sprintf("%s: %s within %s", name, limit, a.timeout)
		f.Evidence = []fault.Detail{{Name: "timeout", Value: fmt.Sprintf("%s within %s", limit, a.timeout)}}
		if at == waitingForChild {
			f.Evidence = append(f.Evidence, fault.Detail{Name: "concurrency", Value: fmt.Sprint(a.function.config.Concurrency)})
		} else {
			f.Evidence = append(f.Evidence, fault.Detail{Name: "process", Value: "killed with its group"})
			f.Evidence = a.withLastLine(f.Evidence)
		}
	case at == running:
		f.Class = fault.Crashed
		f.Message = name + " was stopped in the middle of the call, because the server or the function is being closed"
	default:
		f.Class = fault.Unavailable
		f.Message = name + " is closed"
	}
	return f
}

// crashed is the fault of a call whose child died under it.
func (a *attempt) crashed(ch *child) *fault.Fault {
	exit := ch.exitStatus()
	return &fault.Fault{Class: fault.Crashed, Effect: fault.Maybe,
		Message:  fmt.Sprintf("the process of %s ended during the call (%s)", a.function.config.Name, exit),
		Evidence: a.withLastLine([]fault.Detail{{Name: "exit", Value: exit}})}
}

// failedStart is the fault of a call whose child died before it asked for work.
func (a *attempt) failedStart(ch *child) *fault.Fault {
	exit := ch.exitStatus()
	f := &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Evidence: []fault.Detail{{Name: "command", Value: ch.command}, {Name: "exit", Value: exit}}}
	if init, ok := ch.initFailure(); ok {
		f.Message = fmt.Sprintf("%s failed to initialise", a.function.config.Name)
		if text := wire.Message(init); text != "" {
			f.Message += ": " + text
		}
		f.Evidence = append(f.Evidence, fault.Detail{Name: "init error", Value: wire.Mask(string(init), maxErrorEvidence)})
	} else {
		f.Message = fmt.Sprintf("the process of %s ended before it asked for work (%s)", a.function.config.Name, exit)
	}
	f.Evidence = a.withLastLine(f.Evidence)
	return f
}

func (a *attempt) withLastLine(ev []fault.Detail) []fault.Detail {
	if line := a.lines.lastError(); line != "" {
		ev = append(ev, fault.Detail{Name: "last line on stderr", Value: wire.Mask(line, 500)})
	}
	return ev
}

// unstartable is the fault of a command that cannot be run.
func unstartable(name, command string, err error) *fault.Fault {
	return &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: fmt.Sprintf("the process of %s could not be started: %s", name, wire.Mask(err.Error(), 300)),
		Evidence: []fault.Detail{{Name: "command", Value: command}}}
}

// refusals are the error types with which a handler says that it did nothing, and the class of each.
var refusals = map[string]fault.Class{
	"Rejected":    fault.Rejected,
	"Denied":      fault.Denied,
	"NotFound":    fault.NotFound,
	"RateLimited": fault.RateLimited,
	"Unavailable": fault.Unavailable,
}

// typed returns the class and effect that an error type stands for.
func typed(errorType string) (fault.Class, fault.Effect) {
	if class, ok := refusals[errorType]; ok {
		return class, fault.None
	}
	if name, ok := strings.CutPrefix(errorType, "Segno."); ok {
		class := fault.Class(name)
		for _, refusal := range refusals {
			if class == refusal {
				return class, fault.None
			}
		}
		if class.Valid() {
			return class, fault.Maybe
		}
	}
	return fault.FunctionError, fault.Maybe
}

// handlerError is the body that a runtime client posts when its handler failed.
type handlerError struct {
	Message string          `json:"errorMessage"`
	Type    string          `json:"errorType"`
	Stack   json.RawMessage `json:"stackTrace"`
}

const maxErrorEvidence = 2 << 10

// handlerFault is the fault of a handler that answered that it failed.
func (a *attempt) handlerFault(ans answer) *fault.Fault {
	var e handlerError
	_ = json.Unmarshal(ans.body, &e) // what is not JSON shows as it came, below
	if e.Type == "" {
		e.Type = ans.errorType
	}
	f := &fault.Fault{Message: wire.Mask(strings.TrimSpace(e.Message), 500)}
	f.Class, f.Effect = typed(e.Type)
	if f.Message == "" {
		f.Message = a.function.config.Name + " answered that it failed"
		f.Evidence = append(f.Evidence, fault.Detail{Name: "body", Value: wire.Mask(string(ans.body), maxErrorEvidence)})
	}
	if e.Type != "" {
		f.Evidence = append(f.Evidence, fault.Detail{Name: "error type", Value: wire.Mask(e.Type, 200)})
	}
	if len(e.Stack) > 0 && string(e.Stack) != "null" {
		f.Evidence = append(f.Evidence, fault.Detail{Name: "stack", Value: wire.Mask(string(e.Stack), maxErrorEvidence)})
	}
	// The handler was told the deadline. When it gives up because of that, what ended the call is the time limit.
	if f.Class == fault.FunctionError && (e.Type == "deadlineExceededError" || !ans.at.Before(deadline(a.callCtx))) {
		f.Class = fault.Timeout
		f.Evidence = append([]fault.Detail{{Name: "timeout", Value: fmt.Sprintf("the handler gave up at its deadline of %s", a.timeout)}}, f.Evidence...)
	}
	return f
}

// deadline is when the call's time is up, to the millisecond in which the Runtime API tells it.
func deadline(ctx context.Context) time.Time {
	at, _ := ctx.Deadline()
	return at.Truncate(time.Millisecond)
}
