package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Look reports what the process that calls it sees. What cannot be read is left empty: whoever reads the report must ask
// for what has to be there.
func Look() Report {
	r := Report{
		PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid(),
		Status: map[string]string{}, Namespaces: map[string]string{}, Environment: map[string]string{},
	}
	r.Groups, _ = os.Getgroups()
	slices.Sort(r.Groups)
	for line := range lines("/proc/self/status") {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Seccomp":
			r.Status[name] = strings.TrimSpace(value)
		}
	}
	version, _ := os.ReadFile("/proc/version")
	r.Kernel, r.Messages = strings.TrimSpace(string(version)), messages()
	r.UsersMap, r.GroupsMap = ranges("/proc/self/uid_map"), ranges("/proc/self/gid_map")
	r.Status["NoNewPrivs"] = noNewPrivileges()
	profile, _ := os.ReadFile("/proc/self/attr/current")
	r.AppArmor = strings.TrimRight(string(profile), "\x00\n")
	spaces, _ := filepath.Glob("/proc/self/ns/*")
	for _, s := range spaces {
		r.Namespaces[filepath.Base(s)], _ = os.Readlink(s)
	}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		r.Environment[name] = value
	}
	r.Refused = tryCalls()
	r.Memory, r.CPU = limits()
	mounts := readMounts()
	r.Mounts = describe(mounts)
	r.Writable = writable(mounts)
	r.Files = volumeFiles(mounts)
	r.Devices = devices()
	return r
}

// noNewPrivileges asks the kernel and not /proc/self/status, where gVisor does not say it.
func noNewPrivileges() string {
	const ask = 39 // PR_GET_NO_NEW_PRIVS
	on, _, failure := syscall.RawSyscall6(syscall.SYS_PRCTL, ask, 0, 0, 0, 0, 0)
	if failure != 0 {
		return ""
	}
	return strconv.Itoa(int(on))
}

// messages are at most the first thousand bytes of what the kernel logged, syslog(2).
func messages() string {
	const readAll = 3 // SYSLOG_ACTION_READ_ALL
	text := make([]byte, 1<<20)
	n, err := syscall.Klogctl(readAll, text)
	if err != nil {
		return ""
	}
	return string(text[:min(n, 1000)])
}

// ranges reads a file of user_namespaces(7).
func ranges(file string) []Range {
	var all []Range
	for line := range lines(file) {
		var r Range
		if _, err := fmt.Sscan(line, &r.Inside, &r.Outside, &r.Count); err == nil {
			all = append(all, r)
		}
	}
	return all
}

// tryCalls makes system calls that have no effect, and that the runtime's profile refuses with EPERM. Without a profile the
// kernel answers the first with EINVAL, because a process with several threads cannot change its user namespace, and the
// second with the keyring's number or that there is none.
func tryCalls() map[string]string {
	const (
		newUser        = 0x10000000  // CLONE_NEWUSER
		getKeyringID   = 0           // KEYCTL_GET_KEYRING_ID
		processKeyring = ^uintptr(1) // KEY_SPEC_PROCESS_KEYRING
	)
	refused := map[string]string{}
	_, _, refusal := syscall.RawSyscall(syscall.SYS_UNSHARE, newUser, 0, 0)
	refused["unshare"] = name(refusal)
	_, _, refusal = syscall.RawSyscall(syscall.SYS_KEYCTL, getKeyringID, processKeyring, 0)
	refused["keyctl"] = name(refusal)
	return refused
}

func name(e syscall.Errno) string {
	switch {
	case e == 0:
		return ""
	case errors.Is(e, syscall.EPERM):
		return "EPERM"
	}
	return e.Error()
}

// limits reads the limits of the process's control group, of version 2 or 1.
func limits() (memory, cpu int64) {
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if n, err := number(file); err == nil {
			memory = n
		}
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/cpu.max"); err == nil {
		quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		cpu = thousandths(quota, period)
	}
	if quota, err := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"); err == nil {
		period, _ := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
		cpu = thousandths(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
	}
	return memory, cpu
}

func number(file string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

func thousandths(quota, period string) int64 {
	q, errQ := strconv.ParseInt(quota, 10, 64)
	p, errP := strconv.ParseInt(period, 10, 64)
	if errQ != nil || errP != nil || q < 0 || p == 0 {
		return 0
	}
	return q * 1000 / p
}

// devices are the device files below /dev, which is where a privileged container sees those of the host.
func devices() []string {
	var found []string
	filepath.WalkDir("/dev", func(file string, e os.DirEntry, err error) error {
		if err != nil || file == "/dev/pts" || file == "/dev/shm" || file == "/dev/mqueue" {
			if err == nil && e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		// With a user namespace a device is mounted on a file, and the directory says "file".
		if info, err := os.Lstat(file); err == nil && info.Mode()&os.ModeDevice != 0 {
			found = append(found, strings.TrimPrefix(file, "/dev/"))
		}
		return nil
	})
	return found
}
