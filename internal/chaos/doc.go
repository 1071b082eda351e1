// Package chaos breaks real servers on a real PostgreSQL while they work, and holds what they recorded against books that the functions keep themselves,
// with an fsync before each answer.
//
// Its tests are the short forms, for every change. `make chaos` runs the long ones (go test ./internal/chaos -long), which take about an hour and print
// what they did. Nothing in the servers knows of them: they are killed and paused by signals, and lose their database or its notifications in a proxy
// that stands before it.
package chaos
