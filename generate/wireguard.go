package generate

import (
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var wireGuard = &Generator{
	Name: "wireguard",
	Doc: `let people's devices in through WireGuard

One peer for each declared device, a firewall that lets them reach declared destinations only, and a configuration for
each device. Private keys are made on the machine that holds them. A VPN that several clusters share stands under each of
them, with the same bytes.`,
	Controls: []model.ControlID{model.VPNKeys, model.VPNFirewall},
	Run: func(p *Pass) error {
		for _, c := range p.Spec.Clusters {
			vpns, _ := c.Entrances(p.Spec)
			for _, v := range vpns {
				if err := runWireGuard(p, c, v); err != nil {
					return fmt.Errorf("%s: %w", v.Addr(), err)
				}
			}
		}
		return nil
	},
}

// WireGuardDir holds the files of one VPN's server and devices.
func WireGuardDir(c *model.Cluster, v *model.VPN) string {
	return path.Join(AccessDir(c), "wireguard", v.Name)
}

// peerView is one device as WireGuard's templates see it.
type peerView struct {
	Name, Team, PublicKey string
	AllowedIPs            netip.Prefix
	Address               netip.Prefix
	Endpoint              string
	Destinations          []netip.Prefix
}

func runWireGuard(p *Pass, c *model.Cluster, v *model.VPN) error {
	var forward []templates.NFTRule
	var destinations []netip.Prefix
	for _, d := range p.Spec.Destinations(v) {
		forward = append(forward, templates.NFTRule{
			In: "wg0", From: v.Zone.CIDRs, To: d.CIDRs, Protocol: strings.ToLower(string(d.Protocol)), First: d.Port, Last: d.Port,
			Verdict: "accept", Comment: string(d.To),
		})
		destinations = append(destinations, d.CIDRs...)
	}
	destinations = uniquePrefixes(destinations)
	var peers []peerView
	for _, d := range v.Devices {
		own := netip.PrefixFrom(d.Address, d.Address.BitLen())
		peers = append(peers, peerView{
			Name: d.Name, Team: d.Team.Name, PublicKey: d.PublicKey, AllowedIPs: own, Address: own,
			Endpoint: net.JoinHostPort(v.Endpoint.Host, strconv.Itoa(v.Endpoint.Port)), Destinations: destinations,
		})
	}
	bits := v.Server.BitLen()
	for _, z := range v.Zone.CIDRs {
		if z.Contains(v.Server) {
			bits = z.Bits()
		}
	}
	dir := WireGuardDir(c, v)
	claim := func(id model.ControlID) []model.Claim { return []model.Claim{{Control: id, Subject: v.Addr()}} }
	h := host{
		Dir:      dir,
		Where:    "the server of VPN " + v.Name,
		Packages: []string{"nftables", "unattended-upgrades", "wireguard-tools"},
		Setup:    "/usr/local/sbin/bartizan-wireguard",
		Files: []hostFile{
			{
				Name: "wg0.conf", Target: "/etc/wireguard/wg0.conf", Mode: "0600",
				Doc:      "The server's interface and its peers.",
				Template: "wireguard_server.tmpl",
				Data: struct {
					Address netip.Prefix
					Port    int
					Peers   []peerView
				}{netip.PrefixFrom(v.Server, bits), v.Endpoint.Port, peers},
				Controls: claim(model.VPNKeys),
			},
			{
				Name: "bartizan-wireguard-key.service", Target: "/etc/systemd/system/bartizan-wireguard-key.service", Mode: "0644",
				Doc:      "Makes the server's private key at the first start.",
				Template: "wireguard-key.service.tmpl",
			},
			{
				Name: "nftables.nft", Target: "/etc/bartizan/firewall.nft", Mode: "0600",
				Doc:      "The server's firewall: devices reach declared destinations only, and nobody logs in.",
				Template: "nftables_gateway.tmpl",
				Data: gatewayRules{
					Input:   []templates.NFTRule{{NotFrom: true, Protocol: "udp", First: v.Endpoint.Port, Last: v.Endpoint.Port, Verdict: "accept", Comment: "WireGuard"}},
					Forward: forward,
				},
				Controls: claim(model.VPNFirewall),
			},
		},
	}
	h.Files = append(h.Files, gatewayFiles("wg-quick@wg0.service", "", true)...)
	h.Files = append(h.Files, hostFile{
		Name: "setup-wireguard.sh", Target: h.Setup, Mode: "0700",
		Doc:      "Puts the files into effect, makes the private key where there is none, and prints the public key.",
		Template: "setup-wireguard.tmpl", Data: leftovers,
	})
	p.Directory(Directory{Path: dir, Title: "VPN " + v.Name, Doc: fmt.Sprintf(`The server of the VPN, reached at %s. Give cloud-init.yaml to the machine as user data, or copy the
directory to it and run install.sh as root. The last line that setup-wireguard.sh prints is the server's public key: it goes into each
file of devices/.

The network must route %s to this machine: addresses are not translated, so that every firewall behind it sees which device
speaks. No preshared keys are used; a device is let in by its key pair alone, so its disk must be encrypted.`,
		net.JoinHostPort(v.Endpoint.Host, strconv.Itoa(v.Endpoint.Port)), prefixList(v.Zone.CIDRs))})
	if len(peers) > 0 {
		p.Directory(Directory{Path: path.Join(dir, "devices"), Title: "Devices of VPN " + v.Name,
			Doc: "One configuration for each device. Both keys are put in on the device; nothing here is secret."})
	}
	for _, peer := range peers {
		data, err := templates.Render("wireguard_device.tmpl", peer)
		if err != nil {
			return err
		}
		p.File(Artifact{
			Path: path.Join(dir, "devices", peer.Name+".conf"), Data: data,
			Doc: "WireGuard on " + peer.Name + ".", Where: peer.Name + ", by its owner",
		})
	}
	return p.host(h)
}

// gatewayRules are the rules of nftables_gateway.tmpl. Without output rules, the machine may connect anywhere.
type gatewayRules struct{ Input, Forward, Output []templates.NFTRule }

// gatewayFiles are what machines outside the cluster get in common. The service does not start without the firewall.
func gatewayFiles(service string, os model.OS, forwards bool) []hostFile {
	return []hostFile{
		{
			Name: "bartizan-firewall.service", Target: "/etc/systemd/system/bartizan-firewall.service", Mode: "0644",
			Doc:      "Loads the firewall before the network comes up.",
			Template: "firewall.service.tmpl", Data: service,
		},
		{
			Name: "sysctl.conf", Target: "/etc/sysctl.d/99-zz-bartizan.conf", Mode: "0644",
			Doc:      "Kernel settings.",
			Template: "sysctl.tmpl", Data: gatewaySysctls(os, forwards),
		},
		{
			Name: "modprobe.conf", Target: "/etc/modprobe.d/bartizan.conf", Mode: "0644",
			Doc:      "Kernel modules that never load.",
			Template: "modprobe.tmpl", Data: blockedModules(false),
		},
		{
			Name: "apt.conf", Target: "/etc/apt/apt.conf.d/99-bartizan", Mode: "0644",
			Doc:      "Security updates install themselves.",
			Template: "apt.tmpl", Data: osView{os},
		},
	}
}

func uniquePrefixes(all []netip.Prefix) []netip.Prefix {
	seen := map[netip.Prefix]bool{}
	var out []netip.Prefix
	for _, p := range all {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

func prefixList(all []netip.Prefix) string {
	var words []string
	for _, p := range all {
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}
