package generate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// What comes from outside is listed by where it comes from; what comes from inside is not.
func TestWaysIntoTheClusterAreListedByThemselves(t *testing.T) {
	c := &model.Cluster{Name: "c"}
	n := &model.Namespace{Name: "shop", Cluster: c}
	c.Namespaces = []*model.Namespace{n}
	internet, office := &model.Zone{Name: model.InternetZone}, &model.Zone{Name: "office"}
	vpn := &model.VPN{Name: "wg"}
	g := &model.Gateway{Name: "public", Namespace: n, From: []model.Peer{internet, office}}
	inside := &model.Workload{Name: "inside", Namespace: n}
	w := &model.Workload{Name: "web", Namespace: n}
	http := &model.Port{Name: "http", Number: 8080, Protocol: model.TCP, Workload: w, From: []model.Peer{inside, vpn, &model.NodePool{Name: "control"}}}
	game := &model.Port{Name: "game", Number: 27015, Protocol: model.UDP, Workload: w, From: []model.Peer{internet}}
	w.Ports = []*model.Port{http, game}
	w.Exposes = []*model.Expose{{Host: "shop.example.com", Via: g, Port: http, Path: "/"}, {Host: "api.example.com", Via: g, Port: http, Path: "/v1"}}
	n.Workloads = []*model.Workload{inside, w}

	var got connectivityCluster
	got.entries(c)
	want := connectivityCluster{
		Public: []entryRow{
			{"zone.internet", "gateway.public", "shop.example.com", "workload.shop.web", "8080/TCP"},
			{"zone.internet", "gateway.public", "api.example.com/v1", "workload.shop.web", "8080/TCP"},
			{"zone.internet", "", "", "workload.shop.web", "27015/UDP"},
		},
		Private: []entryRow{
			{"zone.office", "gateway.public", "shop.example.com", "workload.shop.web", "8080/TCP"},
			{"zone.office", "gateway.public", "api.example.com/v1", "workload.shop.web", "8080/TCP"},
			{"vpn.wg", "", "", "workload.shop.web", "8080/TCP"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The table of what machines accept says what their firewalls do, and leaves nothing out.
func TestWhatMachinesAcceptIsWhatTheirFirewallsAccept(t *testing.T) {
	accepts := regexp.MustCompile(`^ *ip6? saddr (?:!= )?(?:\{ )?([^{}]*?)(?: \})? (tcp|udp|meta l4proto esp)(?: dport (\S+))?( tcp dport @ssh_open)? accept comment "(.*) from (\S+?)(?:, while it is open)?"$`)
	row := regexp.MustCompile("^\\| `(\\S+)` \\| (.*) \\| ([^|]+) \\| `(\\S+)` \\| (.*) \\|$")
	for dir, spec := range allSpecifications(t) {
		set, err := Run(spec, All)
		if err != nil {
			t.Fatal(err)
		}
		files := set.Files()
		var table, rules []string
		_, machines, _ := strings.Cut(string(files["docs/connectivity.md"]), "## What machines accept")
		for line := range strings.Lines(machines) {
			if m := row.FindStringSubmatch(strings.TrimSpace(line)); m != nil && !strings.HasPrefix(m[1], "vpn.") {
				for _, address := range strings.Split(m[5], ", ") {
					table = append(table, fmt.Sprintf("%s %s %s from %s %s", m[1], m[2], m[3], m[4], address))
				}
			}
		}
		add := func(machine, file string) {
			for line := range strings.Lines(string(files[file])) {
				line = strings.ReplaceAll(line, "'", `"`) // in a comment of nft, which has no other quotes
				m := accepts.FindStringSubmatch(strings.TrimRight(line, "\n"))
				if m == nil {
					continue
				}
				port := strings.TrimPrefix(m[3]+"/"+strings.ToUpper(m[2]), "/META L4PROTO ")
				if m[4] != "" {
					port += ", while it is open"
				}
				if strings.Contains(line, "saddr !=") {
					rules = append(rules, fmt.Sprintf("%s %s %s from %s all but the declared networks", machine, m[5], port, m[6]))
					continue
				}
				for _, address := range strings.Split(m[1], ", ") {
					if !strings.Contains(address, "/") {
						address += map[bool]string{true: "/128", false: "/32"}[strings.Contains(address, ":")]
					}
					rules = append(rules, fmt.Sprintf("%s %s %s from %s %s", machine, m[5], port, m[6], address))
				}
			}
		}
		for _, c := range spec.Clusters {
			for _, p := range c.NodePools {
				add(string(p.Addr()), PoolDir(p)+"/nftables.nft")
			}
			_, boxes := c.Entrances(spec)
			for _, j := range boxes {
				add(string(j.Addr()), AccessDir(c)+"/jump-box/"+j.Name+"/nftables.nft")
			}
		}
		slices.Sort(table)
		slices.Sort(rules)
		table, rules = slices.Compact(table), slices.Compact(rules)
		if len(rules) == 0 {
			t.Errorf("%s: no rule was read", dir)
		}
		if diff := cmp.Diff(rules, table); diff != "" {
			t.Errorf("%s: rules of firewalls, table: %s", dir, diff)
		}
	}
}
