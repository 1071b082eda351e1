package planner

// RunStatus is the status of a run, as the API and the lists show it.
type RunStatus string

// The run statuses.
const (
	StatusPending            RunStatus = "pending"
	StatusRunning            RunStatus = "running"
	StatusPaused             RunStatus = "paused"
	StatusWaiting            RunStatus = "waiting"
	StatusSucceeded          RunStatus = "succeeded"
	StatusFailed             RunStatus = "failed"
	StatusCancelled          RunStatus = "cancelled"
	StatusCompensating       RunStatus = "compensating"
	StatusCompensated        RunStatus = "compensated"
	StatusCompensationFailed RunStatus = "compensation_failed"
	StatusUncertain          RunStatus = "uncertain"
)

// Terminal reports whether a run of this status stands still until a person acts, or for ever.
func (s RunStatus) Terminal() bool {
	switch s {
	case StatusSucceeded, StatusFailed, StatusCancelled, StatusCompensated, StatusCompensationFailed:
		return true
	}
	return false
}

// Need is what a run that goes on waits for beside its status: a run can be running and have an approval open.
type Need string

// The needs, the first that is true of a run being the one that it has.
const (
	NeedsNothing Need = ""
	NeedsPerson  Need = "person" // an approval, or a word on what is uncertain
	NeedsRetry   Need = "retry"  // a call has failed and will be made again
)

// Needs is what the run waits for that its status does not say.
func (s *State) Needs() Need {
	switch {
	case s.Ended != "":
		return NeedsNothing
	case s.Uncertain > 0 || s.Asking > 0:
		return NeedsPerson
	case s.Retries > 0:
		return NeedsRetry
	}
	return NeedsNothing
}

// StepStatus is the status of a step, of an item, or of a compensation.
type StepStatus string

// The step statuses.
const (
	Pending            StepStatus = "pending"
	Queued             StepStatus = "queued"
	Running            StepStatus = "running"
	Waiting            StepStatus = "waiting"
	Retrying           StepStatus = "retrying"
	Succeeded          StepStatus = "succeeded"
	Failed             StepStatus = "failed"
	Skipped            StepStatus = "skipped"
	Cancelled          StepStatus = "cancelled"
	Uncertain          StepStatus = "uncertain"
	Compensating       StepStatus = "compensating"
	Compensated        StepStatus = "compensated"
	CompensationFailed StepStatus = "compensation_failed"
)

// Status is the run's status. Several things can be true at once; what comes first here wins:
//
//	ended > compensating > uncertain > paused > running > waiting
func (s *State) Status() RunStatus {
	switch {
	case s.ID == "":
		return StatusPending
	case s.Ended != "":
		return s.Ended
	case s.Phase == PhaseCompensating:
		return StatusCompensating
	case s.Uncertain > 0:
		return StatusUncertain
	case s.Paused:
		return StatusPaused
	case s.InFlight > 0:
		return StatusRunning
	case s.Waiting > 0:
		return StatusWaiting
	}
	return StatusRunning
}
