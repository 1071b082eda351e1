//go:build !linux

package postgres

import "time"

// userTimeout does nothing here: keep-alives alone tell that the other end is gone.
func userTimeout(uintptr, time.Duration) error { return nil }
