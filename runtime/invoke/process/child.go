package process

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/invoke/internal/wire"
)

// child is one process and the Runtime API that it alone talks to.
type child struct {
	function *function
	command  string // for evidence
	pid      int
	logs     *logs
	calls    chan *call    // unbuffered: a call is taken only by a child that asks for one
	ready    chan struct{} // one entry when the child has asked for work
	exited   chan struct{} // closed when it is gone and its output is read
	retire   *time.Timer   // guarded by function.mu

	cmd    *exec.Cmd
	server *http.Server

	mu       sync.Mutex
	reaped   bool // its pid may belong to somebody else by now
	current  *call
	initBody []byte // of /init/error
}

// spawn starts a child whose output goes to rec.
func (f *function) spawn(rec *recorder) (*child, *fault.Fault) {
	argv, env, fa := f.resolve()
	if fa != nil {
		return nil, fa
	}
	command := wire.Mask(strings.Join(argv, " "), 300)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, unstartable(f.config.Name, command, fmt.Errorf("listening for it: %w", err))
	}
	logs, stdout, stderr, err := openLogs(f.config.Name, f.config.Logger, rec)
	if err != nil {
		_ = listener.Close()
		return nil, unstartable(f.config.Name, command, err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = f.config.Dir
	cmd.Env = f.environment(env, listener.Addr().String())
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = ownGroup()
	err = start(cmd)
	_, _ = stdout.Close(), stderr.Close()
	if err != nil {
		_ = listener.Close()
		logs.close()
		var path *exec.Error
		if errors.As(err, &path) && errors.Is(err, exec.ErrNotFound) {
			err = fmt.Errorf("command not found: %s", path.Name)
		} else if _, missing := os.Stat(f.config.Dir); f.config.Dir != "" && missing != nil {
			err = fmt.Errorf("its directory: %w", missing) // exec blames the command
		}
		return nil, unstartable(f.config.Name, command, err)
	}
	ch := &child{function: f, command: command, pid: cmd.Process.Pid, logs: logs, cmd: cmd,
		calls: make(chan *call), ready: make(chan struct{}, 1), exited: make(chan struct{})}
	ch.server = &http.Server{Handler: ch.api(listener.Addr().String()), ReadHeaderTimeout: 10 * time.Second, ErrorLog: nil}
	go func() { _ = ch.server.Serve(listener) }() // ends with the child
	adopted := f.adopt(ch)
	go ch.watch()
	if !adopted {
		ch.kill()
	}
	return ch, nil
}

const builtinPrefix = "segno:"

// resolve returns the command and what it adds to the declared environment.
func (f *function) resolve() (argv []string, env map[string]string, fa *fault.Fault) {
	command := f.config.Command
	if len(command) == 0 || command[0] == "" {
		return nil, nil, &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: f.config.Name + " has no command to run"}
	}
	name, builtin := strings.CutPrefix(command[0], builtinPrefix)
	if !builtin || len(command) > 1 {
		return command, nil, nil
	}
	if f.config.Builtin != nil {
		if argv, env, ok := f.config.Builtin(name); ok && len(argv) > 0 {
			return argv, env, nil
		}
	}
	return nil, nil, &fault.Fault{Class: fault.NotFound, Effect: fault.None, Message: fmt.Sprintf("this server has no built-in handler %q", name),
		Evidence: []fault.Detail{{Name: "command", Value: wire.Mask(command[0], 200)}}}
}

// environment is all that a child gets to see: what the Runtime API prescribes, what the built-in handler needs, what was declared. A later one wins,
// but for the address. AWS_REGION and credentials are not made up: an SDK in the handler would act on them.
func (f *function) environment(builtin map[string]string, address string) []string {
	env := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        f.config.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/segno/" + f.config.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      f.config.Name,
		"_HANDLER":                        f.config.Name,
	}
	maps.Copy(env, builtin)
	maps.Copy(env, f.config.Env)
	env["AWS_LAMBDA_RUNTIME_API"] = address
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// watch reaps the child. Where awaitExit leaves a zombie, what is left of its group is killed while its pid cannot have been given away.
func (ch *child) watch() {
	awaitExit(ch.cmd)
	ch.mu.Lock()
	_ = syscall.Kill(-ch.pid, syscall.SIGKILL) // fails when nothing is left
	_ = ch.cmd.Wait()                          // the state says it all
	ch.reaped = true
	ch.mu.Unlock()

	ch.function.forget(ch)
	ch.logs.settle()
	close(ch.exited)
	_ = ch.server.Close()
	ch.logs.close()
}

// kill ends the child and its group at once.
func (ch *child) kill() { ch.signal(syscall.SIGKILL) }

// terminate asks the child's group to end, and makes it end soon after.
func (ch *child) terminate() {
	ch.signal(syscall.SIGTERM)
	grace := time.AfterFunc(time.Second, ch.kill)
	go func() {
		<-ch.exited
		grace.Stop()
	}()
}

func (ch *child) signal(sig syscall.Signal) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if !ch.reaped {
		_ = syscall.Kill(-ch.pid, sig) // fails when it is gone already
	}
}

// gone reports whether the child has ended, even if that has not come to anybody's notice yet. A call given to it would look as if it had run.
func (ch *child) gone() bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.reaped || hasEnded(ch.cmd)
}

// exitStatus says how the child ended: "exit status 3", "signal: killed". Only after exited.
func (ch *child) exitStatus() string {
	if ch.cmd.ProcessState == nil {
		return "unknown"
	}
	return ch.cmd.ProcessState.String()
}

// initFailure returns what the child posted to /init/error.
func (ch *child) initFailure() ([]byte, bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.initBody, ch.initBody != nil
}
