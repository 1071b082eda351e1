package expr

import (
	"errors"
	"strings"
)

// The classes of an Error; the words are those of the language's closed list of error classes.
const (
	ClassExpression = "expression" // the expression could not be evaluated
	ClassContract   = "contract"   // a value is not what JSON can carry safely
	ClassTooLarge   = "too_large"  // a result, or a value that is looked into, is above MaxResult
)

// ErrAbsent is wrapped by the Error of a read of something that is not there: a skipped step's output, a missing field, an index out of range.
var ErrAbsent = errors.New("absent")

// Error is why an evaluation failed.
type Error struct {
	Class   string // ClassExpression, ClassContract or ClassTooLarge
	Message string // one sentence for a person; it names the path concerned where one is known
	cause   error
	payload *Payload // that an expression could not look into; nil: it is about something else
}

// Error gives the message alone; the class is for programs.
func (e *Error) Error() string { return e.Message }

// Unwrap gives ErrAbsent for an absent read, else the library's error, if any.
func (e *Error) Unwrap() error { return e.cause }

func contractError(path, message string) *Error {
	if path != "" {
		message = path + ": " + message
	}
	return &Error{Class: ClassContract, Message: message}
}

func expressionError(message string, cause error) *Error {
	return &Error{Class: ClassExpression, Message: message, cause: cause}
}

func absentError(path, why string) *Error {
	message := path + " is absent"
	if why != "" {
		message += ": " + why
	}
	return &Error{Class: ClassExpression, Message: message, cause: ErrAbsent}
}

// Problem is one thing wrong with an expression's or a template's text.
type Problem struct {
	Offset  int // in Unicode code points into the source
	Length  int // of what is wrong, in code points; 0 if that is not known
	Message string
	Hint    string // how to mend it; may be empty
	Fix     Edit   // what mends it, where that is clear

	Owner, Name string // of a path that leads nowhere: the part that is known ("steps.ocr.output"; empty for a name by itself), and the name that is not there
}

// Edit replaces a part of an expression's source, which may be empty, by another. The zero Edit changes nothing.
type Edit struct {
	At       int    // in code points
	Old, New string // Old is what stands there now
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}
