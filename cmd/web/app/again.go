package app

import (
	"path/filepath"
	"strings"
)

// again is the command that starts a program of these arguments once more, on the address that it listens on now. What `go run` built is started by
// `go run`: its program is gone when it ends.
func again(args []string, addr string) string {
	if len(args) == 0 {
		return ""
	}
	program := shellWord(args[0])
	if strings.Contains(args[0], string(filepath.Separator)+"go-build") {
		program = "go run ./cmd/" + shellWord(filepath.Base(args[0]))
	}
	words, named := []string{program}, false
	for i := 1; i < len(args); i++ {
		flag, _, whole := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if flag != "addr" || args[i] == flag {
			words = append(words, shellWord(args[i]))
			continue
		}
		words, named = append(words, "--addr", shellWord(addr)), true
		if !whole {
			i++ // its value
		}
	}
	if !named && addr != DefaultAddr {
		words = append(words, "--addr", shellWord(addr)) // it came from the environment
	}
	return strings.Join(words, " ")
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
