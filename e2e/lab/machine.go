package lab

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed machine
var machineFiles embed.FS

// Machine is one machine of the lab.
type Machine struct {
	Name    string
	Address netip.Addr
	// Work is the machine's directory on the host.
	Work string
	// init is the process that made the namespaces; the machine lives as long as its input is open.
	init  *exec.Cmd
	input io.Closer
	// pid is the machine's first process, as the host numbers it.
	pid    int
	system bool
}

// start makes namespaces; with system the machine has system directories of its own, else only a network.
func (l *Lab) start(ctx context.Context, name string, system bool) (*Machine, error) {
	m := &Machine{Name: name, Work: filepath.Join(l.Work, name), system: system}
	if err := os.MkdirAll(m.Work, 0o755); err != nil {
		return nil, err
	}
	// Not bound to ctx: an interrupted run ends its machines in Close, in order.
	m.init = exec.Command("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", l.probe, "init")
	m.init.Stderr = l.log
	input, err := m.init.StdinPipe()
	if err != nil {
		return nil, err
	}
	m.input = input
	if err := m.init.Start(); err != nil {
		return nil, err
	}
	if system {
		l.machines = append(l.machines, m)
	}
	if m.pid, err = m.first(ctx); err != nil {
		return nil, err
	}
	if !system {
		return m, nil
	}
	for _, script := range []string{"setup.sh", "kernel.sh"} {
		text, err := machineFiles.ReadFile("machine/" + script)
		if err != nil {
			return nil, err
		}
		args := []string{"sh", "-s", name, m.Work}
		if script == "kernel.sh" {
			args = []string{"sh", "-s", m.Work}
		}
		if out, err := m.RunInput(ctx, bytes.NewReader(text), args...); err != nil {
			return nil, fmt.Errorf("%s of %s: %w: %s", script, name, err, out)
		}
	}
	return m, m.install(ctx, "machine/standins", "/usr/local/sbin", 0o755)
}

// first waits for the machine's first process to stand in its namespaces.
func (m *Machine) first(ctx context.Context) (int, error) {
	parent := strconv.Itoa(m.init.Process.Pid)
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return 0, err
	}
	for range 200 {
		text, err := os.ReadFile("/proc/" + parent + "/task/" + parent + "/children")
		if err != nil {
			return 0, fmt.Errorf("%s: namespaces cannot be made: %w", m.Name, err)
		}
		if child := strings.TrimSpace(string(text)); child != "" {
			space, _ := os.Readlink("/proc/" + child + "/ns/pid")
			name, _ := os.Readlink("/proc/" + child + "/exe")
			if space != "" && space != own && filepath.Base(name) == "probe" {
				return strconv.Atoi(child)
			}
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("%s: namespaces were not made in time", m.Name)
}

// Command is a command on the machine. Its environment is empty but for the path and root's home.
func (m *Machine) Command(ctx context.Context, args ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(m.pid), "--net"}
	if m.system {
		enter = append(enter, "--mount", "--uts", "--ipc", "--pid")
	}
	enter = append(enter, "--", "env", "-i", "HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	cmd := exec.CommandContext(ctx, "nsenter", append(enter, args...)...)
	// What a command leaves running must not keep its caller waiting.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Run runs a command on the machine and returns its output. The error of a command that fails holds what it wrote last.
func (m *Machine) Run(ctx context.Context, args ...string) (string, error) {
	return m.RunInput(ctx, nil, args...)
}

// RunInput is Run with an input.
func (m *Machine) RunInput(ctx context.Context, in io.Reader, args ...string) (string, error) {
	cmd := m.Command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), &CommandError{Machine: m.Name, Args: args, Err: err, Stdout: stdout.String(), Stderr: stderr.String()}
	}
	return stdout.String(), nil
}

// Shell runs a line of shell on the machine.
func (m *Machine) Shell(ctx context.Context, line string) (string, error) {
	return m.Run(ctx, "sh", "-c", line)
}

// CommandError is a command that failed.
type CommandError struct {
	Machine        string
	Args           []string
	Err            error
	Stdout, Stderr string
}

func (e *CommandError) Unwrap() error { return e.Err }

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: %s: %v: %s", e.Machine, strings.Join(e.Args, " "), e.Err, tail(e.Stderr+e.Stdout, 1500))
}

func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// Write writes a file on the machine, and its directories.
func (m *Machine) Write(ctx context.Context, name string, mode fs.FileMode, data []byte) error {
	_, err := m.RunInput(ctx, bytes.NewReader(data), "install", "-D", "-m", fmt.Sprintf("%04o", mode), "/dev/stdin", name)
	return err
}

// Copy copies a file or directory of the host to a path of the machine. Modes are kept.
func (m *Machine) Copy(ctx context.Context, from, to string) error {
	// The host's file system is visible on the machine, except the directories that are its own.
	pack := exec.CommandContext(ctx, "tar", "-C", filepath.Dir(from), "-cf", "-", "--transform", "s|^"+filepath.Base(from)+"|"+path.Base(to)+"|", filepath.Base(from))
	out, err := pack.StdoutPipe()
	if err != nil {
		return err
	}
	if err := pack.Start(); err != nil {
		return err
	}
	_, err = m.RunInput(ctx, out, "sh", "-c", `mkdir -p "$1" && tar -C "$1" -xf - --no-same-owner`, "sh", path.Dir(to))
	return errors.Join(err, pack.Wait())
}

// install puts the files of an embedded directory into one of the machine.
func (m *Machine) install(ctx context.Context, from, to string, mode fs.FileMode) error {
	entries, err := machineFiles.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := machineFiles.ReadFile(from + "/" + e.Name())
		if err != nil {
			return err
		}
		if err := m.Write(ctx, to+"/"+e.Name(), mode, data); err != nil {
			return err
		}
	}
	return nil
}

// end ends every process of the machine; its mounts and network go with the last one.
func (m *Machine) end() error {
	if m.init == nil || m.init.Process == nil {
		return nil
	}
	m.input.Close()
	done := make(chan error, 1)
	go func() { done <- m.init.Wait() }()
	select {
	case <-done:
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(fmt.Errorf("%s did not end by itself", m.Name), m.init.Process.Kill())
	}
}

// PID is the machine's first process, as the host numbers it: for nsenter.
func (m *Machine) PID() string { return strconv.Itoa(m.pid) }
