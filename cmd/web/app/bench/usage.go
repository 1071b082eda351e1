package bench

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpu is the time in seconds that this process has computed.
func cpu() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// peakRSS is the most memory in bytes that this process has had.
func peakRSS() int64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// process is what /proc says of one.
type process struct {
	name           string
	parent         int
	own, childrens float64 // seconds; the second of children that have ended
}

// ticks is how many of the kernel's clock ticks make a second in what it tells programs, on every architecture.
const ticks = 100

func readProcess(pid int) (process, bool) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	open, end := strings.IndexByte(string(raw), '('), strings.LastIndexByte(string(raw), ')')
	if open < 0 || end < open {
		return process{}, false
	}
	f := strings.Fields(string(raw[end+1:])) // from the state on
	if len(f) < 15 {
		return process{}, false
	}
	n := func(i int) float64 { v, _ := strconv.ParseFloat(f[i], 64); return v }
	return process{name: string(raw[open+1 : end]), parent: int(n(1)), own: (n(11) + n(12)) / ticks, childrens: (n(13) + n(14)) / ticks}, true
}

// postmaster is the parent of a backend, or 0 if that backend is not a process of this machine.
func postmaster(backend uint32) int {
	p, ok := readProcess(int(backend))
	if !ok || !strings.HasPrefix(p.name, "postgres") {
		return 0
	}
	if up, ok := readProcess(p.parent); !ok || !strings.HasPrefix(up.name, "postgres") && !strings.HasPrefix(up.name, "postmaster") {
		return 0
	}
	return p.parent
}

// cpuOf is the time in seconds that a postmaster, its children, and those of them that have ended have computed.
func cpuOf(postmaster int) float64 {
	p, _ := readProcess(postmaster)
	sum := p.own + p.childrens
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if c, ok := readProcess(pid); ok && c.parent == postmaster {
			sum += c.own
		}
	}
	return sum
}

// loadAverage is how busy the machine is, "" if it does not say.
func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(raw))
	if err != nil || len(f) < 3 {
		return ""
	}
	return strings.Join(f[:3], " ")
}

// quantile of what took so long, in milliseconds. It sorts them.
func quantile(took []time.Duration, q float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
}
