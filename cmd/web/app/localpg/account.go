package localpg

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user whom PostgreSQL runs as. PostgreSQL refuses to run as root.
type account struct {
	uid, gid uint32
	name     string
	switched bool // we are root and must take this user's credentials for it
}

// accountFor is the owner of an existing cluster; without one ourselves, or the unprivileged user if we are root.
func accountFor(cluster string) (account, error) {
	me := account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
	st, err := os.Stat(cluster)
	switch {
	case err == nil:
		sys := st.Sys().(*syscall.Stat_t)
		if me.uid == sys.Uid && me.uid != 0 {
			return me, nil
		}
		if me.uid != 0 || sys.Uid == 0 {
			return account{}, &Error{Code: ClusterBroken,
				Message: fmt.Sprintf("the cluster in %s belongs to %s, and PostgreSQL runs only as its owner and never as root", cluster, userName(sys.Uid)),
				Hint:    "run as its owner, or hand it back to that user with chown -R"}
		}
		return account{uid: sys.Uid, gid: sys.Gid, name: userName(sys.Uid), switched: true}, nil
	case !os.IsNotExist(err):
		return account{}, &Error{Code: Unreachable, Message: "cannot look at " + cluster, Err: err}
	case me.uid != 0:
		return me, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid), name: name, switched: true}, nil
		}
	}
	return account{}, &Error{Code: NotInstalled,
		Message: "PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody",
		Hint:    "create one of them, run as an ordinary user, or use --database-url"}
}

func userName(uid uint32) string {
	if u, err := user.LookupId(strconv.Itoa(int(uid))); err == nil {
		return u.Username
	}
	return "user " + strconv.Itoa(int(uid))
}

// command runs a program of PostgreSQL's as the account, in dir, with an environment of its own, so that no PGDATA or LC_ALL of
// ours changes what it does.
func (a account) command(cmd *exec.Cmd, dir string) *exec.Cmd {
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	if v, ok := os.LookupEnv("LD_LIBRARY_PATH"); ok {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+v)
	}
	// A session of its own: a Ctrl-C in our terminal reaches us and not the database, which must outlive us by a moment.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// blocker is the first directory on the way to path, path included, that the account may not enter; "" if it may enter all.
// What does not exist yet counts as enterable. It judges by the mode bits.
func (a account) blocker(path string) string {
	if !a.switched {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	var walk func(string) string
	walk = func(p string) string {
		if up := filepath.Dir(p); up != p {
			if b := walk(up); b != "" {
				return b
			}
		}
		st, err := os.Stat(p)
		if err != nil {
			return ""
		}
		sys, bit := st.Sys().(*syscall.Stat_t), uint32(0o001)
		switch {
		case sys.Uid == a.uid:
			bit = 0o100
		case sys.Gid == a.gid:
			bit = 0o010
		}
		if uint32(st.Mode().Perm())&bit == 0 {
			return p
		}
		return ""
	}
	return walk(path)
}

// own makes dir, if it is missing, and leaves it to the account alone.
func (a account) own(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	// root may own what it has just made; anyone else's directory is not ours to take.
	switch owner := st.Sys().(*syscall.Stat_t).Uid; {
	case owner == a.uid:
	case owner == 0 && a.switched:
		if err := os.Lchown(dir, int(a.uid), int(a.gid)); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s belongs to %s", dir, userName(owner))
	}
	return os.Chmod(dir, 0o700)
}
