//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// SSH to a node of the first example is closed, opens by the generated script on the machine alone, and closes by itself.
// It needs no cluster: the firewall, the script and sshd's configuration are those of install.sh, sshd is the host's own.
func TestSSHOpensForAWhile(t *testing.T) {
	ctx := t.Context()
	cache, err := build.CacheDir()
	must(t, err)
	b := &build.Builder{Cache: cache, Log: os.Stdout}
	probe, err := b.Own(ctx, "..", "./e2e/probe")
	must(t, err)
	bartizan, err := b.Own(ctx, "..", "./cmd/bartizan")
	must(t, err)
	l, err := lab.New(ctx, probe, os.Stdout)
	must(t, err)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	tree := filepath.Join(l.Work, "tree")
	out, err := exec.CommandContext(ctx, bartizan, "generate", filepath.Join("..", boutique.spec), "-o", tree, "--today", today, "--unresolved-images").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start := func(name, address string) *lab.Machine {
		m, err := l.Machine(ctx, name, netip.MustParsePrefix(address+"/16"))
		must(t, err)
		return m
	}
	g := &gate{node: start("cp-1", "10.20.0.11"), jump: start("bastion", "10.20.9.10"), neighbour: start("cp-2", "10.20.0.12"), stranger: start("stranger", "10.20.7.7")}
	must(t, g.node.Copy(ctx, filepath.Join(tree, "clusters/boutique/nodes/control"), "/root/files"))
	_, err = g.node.Shell(ctx, `set -eu
cd /root/files
grep '^install ' install.sh | sh -eu
systemctl restart bartizan-firewall.service
ssh-keygen -A
groupadd -f -r bartizan-ssh
/usr/sbin/sshd -t
/usr/sbin/sshd`)
	must(t, err)

	for _, step := range []struct {
		name string
		do   string // on the node, as root
		open bool   // for the jump box
	}{
		{"it is closed after the start", "true", false},
		{"words that are not understood open nothing", refusedWords, false},
		{"it opens", "bartizan-ssh-open 120m 'a disk is full'", true},
		{"it closes early", "bartizan-ssh-open close", false},
		{"it opens again", "bartizan-ssh-open 5m 'a disk is full'", true},
		{"loading the firewall closes it", "systemctl restart bartizan-firewall.service", false},
		{"the last one counts", "bartizan-ssh-open 120m first && bartizan-ssh-open 1m second", true},
	} {
		if out, err := g.node.Shell(ctx, step.do); err != nil {
			t.Fatalf("%s: %v: %s", step.name, err, out)
		}
		if err := g.judge(ctx, step.open); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		t.Log(step.name)
	}
	if err := g.session(ctx); err != nil {
		t.Error(err)
	}
	// The minute began before the last look.
	time.Sleep(time.Minute)
	must(t, g.judge(ctx, false))
	left, err := g.node.Shell(ctx, "nft list set inet bartizan ssh_open")
	must(t, err)
	if strings.Contains(left, "elements") {
		t.Errorf("after the minute the set is not empty: %s", left)
	}
}

// refusedWords fails if one of the calls is not refused.
const refusedWords = `for words in '0m x' '121m x' '1h x' '30 x' '030m x' '30m' '1m;23 x' '@all x' '' 'close now'; do
	# shellcheck disable=SC2086 # they are words
	if bartizan-ssh-open $words 2>/dev/null; then echo "$words"; exit 1; fi
done
if bartizan-ssh-open 30m '' 2>/dev/null; then echo no reason; exit 1; fi`

// gate is a node and those who try to reach its sshd.
type gate struct{ node, jump, neighbour, stranger *lab.Machine }

// judge tries sshd from everywhere: only the jump box may reach it, and only while it is open. What answers must be sshd.
func (g *gate) judge(ctx context.Context, open bool) error {
	_, err := checkWays(ctx, []way{
		{g.jump, g.node, "22", open}, {g.jump, g.node, "2379", false}, {g.neighbour, g.node, "22", false}, {g.stranger, g.node, "22", false},
	})
	if err != nil || !open {
		return err
	}
	out, err := g.jump.Shell(ctx, "ssh-keyscan -T 3 "+g.node.Address.String()+" 2>/dev/null")
	if err == nil && !strings.Contains(out, "ssh-ed25519 ") {
		err = fmt.Errorf("sshd answers %q", out)
	}
	return err
}

// session logs a person in, while it is open, with a key that the generated script has put in place.
func (g *gate) session(ctx context.Context) error {
	key, err := g.jump.Shell(ctx, "mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id && cat /root/.ssh/id.pub")
	if err != nil {
		return err
	}
	if _, err := g.node.RunInput(ctx, strings.NewReader(key), "bartizan-ssh-user", "add", "anna", "platform"); err != nil {
		return err
	}
	out, err := g.jump.Shell(ctx, "ssh -v -i /root/.ssh/id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes anna@"+g.node.Address.String()+" true 2>&1 || true")
	if err != nil {
		return err
	}
	if !strings.Contains(out, "Authenticated to ") {
		return fmt.Errorf("no login while it is open: %s", out)
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
