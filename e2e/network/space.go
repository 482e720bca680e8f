//go:build linux

package network

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// space is a network namespace. The open file is all that keeps it: it ends with the process, also when that is killed.
type space struct{ file *os.File }

func newSpace() (*space, error) {
	s := &space{}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("a network namespace cannot be made: %w", err)
		}
		var err error
		s.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, s.ip("link set lo up")
}

// onThread runs f on a thread of its own, which ends afterwards: nothing else ever runs where f went.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// in runs f inside. The sockets that f opens and the programs that it starts stay there; goroutines that it starts do not.
func (s *space) in(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// path names the namespace to ip, while this process lives.
func (s *space) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.file.Fd()) }

// ip runs lines of ip inside.
func (s *space) ip(lines ...string) error {
	return s.run(strings.Join(lines, "\n"), "ip", "-batch", "-")
}

// run runs a program inside.
func (s *space) run(input, program string, args ...string) error {
	return s.in(func() error {
		cmd := exec.Command(program, args...)
		cmd.Stdin = strings.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %.500s", strings.Join(append([]string{program}, args...), " "), err, out)
		}
		return nil
	})
}

// set sets a kernel setting of the network, such as ipv4.ip_forward.
func (s *space) set(name, value string) error {
	return s.in(func() error {
		return os.WriteFile("/proc/sys/net/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0)
	})
}
