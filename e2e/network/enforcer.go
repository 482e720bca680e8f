//go:build linux

package network

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
)

// Enforcer names a network policy controller that others wrote.
type Enforcer string

const (
	// KubeRouter is kube-router's. It reads NetworkPolicies alone, filters TCP and UDP of IPv4, and refuses by an answer.
	KubeRouter Enforcer = "kube-router"
	// KubeNetworkPolicies is SIG Network's own. It also reads ClusterNetworkPolicies, and filters SCTP and IPv6 as well. What it
	// refuses is dropped.
	KubeNetworkPolicies Enforcer = "kube-network-policies"
)

// program is what the controller is built from, and the name of its program.
func (e Enforcer) program() (build.Component, string) {
	if e == KubeNetworkPolicies {
		return build.KubeNetworkPolicies(), "knpd"
	}
	return build.Netpold(), "netpold"
}

// start starts the controller on a node. dir is an empty directory.
func (e Enforcer) start(ctx context.Context, n *Node, program, dir string, server *apiserver.Server) (enforcer, error) {
	if e == KubeNetworkPolicies {
		return startKubeNetworkPolicies(ctx, n, program, dir, server)
	}
	return startKubeRouter(n, program, dir, server)
}

// enforcer is a controller that runs.
type enforcer interface {
	// settle waits until the node filters by the objects as they are now, when the last change of them began at the time since.
	settle(ctx context.Context, since time.Time) error
	// close ends the controller. Its rules stay until the node ends.
	close() error
}

// agent is a program in the network of a node. It reaches the API server, which listens on the host's loopback, by a relay.
type agent struct {
	cmd   *exec.Cmd
	relay net.Listener
	ended chan struct{}

	mu    sync.Mutex
	lines []string // the last ones of its log
}

// newAgent prepares a program, which is started with the path of a kubeconfig and the name of the node.
func (n *Node) newAgent(program, dir string, server *apiserver.Server) (*agent, error) {
	a := &agent{ended: make(chan struct{})}
	err := n.space.in(func() (err error) {
		a.relay, err = net.Listen("tcp4", "127.0.0.1:0")
		return err
	})
	if err != nil {
		return nil, err
	}
	go relay(a.relay, server.Address())
	text, err := server.Kubeconfig("https://" + a.relay.Addr().String())
	if err != nil {
		return nil, err
	}
	access := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(access, text, 0o600); err != nil {
		return nil, err
	}
	a.cmd = exec.Command("setpriv", "--pdeathsig", "KILL", "--", program, access, nodeName)
	return a, nil
}

// run starts the program in the network of the node. Each line of its log is given to read, under the agent's lock.
func (a *agent) run(n *Node, read func(line string)) error {
	log, err := a.cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error, 2)
	go func() {
		defer close(a.ended)
		// The thread that starts the program must live as long: its end is what ends the program.
		started <- n.space.in(func() error {
			if err := a.cmd.Start(); err != nil {
				return err
			}
			started <- nil
			a.read(log, read)
			_ = a.cmd.Wait() // that it was killed is no error
			return nil
		})
	}()
	return <-started
}

// read follows the program's log.
func (a *agent) read(log io.Reader, each func(line string)) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 16<<20) // a failure of iptables-restore is logged with all rules
	for lines.Scan() {
		a.mu.Lock()
		if a.lines = append(a.lines, lines.Text()); len(a.lines) > 50 {
			a.lines = a.lines[1:]
		}
		each(lines.Text())
		a.mu.Unlock()
	}
}

// tail is the end of the program's log.
func (a *agent) tail() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.lines, "\n")
}

// over says whether the program has ended.
func (a *agent) over() bool {
	select {
	case <-a.ended:
		return true
	default:
		return false
	}
}

func (a *agent) close() error {
	if a.cmd.Process == nil { // it could not be started
		return a.relay.Close()
	}
	err := a.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-a.ended
	return errors.Join(err, a.relay.Close())
}

// legacy is the path of a tool that speaks to the kernel's own tables of iptables.
func legacy(tool string) string {
	return "/usr/sbin/" + strings.Replace(tool, "tables", "tables-legacy", 1)
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
