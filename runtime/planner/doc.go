// Package planner is the pure core of a run: Decide concludes what an input makes true, Apply remembers it.
//
// It has no clock, no I/O, no goroutine and no randomness: times arrive in its inputs. It knows nothing of how facts become durable or how
// functions are called. Its rules are these tables.
//
// # Joins
//
// When a step settles, each of its edges becomes live or dead.
//
//	needs          an edge turns dead       last edge settles, ≥ 1 live    last edge settles, none live
//	all (a list)   skipped at once          starts (all are live)          skipped
//	any            waits                    starts                         skipped
//
// # Ports
//
//	step ends as                    live ports                 dead ports
//	call, set, wait, signal done    done                       error
//	switch took branch b            done, b                    error, other branches
//	approval approved               done, approved             error, rejected
//	approval rejected, wired        rejected                   done, approved, error
//	failed, error wired (handled)   error                      all others
//	failed, not wired (unhandled)   none: edges stay unsettled
//	skipped                         none                       all
//
// # Failure
//
//	failure of an attempt                                    the unit
//	effect maybe, function not idempotent                    uncertain: a person is asked
//	run is being cancelled                                   cancelled
//	class is retried, attempts left                          retrying
//	otherwise                                                failed
//
//	the server was lost during the call                      the unit
//	function not idempotent                                  uncertain
//	fewer than 3 crashes in a row *                          called again with the same key, whatever its retry says
//	otherwise                                                failed (crashed)
//
// * A server that was stopped in good order is not counted: three deployments must not fail a step that takes longer than they are apart.
//
// # Signals
//
//	a signal of that name comes                              it is
//	a step waits for it                                      taken by the one that waits longest; of equals, by the first as written
//	fewer are kept than steps are left that may wait for it  kept, and taken by the next step that begins to wait
//	otherwise                                                refused: nothing would take it
//
// A step may still wait for it while it is pending, waits, or has failed unhandled. A signal counts once, whenever it comes: a second one for one step is
// refused whether the first has been taken or is kept. What is sent is held against the schema before it is recorded.
//
// # Items of a for_each
//
//	failed items          more may begin    when none is open and none is left    otherwise, when none is open
//	at most the tolerated yes               completed; null for those that failed
//	more                  no                failed                                failed
//
// Retry of a step that failed calls every failed item again, and no other that was called.
//
// # Deadlines
//
//	when a step's deadline passes, or the run's              it
//	a call of an idempotent function is in flight            failed (timeout, its effect maybe), and told to stop
//	a call of another one is in flight                       told to stop; its own outcome decides, whatever it is
//	it has not gone out, or waits for its next attempt       failed (timeout)
//	items that have not begun                                not begun; the for_each fails
//	waits, approvals, signals                                a step's deadline is of calls alone; the run's leaves them open, as in any run that failed
//
// An attempt that could begin only at or after the deadline is not waited for: the step fails by its last failure. An error port handles a step's
// deadline and never the run's. Retry gives both anew.
//
// A run that cannot be carried on (a value that cannot be stored, a version that does not compile any more) is stopped where it stands: it fails, or
// its compensation does. What was called then is judged as after a crash, but nothing is called again, nor handled by an error port, until Retry.
//
// After an unhandled failure no new step starts (what is ready is held), calls and retries in flight settle, then the run fails, or compensates
// if its on_failure says so. Waits, approvals and steps that wait for a signal stay open in a failed run.
//
// # Pause
//
//	while a run is paused                                    what becomes of it
//	a step or an item is ready                               held
//	a call in flight ends                                    recorded as ever; another attempt waits for its time
//	the server is lost during a call                         called again as ever: it was in flight
//	a timer comes (a retry, a wait, any timeout)             held: looked at on Resume, by the time it is then
//	an approval, a signal, or a word on an uncertain step    taken; a call that did not happen is made again
//	nothing is in flight after an unhandled failure          failed, or held if on_failure compensates
//	Cancel                                                   ends the pause
//
// # Status
//
//	ended > compensating > uncertain > paused > running > waiting
//
// # Compensation
//
// Every step of the flow is a node of the reversed graph. A node's units are undone when all steps behind it are settled; a node with nothing to undo
// settles at once. An undo that fails for good, or a unit that is uncertain, holds back the steps before it and no others.
//
//	a unit                                                   after: success    after: attempt
//	completed                                                undone            undone
//	did not complete, and an attempt's effect is maybe       left              undone
//	did not complete, and every attempt's effect is none     left              left
//	was never called                                         left              left
//	is uncertain                                             asked first       asked first
//	resolved as happened, as one that completed              undone            undone
//	resolved as did_not_happen                               left              left
//	resolved as failed                                       left              undone
//
// A unit does not complete if it failed (handled, tolerated or not), was cancelled, or was to be called again and was not. What an undo is given names
// the calls by their key. A unit whose input has changed after an attempt whose effect is maybe is called no more under another key: it is uncertain.
package planner
