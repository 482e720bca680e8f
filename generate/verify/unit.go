package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// judgeUnit compares a systemd unit with the lines that it must have: all of them, and nothing else, each after the
// header of its section. Sections are in the order of want; the order of lines within a section is free.
func judgeUnit(data []byte, want map[string][]string) error {
	got := map[string][]string{}
	section := ""
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
			if _, twice := got[section]; twice {
				return fmt.Errorf("line %d: section %s again", i+1, section)
			}
			got[section] = nil
		default:
			got[section] = append(got[section], line)
		}
	}
	for _, section := range []string{"", "Unit", "Service", "Timer", "Install"} {
		g, w := slices.Clone(got[section]), slices.Clone(want[section])
		g = slices.DeleteFunc(g, func(s string) bool { return strings.HasPrefix(s, "Description=") })
		slices.Sort(g)
		slices.Sort(w)
		if !slices.Equal(g, w) {
			return fmt.Errorf("section %q is not exactly: %s", section, strings.Join(w, "; "))
		}
		delete(got, section)
	}
	for _, section := range slices.Sorted(maps.Keys(got)) {
		return fmt.Errorf("section %q is not expected", section)
	}
	return nil
}

// judgeFirewallUnit wants the firewall loaded before the network and before the kubelet, and never unloaded.
func judgeFirewallUnit(data []byte) error { return judgeFirewallUnitOf(data, "kubelet.service") }

// judgeFirewallUnitOf is the same for another service that must not start without the firewall.
func judgeFirewallUnitOf(data []byte, service string) error {
	return judgeUnit(data, map[string][]string{
		"Unit": {
			"DefaultDependencies=no", "After=local-fs.target systemd-modules-load.service", "Wants=network-pre.target",
			"Before=network-pre.target " + service + " shutdown.target", "Conflicts=shutdown.target",
		},
		"Service": {
			"Type=oneshot", "RemainAfterExit=yes", "ExecStart=/usr/sbin/nft -f /etc/bartizan/firewall.nft",
			"ExecReload=/usr/sbin/nft -f /etc/bartizan/firewall.nft",
		},
		"Install": {"WantedBy=sysinit.target", "RequiredBy=" + service},
	})
}
