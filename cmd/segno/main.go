// Command segno is the command line: what works on files alone (validate, fmt, render, diff) opens no socket and no database; the rest speaks the JSON
// API of a server. It holds flags, words and exit codes only; what a flow is stands in designer, how a server is asked in client.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv, colour: coloured(os.Stdout, os.Getenv)})
	stop()
	os.Exit(code)
}

// terminal is the world of one command.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	colour   bool
}

// coloured reports whether out is a person's screen that wants colours (https://no-color.org).
func coloured(out *os.File, env func(string) string) bool {
	if env("NO_COLOR") != "" || env("TERM") == "dumb" {
		return false
	}
	info, err := out.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
