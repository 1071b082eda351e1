// Package planner is the pure core of a run: Decide concludes what an input makes true, Apply remembers it.
//
// It has no clock, no I/O, no goroutine and no randomness: times arrive in its inputs. It knows nothing of how facts become durable or how
// functions are called.
//
// # The rules
//
// They are the truth tables of docs/language.md: joins, ports, what becomes of an attempt that failed and of a call whose server was lost, signals, items
// of a for_each, iterations, runs that a step has started, deadlines, pause, the run's status, compensation and what of it is undone. TestTruthTables
// reads them there and plays each cell against Decide; a table that is new there wants its entry in truths. What they leave out:
//
// A signal counts once, whenever it comes: a second one for one step is refused whether the first has been taken or is kept. What is sent is held
// against the schema before it is recorded. Retry of a for_each that failed calls every failed item again, and no other that was called. An attempt
// that could begin only at or after the step's deadline, or the run's, is not waited for: the step fails by its last failure, which its error port handles
// as ever. Retry gives deadlines anew.
//
// A run that cannot be carried on (a value that cannot be stored, a version that does not compile any more) is stopped where it stands: it fails, or
// its compensation does. What was called then is judged as after a crash, but nothing is called again, nor handled by an error port, until Retry.
//
// After an unhandled failure no new step starts (what is ready is held), what has begun settles, then the run fails, or compensates if its on_failure
// says so. Cancel tells what is called to stop, waits for its outcomes, and does the same.
//
// # Sub-flows
//
// A step of kind flow, or each item of one, starts a run: its child. The parent's facts and what it sends its child are one commit, and so are the
// child's end and the word of it; a message counts once.
//
// A child that compensated by itself has nothing left to undo, and one that did nothing is done at once. At a deadline, and when the parent is stopped,
// its children are told that their time is over, as if their own timeout had passed: they fail where they stand, or compensate if their on_failure says
// so, and their own end decides; no error port handles it where it was the run that was out of time, or stopped. A child that is stopped itself answers a
// wish to go on, or to undo what it did, with why it cannot. An answer, a signal, a word on an uncertain step, Pause and Resume may go to the child itself.
//
// Retry, Cancel and Compensate of a child are refused: its parent has them, and a decision has one owner. A failure that an error port handles leaves
// the child as it failed: what it did is undone when the parent compensates, and stays if the parent succeeds. At most check.MaxNesting runs stand in
// one another; the checker says so before, and a run that would be one too deep is a failure of its step.
//
// # Loops
//
// A unit of a step with `until` is called in iterations, numbered from 1 without gaps; each has attempts, retries, crashes and a key of its own. An
// iteration that fails fails the unit, and Retry calls that same iteration again; a word on an uncertain iteration is its outcome. A failure of a unit of
// which iterations have completed has the effect maybe, and such a unit is undone like one that completed, once, by the last output that there is.
//
// An iteration of a step of kind flow is a child. The one of an iteration that failed goes on, or is replaced, as above; the undo of the unit asks every child
// that did anything, one after the other, the last one first, and is Pending in between.
//
// A unit does not complete if it failed (handled, tolerated or not), was cancelled, or was to be called again and was not. What an undo is given names
// the calls by their key. A unit whose input has changed after an attempt whose effect is maybe is called no more under another key: it is uncertain.
package planner
