package journal

import "time"

// Retention says which finished runs of a flow may be deleted: those that ended longer than Age ago, and those beyond the newest Runs. A run that another one
// started counts as a part of that one.
type Retention struct {
	Flow   string
	Age    time.Duration // 0: however old
	Runs   int           // 0: however many
	Failed bool          // failed runs are finished, too, though somebody could retry them
}

// Finished lists the statuses of the runs that r speaks of.
func (r Retention) Finished() []string {
	all := []string{"succeeded", "cancelled", "compensated"}
	if r.Failed {
		all = append(all, "failed", "compensation_failed")
	}
	return all
}
