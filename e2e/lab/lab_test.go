//go:build e2e

package lab_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	probe := filepath.Join(t.TempDir(), "probe")
	if out, err := exec.Command("go", "build", "-o", probe, "../probe").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := lab.New(t.Context(), probe, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func machine(t *testing.T, l *lab.Lab, name, address string) *lab.Machine {
	t.Helper()
	m, err := l.Machine(t.Context(), name, netip.MustParsePrefix(address))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The scripts under test change kernel settings and system files: none of it may reach the host.
func TestMachinesDoNotChangeTheHost(t *testing.T) {
	l := newLab(t)
	m := machine(t, l, "one", "10.20.0.11/16")
	before, err := os.ReadFile("/proc/sys/kernel/panic")
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Shell(t.Context(), "sysctl -w kernel.panic=77 net.ipv4.ip_forward=1 && touch /etc/e2e /usr/bin/e2e /var/lib/e2e /opt/e2e && mount -t tmpfs x /mnt && hostname")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out, "one\n") {
		t.Errorf("the machine's name is %q", out)
	}
	after, err := os.ReadFile("/proc/sys/kernel/panic")
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("kernel.panic of the host was %q and is %q", before, after)
	}
	for _, file := range []string{"/etc/e2e", "/usr/bin/e2e", "/var/lib/e2e", "/opt/e2e"} {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s was made on the host", file)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), l.Work) {
		t.Error("the host has mounts of the lab")
	}
}

func TestMachinesReachEachOther(t *testing.T) {
	l := newLab(t)
	one, two := machine(t, l, "one", "10.20.0.11/16"), machine(t, l, "two", "10.20.0.12/16")
	if _, err := two.Shell(t.Context(), "setsid python3 -m http.server 8000 --directory /etc/ssl >/dev/null 2>&1 </dev/null &"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Run(t.Context(), "curl", "-sf", "--retry", "20", "--retry-delay", "1", "--retry-connrefused", "-o", "/dev/null", "http://10.20.0.12:8000/"); err != nil {
		t.Error(err)
	}
}

func TestMachinesEndWithTheLab(t *testing.T) {
	l := newLab(t)
	m := machine(t, l, "one", "10.20.0.11/16")
	if _, err := m.Shell(t.Context(), "setsid sleep 987654 >/dev/null 2>&1 </dev/null &"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range lines {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), "sleep\x00987654") {
			t.Errorf("%s still runs", filepath.Dir(f))
		}
	}
	if _, err := os.Stat(l.Work); err == nil {
		t.Errorf("%s is still there", l.Work)
	}
}
