//go:build linux

package network

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
)

// kubeNetworkPolicies is the engine of kube-network-policies. The kernel asks it about the first packet of each connection, by
// a queue, so it has no rules that would have to be made anew: it judges by the objects that it has seen.
type kubeNetworkPolicies struct {
	*agent
	node    *Node
	server  *apiserver.Server
	ask     io.Writer
	answers *bufio.Reader
}

// queueRules lead packets to the queues of knpd, as the rules that kube-network-policies sets by nftables do where the kernel
// knows queues there (pkg/dataplane and pkg/dns of its release 1.1.0). The engine's queue comes before that of DNS answers,
// which is at a later hook: the table nat there sees the first packet of a connection, and the others pass the engine's rules
// anyway. What the kernel remembers as allowed is not judged again, where the project's own rules look for a label that
// the engine sets; Enforce makes the kernel forget.
const queueRules = `*mangle
-A POSTROUTING -p udp --sport 53 -m conntrack --ctstate ESTABLISHED,RELATED -j NFQUEUE --queue-num 101 --queue-bypass
%s-A POSTROUTING -m owner --uid-owner 0 -j ACCEPT
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A POSTROUTING -j NFQUEUE --queue-num 100
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j NFQUEUE --queue-num 100
COMMIT
*nat
-A POSTROUTING -p udp --sport 53 -j NFQUEUE --queue-num 101 --queue-bypass
COMMIT
`

// neighbours lets the five kinds of ICMPv6 pass by which neighbours find each other.
func neighbours() string {
	var rules strings.Builder
	for kind := 133; kind <= 137; kind++ {
		fmt.Fprintf(&rules, "-A POSTROUTING -p icmpv6 --icmpv6-type %d -j ACCEPT\n", kind)
	}
	return rules.String()
}

func startKubeNetworkPolicies(ctx context.Context, n *Node, program, dir string, server *apiserver.Server) (enforcer, error) {
	a, err := n.newAgent(program, dir, server)
	if err != nil {
		return nil, err
	}
	f := &kubeNetworkPolicies{agent: a, node: n, server: server}
	if f.ask, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.answers = bufio.NewReader(out)
	if err := a.run(n, func(string) {}); err != nil {
		return nil, err
	}
	if err := f.opened(ctx); err != nil {
		return f, err
	}
	if err := n.space.run(fmt.Sprintf(queueRules, ""), legacy("iptables-restore"), "--noflush"); err != nil {
		return f, err
	}
	return f, n.space.run(fmt.Sprintf(queueRules, neighbours()), legacy("ip6tables-restore"), "--noflush")
}

// opened waits until the program listens on both queues: the kernel drops what is for a queue that nobody has opened.
func (f *kubeNetworkPolicies) opened(ctx context.Context) error {
	return f.until(ctx, func() (bool, error) {
		open := 0
		err := f.node.space.in(func() error {
			text, err := os.ReadFile("/proc/thread-self/net/netfilter/nfnetlink_queue")
			for line := range strings.Lines(string(text)) {
				if number := strings.Fields(line)[0]; number == "100" || number == "101" {
					open++
				}
			}
			return err
		})
		return open == 2, err
	})
}

// until waits for something that the program does.
func (f *kubeNetworkPolicies) until(ctx context.Context, done func() (bool, error)) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ok, err := done()
		switch {
		case ok || err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case f.over() || time.Now().After(end):
			return fmt.Errorf("the controller does not do what is asked: %.2000s", f.tail())
		}
	}
}

// settle waits until the engine has seen every object as the API server has it, by its version, and no others.
func (f *kubeNetworkPolicies) settle(ctx context.Context, _ time.Time) error {
	return f.until(ctx, func() (bool, error) {
		want, err := f.stored(ctx)
		if err != nil {
			return false, err
		}
		if _, err := fmt.Fprintln(f.ask); err != nil {
			return false, fmt.Errorf("%w: %.2000s", err, f.tail())
		}
		line, err := f.answers.ReadBytes('\n')
		if err != nil {
			return false, fmt.Errorf("%w: %.2000s", err, f.tail())
		}
		var got []string
		if err := json.Unmarshal(line, &got); err != nil {
			return false, err
		}
		return slices.Equal(got, want), nil
	})
}

// judged are the kinds of objects that the engine judges by, and where the API server has them.
var judged = map[string]string{
	"Namespace": "/api/v1/namespaces", "Pod": "/api/v1/pods", "Node": "/api/v1/nodes",
	policyKind: "/apis/" + policyVersion + "/networkpolicies", clusterPolicyKind: "/apis/" + clusterPolicyVersion + "/clusternetworkpolicies",
}

// stored are the objects that the API server has, in the words of knpd.
func (f *kubeNetworkPolicies) stored(ctx context.Context) ([]string, error) {
	objects := []string{}
	for kind, path := range judged {
		var list struct {
			Items []struct {
				Metadata struct{ Namespace, Name, ResourceVersion string }
			}
		}
		if err := f.server.Get(ctx, path, &list); err != nil {
			return nil, err
		}
		for _, o := range list.Items {
			objects = append(objects, fmt.Sprintf("%s %s/%s %s", kind, o.Metadata.Namespace, o.Metadata.Name, o.Metadata.ResourceVersion))
		}
	}
	slices.Sort(objects)
	return objects, nil
}
