//go:build linux

package network

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
)

// kubeRouter is the controller of kube-router. It makes the kernel's rules anew, in passes, whenever something changes.
type kubeRouter struct {
	*agent
	// Under the agent's lock:
	running  time.Time // when the pass that is under way began; zero: none is
	finished time.Time // when the last whole pass began
	passes   int
	failed   string // why the controller gave up
}

func startKubeRouter(n *Node, program, dir string, server *apiserver.Server) (enforcer, error) {
	a, err := n.newAgent(program, dir, server)
	if err != nil {
		return nil, err
	}
	for _, tool := range []string{"iptables", "iptables-save", "iptables-restore"} {
		if err := os.Symlink(legacy(tool), filepath.Join(dir, tool)); err != nil {
			return nil, err
		}
	}
	a.cmd.Env = []string{"PATH=" + dir + ":/usr/sbin:/usr/bin:/sbin:/bin", "XTABLES_LOCKFILE=" + filepath.Join(dir, "lock")}
	f := &kubeRouter{agent: a}
	return f, a.run(n, f.follow)
}

// What the controller logs: the beginning of a pass with its time in nanoseconds, and that it gives up.
var (
	beginning = regexp.MustCompile(`Starting sync of iptables with version: (\d+)`)
	giveUp    = regexp.MustCompile(`^F\d{4} |Aborting sync`)
)

// follow reads a line of the controller's log.
func (f *kubeRouter) follow(line string) {
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
}

// quiet is how long no pass may begin before the rules are taken to be settled. A change makes one at once.
const quiet = 300 * time.Millisecond

func (f *kubeRouter) settle(ctx context.Context, since time.Time) error {
	still := time.Now()
	for seen, end := 0, time.Now().Add(2*time.Minute); ; time.Sleep(10 * time.Millisecond) {
		f.mu.Lock()
		idle, passes, failed := f.running.IsZero() && f.finished.After(since), f.passes, f.failed
		f.mu.Unlock()
		if !idle || passes != seen {
			seen, still = passes, time.Now()
		}
		switch {
		case failed != "":
			return fmt.Errorf("the controller: %.2000s", failed)
		case idle && time.Since(still) > quiet:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case f.over() || time.Now().After(end):
			return fmt.Errorf("the controller sets no rules: %.2000s", f.tail())
		}
	}
}
