//go:build linux

package network

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
)

// enforcer is the network policy controller of a node.
type enforcer struct {
	cmd   *exec.Cmd
	relay net.Listener
	ended chan struct{}

	mu       sync.Mutex
	running  time.Time // when the pass that is under way began; zero: none is
	finished time.Time // when the last whole pass began
	passes   int
	failed   string   // why the controller gave up
	lines    []string // the last ones of its log
}

// enforce starts the controller in the network of the node. It reaches the API server, which listens on the host's loopback,
// by a relay. dir is an empty directory.
func (n *Node) enforce(program, dir string, server *apiserver.Server) (*enforcer, error) {
	f := &enforcer{ended: make(chan struct{})}
	err := n.space.in(func() (err error) {
		f.relay, err = net.Listen("tcp4", "127.0.0.1:0")
		return err
	})
	if err != nil {
		return nil, err
	}
	go relay(f.relay, server.Address())
	text, err := server.Kubeconfig("https://" + f.relay.Addr().String())
	if err != nil {
		return nil, err
	}
	access := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(access, text, 0o600); err != nil {
		return nil, err
	}
	for _, tool := range []string{"iptables", "iptables-save", "iptables-restore"} {
		if err := os.Symlink(legacy(tool), filepath.Join(dir, tool)); err != nil {
			return nil, err
		}
	}
	f.cmd = exec.Command("setpriv", "--pdeathsig", "KILL", "--", program, access, nodeName)
	f.cmd.Env = []string{"PATH=" + dir + ":/usr/sbin:/usr/bin:/sbin:/bin", "XTABLES_LOCKFILE=" + filepath.Join(dir, "lock")}
	log, err := f.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	started := make(chan error, 2)
	go func() {
		defer close(f.ended)
		// The thread that starts the program must live as long: its end is what ends the program.
		started <- n.space.in(func() error {
			if err := f.cmd.Start(); err != nil {
				return err
			}
			started <- nil
			f.read(log)
			_ = f.cmd.Wait() // that it was killed is no error
			return nil
		})
	}()
	return f, <-started
}

// legacy is the path of a tool that speaks to the kernel's own tables of iptables.
func legacy(tool string) string {
	return "/usr/sbin/" + strings.Replace(tool, "iptables", "iptables-legacy", 1)
}

// relay passes connections on to an address of the host.
func relay(l net.Listener, server string) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			to, err := net.Dial("tcp", server)
			if err != nil {
				return
			}
			defer to.Close()
			go func() {
				_, _ = io.Copy(to, from)
				to.Close()
			}()
			_, _ = io.Copy(from, to)
		}()
	}
}

// What the controller logs: the beginning of a pass with its time in nanoseconds, and that it gives up.
var (
	beginning = regexp.MustCompile(`Starting sync of iptables with version: (\d+)`)
	giveUp    = regexp.MustCompile(`^F\d{4} |Aborting sync`)
)

// read follows the controller's log.
func (f *enforcer) read(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 16<<20) // a failure of iptables-restore is logged with all rules
	for lines.Scan() {
		line := lines.Text()
		f.mu.Lock()
		if f.lines = append(f.lines, line); len(f.lines) > 50 {
			f.lines = f.lines[1:]
		}
		switch m := beginning.FindStringSubmatch(line); {
		case m != nil:
			version, _ := strconv.ParseInt(m[1], 10, 64)
			f.running = time.Unix(0, version)
		case giveUp.MatchString(line):
			f.failed = line
		case strings.Contains(line, "sync iptables took"):
			f.finished, f.running = f.running, time.Time{}
			f.passes++
		}
		f.mu.Unlock()
	}
}

// quiet is how long no pass may begin before the rules are taken to be settled. A change makes one at once.
const quiet = 300 * time.Millisecond

// settle waits until the rules are those of the objects as they are now, when the last change of them began at the time
// since.
func (f *enforcer) settle(ctx context.Context, since time.Time) error {
	still := time.Now()
	for seen, end := 0, time.Now().Add(2*time.Minute); ; time.Sleep(10 * time.Millisecond) {
		f.mu.Lock()
		idle, passes, failed, log := f.running.IsZero() && f.finished.After(since), f.passes, f.failed, strings.Join(f.lines, "\n")
		f.mu.Unlock()
		if !idle || passes != seen {
			seen, still = passes, time.Now()
		}
		ended := false
		select {
		case <-f.ended:
			ended = true
		default:
		}
		switch {
		case failed != "":
			return fmt.Errorf("the controller: %.2000s", failed)
		case idle && time.Since(still) > quiet:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case ended || time.Now().After(end):
			return fmt.Errorf("the controller sets no rules: %.2000s", log)
		}
	}
}

// close ends the controller. Its rules stay until the node ends.
func (f *enforcer) close() error {
	err := f.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-f.ended
	return errors.Join(err, f.relay.Close())
}
