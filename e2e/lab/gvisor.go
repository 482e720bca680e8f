package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// gVisor are the files by which this host overrules what containerd tells gVisor.
var gVisor = map[string]string{
	"containerd.toml": "/etc/containerd/e2e-gvisor.toml",
	"runsc.toml":      "/etc/bartizan-e2e/runsc.toml",
}

// InstallGVisor writes what a machine needs if its containerd has gVisor: the shim, a program of the host, and what this
// host forces on it.
func (m *Machine) InstallGVisor(ctx context.Context, shim string) error {
	program, err := os.ReadFile(shim)
	if err != nil {
		return err
	}
	if able, err := lowersScores(); err != nil {
		return err
	} else if !able {
		if program, err = withoutScore(program); err != nil {
			return err
		}
	}
	if err := m.Write(ctx, "/usr/local/bin/containerd-shim-runsc-v1", 0o755, program); err != nil {
		return err
	}
	return m.writeAll(ctx, "gvisor", gVisor)
}

// lowersScores reports whether processes of this host may lower the score by which the kernel picks one to kill.
func lowersScores() (bool, error) {
	const resource = 24 // CAP_SYS_RESOURCE
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	_, rest, _ := strings.Cut(string(status), "\nCapEff:\t")
	set, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(set, 16, 64)
	return n&(1<<resource) != 0, err
}

// withoutScore makes the shim write its score where it means nothing: to /dev/null. It gives up where it may not lower the
// score; runc's shim does not, and containerd has a setting for it.
func withoutScore(program []byte) ([]byte, error) {
	score, nowhere := []byte("/proc/%d/oom_score_adj"), []byte("/proc/%d/root/dev/null")
	if n := bytes.Count(program, score); n != 1 {
		return nil, fmt.Errorf("the shim of gVisor names its score %d times", n)
	}
	return bytes.Replace(program, score, nowhere, 1), nil
}
