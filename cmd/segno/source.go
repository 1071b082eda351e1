package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/project"
)

// onServer is a version on a server: order@3, order@latest, order@draft.
var onServer = regexp.MustCompile(`^([a-z][a-z0-9_]*)@([1-9][0-9]*|latest|draft)$`)

// text is the text of one side of a diff: a file, "-" for the standard input, REV:path of a git repository, or flow@version on a server. A file of
// such a name comes first.
func (t terminal) text(ctx context.Context, arg, server string) ([]byte, error) {
	if arg == "-" {
		src, err := io.ReadAll(io.LimitReader(t.in, flow.MaxSource+1))
		if err != nil {
			return nil, misuse("reading the standard input: %w", err)
		}
		return src, nil
	}
	src, err := readBounded(arg)
	if err == nil {
		return src, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, misuse("%w", err)
	}
	if m := onServer.FindStringSubmatch(arg); m != nil {
		c, err := t.dial(server)
		if err != nil {
			return nil, err
		}
		src, err := c.Version(ctx, m[1], m[2])
		return src, refused(err)
	}
	if rev, _, ok := strings.Cut(arg, ":"); ok && rev != "" && !strings.HasPrefix(arg, "-") {
		return gitBlob(ctx, arg)
	}
	return nil, misuse("%w", err)
}

// pinned gives the versions of the flows that a published version runs, by name; nil if arg is not a version on a server.
func (t terminal) pinned(ctx context.Context, arg, server string) (map[string]int, error) {
	m := onServer.FindStringSubmatch(arg)
	if m == nil || m[2] == "draft" {
		return nil, nil
	}
	if _, err := os.Stat(arg); err == nil {
		return nil, nil
	}
	c, err := t.dial(server)
	if err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(m[2]) // "latest" is 0
	v, err := c.Published(ctx, m[1], number)
	if v == nil || err != nil {
		return nil, refused(err)
	}
	pins, err := check.ReadPins(v.Pins)
	if pins.Flows == nil {
		pins.Flows = map[string]int{}
	}
	return pins.Flows, refused(err)
}

// gitBlob reads a file as it was at a revision, through the git binary of this machine.
func gitBlob(ctx context.Context, object string) ([]byte, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", "cat-file", "blob", object)
	cmd.Stderr = &said
	src, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(said.String()); text != "" {
			return nil, misuse("reading %s: git: %s", object, strings.TrimPrefix(text, "fatal: "))
		}
		return nil, misuse("reading %s: %w", object, err)
	}
	return src, nil
}

// definition reads a flow of which one looks at the shape only. A text that is no YAML is shown with its problem.
func (t terminal) definition(ctx context.Context, arg, server string) (*flow.Definition, error) {
	src, err := t.text(ctx, arg, server)
	if err != nil {
		return nil, err
	}
	def, found := flow.Parse(src)
	if def != nil {
		return def, nil
	}
	issues := make(project.Issues, 0, len(found))
	for _, i := range found {
		issues = append(issues, project.Issue{File: arg, Issue: i})
	}
	t.out = t.err
	t.diagnostics(issues, map[string][]byte{arg: src})
	return nil, said()
}
