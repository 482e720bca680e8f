// Package lab turns the host into a small network of machines that real components run on: each has namespaces of its own
// for mounts, network, processes, names and memory, and copies of the host's system directories that vanish with it. The
// host is not changed. It needs Linux, root, and the tools that e2e/debian.sh installs.
package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lab is the network and its machines.
type Lab struct {
	// Work is the directory of everything that the machines write; Close removes it.
	Work string
	log  io.Writer
	// probe is the program of command probe.
	probe    string
	net      *Machine
	machines []*Machine
}

// New makes an empty network. The program of command probe is the first process of each machine. Close ends what New and
// the methods of Lab made, also when New failed or the process is killed: a machine does not outlive its maker.
func New(ctx context.Context, probe string, log io.Writer) (*Lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("namespaces need root")
	}
	if err := sweep(); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", workPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, err
	}
	// Containers run as other users, and their files lie below.
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	l := &Lab{Work: work, log: log, probe: probe}
	l.net, err = l.start(ctx, "network", false)
	if err != nil {
		l.Close()
		return nil, err
	}
	if _, err := l.net.Shell(ctx, "ip link add lan type bridge && ip link set lan up && ip link set lo up"); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Machine starts a machine with the host name and the address; all machines stand in one network.
func (l *Lab) Machine(ctx context.Context, name string, address netip.Prefix) (*Machine, error) {
	m, err := l.start(ctx, name, true)
	if err != nil {
		return nil, err
	}
	m.Address = address.Addr()
	port := "to" + strconv.Itoa(len(l.machines))
	_, err = l.net.Shell(ctx, fmt.Sprintf("ip link add %s type veth peer name eth0 netns %d && ip link set %s master lan up", port, m.pid, port))
	if err != nil {
		return nil, err
	}
	_, err = m.Shell(ctx, fmt.Sprintf("ip link set lo up && ip address add %s dev eth0 && ip link set eth0 up", address))
	return m, err
}

// Close ends all machines and removes what they wrote.
func (l *Lab) Close() error {
	var errs []error
	for _, m := range l.machines {
		errs = append(errs, m.end())
	}
	if l.net != nil {
		errs = append(errs, l.net.end())
	}
	errs = append(errs, removeGroups(l.Work), os.RemoveAll(l.Work))
	return errors.Join(errs...)
}

const workPrefix = "bartizan-e2e-"

// sweep removes what a killed run has left. Its processes and mounts are gone with its namespaces.
func sweep() error {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), workPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), workPrefix), "-")
		pid, err := strconv.Atoi(text)
		if err != nil || syscall.Kill(pid, 0) == nil {
			continue
		}
		if err := errors.Join(removeGroups(dir), os.RemoveAll(dir)); err != nil {
			return err
		}
	}
	return nil
}

// Machines are the machines, in the order in which they were started.
func (l *Lab) Machines() []*Machine { return l.machines }
