package verify

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// WireGuard lets in whoever has the private key of a peer, with the addresses of the peer's AllowedIPs only
// (cryptokey routing, wireguard.com). So the peers must be exactly the declared devices, one address each.
var wireGuard = &Check{
	Name: "wireguard",
	Doc: `only declared devices join the VPN, and reach declared destinations only

Reads the server's configuration, its firewall and each device's configuration.`,
	Controls: []model.ControlID{model.VPNKeys, model.VPNFirewall},
	Run: func(p *Pass) {
		for _, v := range p.Spec.VPNs {
			keys, firewall := holder{}, holder{}
			for _, c := range p.Spec.Clusters {
				vpns, _ := c.Entrances(p.Spec)
				if !slices.Contains(vpns, v) {
					continue
				}
				read := p.readHost(wantWireGuard(c, v))
				f := p.hostProof(read, model.VPNKeys, "wg0.conf", "bartizan-wireguard-key.service", "setup-wireguard.sh")
				f.judge("wg0.conf", func(data []byte) error { return judgeServer(data, v) })
				f.judge("bartizan-wireguard-key.service", judgeKeyUnit)
				judgeDevices(f, p.Spec, v)
				keys.add(path.Join(read.want.dir, "wg0.conf"), !f.failed, f.files()...)

				f = p.hostProof(read, model.VPNFirewall, "nftables.nft", "bartizan-firewall.service", "sysctl.conf", "setup-wireguard.sh")
				f.judge("nftables.nft", func(data []byte) error { return judgeVPNFirewall(data, p.Spec, v) })
				f.judge("bartizan-firewall.service", func(data []byte) error { return judgeFirewallUnitOf(data, "wg-quick@wg0.service") })
				judgeGatewaySystem(f, "", true)
				firewall.add(path.Join(read.want.dir, "nftables.nft"), !f.failed, f.files()...)
			}
			keys.prove(p, model.VPNKeys, v.Addr())
			firewall.prove(p, model.VPNFirewall, v.Addr())
		}
	},
}

func wantWireGuard(c *model.Cluster, v *model.VPN) hostWant {
	return hostWant{
		dir:      generate.WireGuardDir(c, v),
		subject:  v.Addr(),
		packages: []string{"nftables", "unattended-upgrades", "wireguard-tools"},
		files: slices.Concat([]hostFile{
			{"wg0.conf", "/etc/wireguard/wg0.conf", "0600"},
			{"bartizan-wireguard-key.service", "/etc/systemd/system/bartizan-wireguard-key.service", "0644"},
			{"nftables.nft", "/etc/bartizan/firewall.nft", "0600"},
		}, gatewayFiles(), []hostFile{{"setup-wireguard.sh", "/usr/local/sbin/bartizan-wireguard", "0700"}}),
		setup: "setup-wireguard.sh",
		commands: []string{
			"systemctl daemon-reload", "systemctl mask --now nftables.service", "systemctl enable bartizan-firewall.service",
			"systemctl restart bartizan-firewall.service", "sysctl --system", purge + " openssh-server",
			"systemctl start bartizan-wireguard-key.service", "systemctl enable wg-quick@wg0.service",
			"systemctl restart wg-quick@wg0.service", "wg show wg0 public-key",
		},
	}
}

// section is one section of a WireGuard configuration; keys are as written.
type section struct {
	name   string
	values map[string]string
}

// readINI reads sections of "Key = value" lines. A key that stands twice in a section is an error.
func readINI(data []byte) ([]section, error) {
	var all []section
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			all = append(all, section{strings.Trim(line, "[]"), map[string]string{}})
		default:
			key, value, ok := strings.Cut(line, " = ")
			if !ok || len(all) == 0 || strings.Contains(value, "#") {
				return nil, fmt.Errorf("line %d: %q is not understood", i+1, line)
			}
			values := all[len(all)-1].values
			if _, twice := values[key]; twice {
				return nil, fmt.Errorf("line %d: %s stands twice", i+1, key)
			}
			values[key] = value
		}
	}
	return all, nil
}

// exactly compares a section with the values that it must have.
func (s section) exactly(name string, want map[string]string) error {
	if s.name != name {
		return fmt.Errorf("section %s stands where %s is expected", s.name, name)
	}
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if _, ok := want[key]; !ok {
			return fmt.Errorf("%s of section %s is not expected", key, name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if s.values[key] != want[key] {
			return fmt.Errorf("%s of section %s is %q, not %q", key, name, s.values[key], want[key])
		}
	}
	return nil
}

func judgeServer(data []byte, v *model.VPN) error {
	sections, err := readINI(data)
	if err != nil {
		return err
	}
	if len(sections) != len(v.Devices)+1 {
		return fmt.Errorf("there are %d peers, not %d", len(sections)-1, len(v.Devices))
	}
	bits := v.Server.BitLen()
	for _, z := range v.Zone.CIDRs {
		if z.Contains(v.Server) {
			bits = z.Bits()
		}
	}
	if err := sections[0].exactly("Interface", map[string]string{
		"Address": netip.PrefixFrom(v.Server, bits).String(), "ListenPort": fmt.Sprint(v.Endpoint.Port),
		"PostUp": "wg set %i private-key /etc/wireguard/wg0.key", "SaveConfig": "false",
	}); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, d := range v.Devices {
		key, err := base64.StdEncoding.DecodeString(d.PublicKey)
		if err != nil || len(key) != 32 || seen[d.PublicKey] || seen[d.Address.String()] {
			return fmt.Errorf("device %s has no key or address of its own", d.Name)
		}
		seen[d.PublicKey], seen[d.Address.String()] = true, true
		if err := sections[i+1].exactly("Peer", map[string]string{
			"PublicKey": d.PublicKey, "AllowedIPs": netip.PrefixFrom(d.Address, d.Address.BitLen()).String(),
		}); err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
	}
	return nil
}

func judgeKeyUnit(data []byte) error {
	return judgeUnit(data, map[string][]string{
		"Unit":    {"ConditionPathExists=!/etc/wireguard/wg0.key", "Before=wg-quick@wg0.service"},
		"Service": {"Type=oneshot", "UMask=0077", "ExecStart=/bin/sh -c 'exec wg genkey >/etc/wireguard/wg0.key'"},
	})
}

// judgeDevices wants one configuration for each device and no others, without keys, and with routes to declared
// destinations only.
func judgeDevices(f *hostProof, spec *model.Spec, v *model.VPN) {
	var routes []string
	for _, d := range spec.Destinations(v) {
		for _, cidr := range d.CIDRs {
			if !slices.Contains(routes, cidr.String()) {
				routes = append(routes, cidr.String())
			}
		}
	}
	dir := path.Join(f.read.want.dir, "devices")
	var names []string
	for _, d := range v.Devices {
		name := d.Name + ".conf"
		names = append(names, path.Join(dir, name))
		sections, err := readINI(f.pass.Files[path.Join(dir, name)])
		if err == nil && len(sections) != 2 {
			err = fmt.Errorf("there are %d sections, not 2", len(sections))
		}
		if err == nil {
			err = sections[0].exactly("Interface", map[string]string{
				"PrivateKey": "INSERT-THE-PRIVATE-KEY-OF-THIS-DEVICE", "Address": netip.PrefixFrom(d.Address, d.Address.BitLen()).String(),
			})
		}
		if err == nil {
			err = sections[1].exactly("Peer", map[string]string{
				"PublicKey": "INSERT-THE-PUBLIC-KEY-OF-THE-SERVER", "PersistentKeepalive": "25", "AllowedIPs": strings.Join(routes, ", "),
				"Endpoint": hostPort(v.Endpoint),
			})
		}
		if err != nil {
			f.find(path.Join("devices", name), "", err)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(f.pass.Files)) {
		if strings.HasPrefix(file, dir+"/") && strings.HasSuffix(file, ".conf") && !slices.Contains(names, file) {
			f.find(path.Join("devices", path.Base(file)), "", fmt.Errorf("the device is not declared"))
		}
	}
}

func hostPort(h model.HostPort) string {
	if strings.Contains(h.Host, ":") {
		return fmt.Sprintf("[%s]:%d", h.Host, h.Port)
	}
	return fmt.Sprintf("%s:%d", h.Host, h.Port)
}

func judgeVPNFirewall(data []byte, spec *model.Spec, v *model.VPN) error {
	chains, err := readGateway(data, "input", "forward")
	if err != nil {
		return err
	}
	if err := sameOpenings(chains["input"], []opening{
		{from: allIP, to: allIP, proto: "udp", first: v.Endpoint.Port, last: v.Endpoint.Port},
	}, "wg0", "eth0"); err != nil {
		return fmt.Errorf("chain input: %w", err)
	}
	var want []opening
	for _, d := range spec.Destinations(v) {
		want = append(want, opening{
			in: "wg0", from: addrs(v.Zone.CIDRs...), to: addrs(d.CIDRs...), proto: strings.ToLower(string(d.Protocol)), first: d.Port, last: d.Port,
		})
	}
	if err := sameOpenings(chains["forward"], want, "wg0", "eth0"); err != nil {
		return fmt.Errorf("chain forward: %w", err)
	}
	return nil
}
