package templates

// RetentionForm is how long a flow keeps its finished runs, as typed.
type RetentionForm struct {
	MaxAge, MaxRuns string
	Failed          bool
	Stands          string // what holds now, in words
	Error           string // why what was typed can't be taken
}

// Words says what a form that was saved means.
func (f RetentionForm) Words() string {
	if f.MaxAge == "" && f.MaxRuns == "" {
		return "Finished runs are kept for ever."
	}
	text := "Finished runs are deleted"
	if f.MaxAge != "" {
		text += " " + f.MaxAge + " after they ended"
	}
	if f.MaxAge != "" && f.MaxRuns != "" {
		text += ", and"
	}
	if f.MaxRuns != "" {
		text += " beyond the newest " + f.MaxRuns
	}
	if f.Failed {
		return text + ". Failed ones, too."
	}
	return text + ". Failed ones are kept: they can be retried."
}
