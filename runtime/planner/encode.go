package planner

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Reader is the version of the encoding and of Apply that this release has. A run carries the lowest reader version that understands its history.
const Reader = 5

// ReaderAtBirth is the reader that every run is born with: what this release makes of a run as a rule, that one understands. A later one comes with the
// facts that need it, so that servers of the release before go on with every run that was never repaired.
const ReaderAtBirth = 4

// lasts are the last kinds of fact that the readers before this one know, from reader 1 on.
var lasts = []uint8{27, 34, 43, 43}

// ReaderOf is the lowest reader version that understands these facts.
func ReaderOf(facts []Fact) int {
	need := 1
	for _, f := range facts {
		need = max(need, readerOf(f))
	}
	return need
}

func readerOf(f Fact) int {
	if refers(f) {
		return max(4, shapeReader(f)) // an earlier one would take the stand-in for the value
	}
	return shapeReader(f)
}

// shapeReader is readerOf without regard to what stands for large values in it.
func shapeReader(f Fact) int {
	switch f := f.(type) {
	case *CompensationStarted:
		if slices.ContainsFunc(f.Plan, func(n UndoNode) bool { return n.Attempts }) {
			return 3 // an earlier one would count less to be undone
		}
	case *StepReset:
		if len(f.Given) > 0 {
			return 5 // an earlier one would call with what the flow computes
		}
	case *CallScheduled:
		if f.Iteration > 0 {
			return 3 // an earlier one would take the first iteration's output for the step's
		}
	}
	reader := 1
	for n := numbers[reflect.TypeOf(f)]; reader <= len(lasts) && n > lasts[reader-1]; {
		reader++
	}
	return reader
}

// kinds gives each fact its number in the encoding. Numbers are never used again.
var kinds = map[uint8]func() Fact{
	1:  func() Fact { return new(RunStarted) },
	2:  func() Fact { return new(StepHeld) },
	3:  func() Fact { return new(ItemsPlanned) },
	4:  func() Fact { return new(CallScheduled) },
	5:  func() Fact { return new(CallSucceeded) },
	6:  func() Fact { return new(CallFailed) },
	7:  func() Fact { return new(UnitCancelled) },
	8:  func() Fact { return new(StepWaiting) },
	9:  func() Fact { return new(TimerFired) },
	10: func() Fact { return new(ApprovalDecided) },
	11: func() Fact { return new(StepCompleted) },
	12: func() Fact { return new(StepFailed) },
	13: func() Fact { return new(StepSkipped) },
	14: func() Fact { return new(StepCancelled) },
	15: func() Fact { return new(StepReset) },
	16: func() Fact { return new(RetryRequested) },
	17: func() Fact { return new(CancelRequested) },
	18: func() Fact { return new(CompensationStarted) },
	19: func() Fact { return new(UndoSettled) },
	20: func() Fact { return new(UncertainResolved) },
	21: func() Fact { return new(Recovered) },
	22: func() Fact { return new(RunSucceeded) },
	23: func() Fact { return new(RunFailed) },
	24: func() Fact { return new(RunCancelled) },
	25: func() Fact { return new(RunCompensated) },
	26: func() Fact { return new(RunCompensationFailed) },
	27: func() Fact { return new(CallStarted) },
	28: func() Fact { return new(SignalReceived) },
	29: func() Fact { return new(SignalTaken) },
	30: func() Fact { return new(RunPaused) },
	31: func() Fact { return new(RunResumed) },
	32: func() Fact { return new(DeadlineSet) },
	33: func() Fact { return new(DeadlinePassed) },
	34: func() Fact { return new(RunTimedOut) },
	35: func() Fact { return new(ChildStarted) },
	36: func() Fact { return new(ChildAsked) },
	37: func() Fact { return new(ChildEnded) },
	38: func() Fact { return new(ParentAsked) },
	43: func() Fact { return new(IterationCompleted) },
	44: func() Fact { return new(RunRevised) },
	45: func() Fact { return new(StepReused) },
	46: func() Fact { return new(StepRenewed) },
	47: func() Fact { return new(RestartRequested) },
}

var numbers = func() map[reflect.Type]uint8 {
	m := make(map[reflect.Type]uint8, len(kinds))
	for n, make := range kinds {
		m[reflect.TypeOf(make())] = n
	}
	return m
}()

var encMode, decMode = modes()

func modes() (cbor.UserBufferEncMode, cbor.DecMode) {
	// Times keep nanoseconds: a history must fold to the very deadlines that were concluded.
	enc, err := cbor.EncOptions{Time: cbor.TimeRFC3339NanoUTC, Sort: cbor.SortNone}.UserBufferEncMode()
	if err != nil {
		panic(err)
	}
	dec, err := cbor.DecOptions{MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 20, UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		panic(err)
	}
	return enc, dec
}

// Encode turns the facts of one transition into its stored form: the byte 1, then for each fact its number and its body in CBOR (RFC 8949).
func Encode(facts []Fact) ([]byte, error) { return EncodeIn(new(bytes.Buffer), facts) }

// EncodeIn is Encode with a buffer of the caller's, who may use it again: what is returned is a copy and takes no more room than it needs.
func EncodeIn(out *bytes.Buffer, facts []Fact) ([]byte, error) {
	out.Reset()
	out.WriteByte(1)
	for _, f := range facts {
		out.WriteByte(numbers[reflect.TypeOf(f)])
		if err := encMode.MarshalToBuffer(f, out); err != nil {
			return nil, fmt.Errorf("encoding %T: %w", f, err)
		}
	}
	return bytes.Clone(out.Bytes()), nil
}

// Decode is the inverse of Encode.
func Decode(raw []byte) ([]Fact, error) {
	if len(raw) == 0 || raw[0] != 1 {
		return nil, fmt.Errorf("decoding facts: not a history that reader %d understands", Reader)
	}
	var facts []Fact
	for rest := raw[1:]; len(rest) > 0; {
		make, ok := kinds[rest[0]]
		if !ok {
			return nil, fmt.Errorf("decoding facts: kind %d is unknown to reader %d", rest[0], Reader)
		}
		f := make()
		var err error
		if rest, err = decMode.UnmarshalFirst(rest[1:], f); err != nil {
			return nil, fmt.Errorf("decoding %T: %w", f, err)
		}
		facts = append(facts, f)
	}
	return facts, nil
}
