// Package e2e owns the journeys of a person with a browser: real Chromium against the whole program.
//
// It knows the program only by what a person meets, the pages and the process, and of our packages only cmd/web/app, to boot the one and to be the
// handlers of the other. What the API promises without a browser is tested in cmd/web.
package e2e
