package model

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

func (l *loader) buildZone(n *node) {
	n.object.(*Zone).CIDRs = each[netip.Prefix](l, n, "cidrs")
	l.notEmpty(n, "cidrs", "Name the networks of the zone.")
}

func (l *loader) buildForeignCluster(n *node) {
	n.object.(*ForeignCluster).CIDRs = each[netip.Prefix](l, n, "cidrs")
	l.notEmpty(n, "cidrs", "Name the addresses of the foreign cluster.")
}

func (l *loader) buildJumpBox(n *node) {
	j := n.object.(*JumpBox)
	j.Zone = as[*Zone](l, n, "zone")
	j.Address = as[netip.Addr](l, n, "address")
	j.ReachableFrom = l.peers(n, "reachable_from")
	j.MFA = as[MFA](l, n, "mfa")
	j.Recording = as[bool](l, n, "recording")
	j.IdleMinutes = as[int](l, n, "idle_minutes")
	j.OS = as[OS](l, n, "os")
	l.notEmpty(n, "reachable_from", "Nobody could log in. Name a VPN or a zone.")
	l.notInternet(n, "zone")
	l.inZone(n, "address", j.Address, l.zoneRef(n))
}

// zoneRef returns the zone of a block whose networks can be checked, or nil.
func (l *loader) zoneRef(n *node) *Zone {
	z := as[*Zone](l, n, "zone")
	if z == nil || z.Internet() {
		return nil
	}
	return z
}

func (l *loader) notInternet(n *node, name string) {
	if z := as[*Zone](l, n, name); z != nil && z.Internet() {
		l.errorf(l.at(n, name), "Internet as zone", "%s cannot stand in zone.internet: it needs addresses of its own. Declare a zone with its networks.", n.describe())
	}
}

// inZone checks that an address is one of the zone's.
func (l *loader) inZone(n *node, name string, a netip.Addr, z *Zone) {
	if !a.IsValid() || z == nil || !l.completeZone(z) {
		return
	}
	if !contains(l.zoneCIDRs(z), a) {
		l.errorf(l.at(n, name), "Address outside zone", "%s is not an address of %s.", a, z.Addr())
	}
}

// zoneCIDRs returns the networks of a zone, whether or not it was built already.
func (l *loader) zoneCIDRs(z *Zone) []netip.Prefix {
	n := l.nodes[z]
	if n == nil {
		return z.CIDRs
	}
	return each[netip.Prefix](l, n, "cidrs")
}

// completeZone reports whether the networks of a zone were read without errors.
func (l *loader) completeZone(z *Zone) bool {
	n := l.nodes[z]
	if n == nil {
		return false
	}
	v := l.value(n.attribute("cidrs"))
	return v != nil && !v.bad && len(v.list) > 0
}

func contains(nets []netip.Prefix, a netip.Addr) bool {
	for _, p := range nets {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (l *loader) buildVPN(n *node) {
	v := n.object.(*VPN)
	v.Kind = as[VPNKind](l, n, "kind")
	v.Zone = as[*Zone](l, n, "zone")
	v.Endpoint = as[HostPort](l, n, "endpoint")
	l.notInternet(n, "zone")
	z := l.zoneRef(n)
	var nets []netip.Prefix
	if z != nil && l.completeZone(z) {
		nets = l.zoneCIDRs(z)
	}
	v.Server = as[netip.Addr](l, n, "server")
	l.inZone(n, "server", v.Server, z)
	if !v.Server.IsValid() && len(nets) > 0 {
		v.Server, _ = nth(nets[0], 1)
		if nets[0].IsSingleIP() {
			v.Server = nets[0].Addr()
		}
	}
	taken := map[netip.Addr]string{v.Server: "the server"}
	keys := map[string]string{}
	var derived []*Device
	for _, b := range n.all("device") {
		if b.broken {
			continue
		}
		d := &Device{Name: b.labels[0], Team: as[*Team](l, b, "team"), PublicKey: as[string](l, b, "public_key"), Address: as[netip.Addr](l, b, "address")}
		v.Devices = append(v.Devices, d)
		if first, ok := keys[d.PublicKey]; ok && d.PublicKey != "" {
			l.errorf(l.at(b, "public_key"), "Duplicate key", "The device %q has this key already. Each device makes its own.", first)
		}
		keys[d.PublicKey] = d.Name
		if !l.has(b, "address") {
			derived = append(derived, d)
			continue
		}
		l.inZone(b, "address", d.Address, z)
		if who, ok := taken[d.Address]; ok && d.Address.IsValid() {
			l.errorf(l.at(b, "address"), "Duplicate address", "%s belongs to %s already.", d.Address, who)
		}
		taken[d.Address] = "the device " + strconvQuote(d.Name)
	}
	byName(v.Devices, func(d *Device) string { return d.Name })
	byName(derived, func(d *Device) string { return d.Name })
	for _, d := range derived {
		if len(nets) > 0 {
			if d.Address = deviceAddress(nets[0], d.Name, taken); !d.Address.IsValid() {
				l.errorf(n.at, "Network full", "%s has no address left for the device %q.", nets[0], d.Name)
				break
			}
			taken[d.Address] = "the device " + strconvQuote(d.Name)
		}
	}
}

// deviceAddress derives a device's address from its name: the first eight bytes of SHA-256 of the name, modulo the
// number of usable addresses, and from there the next free one. Adding or removing a device so leaves the others'
// addresses alone, unless two collide: then the one whose name sorts later moves on.
func deviceAddress(p netip.Prefix, name string, taken map[netip.Addr]string) netip.Addr {
	bits := p.Addr().BitLen() - p.Bits()
	if bits < 2 {
		return netip.Addr{}
	}
	// Neither the network nor the broadcast address, nor more than 2^32.
	usable := uint64(1)<<min(bits, 32) - 2
	sum := sha256.Sum256([]byte(name))
	start := binary.BigEndian.Uint64(sum[:8]) % usable
	for i := range min(usable, 1<<16) {
		a, ok := nth(p, int64((start+i)%usable)+1)
		if _, used := taken[a]; ok && !used {
			return a
		}
	}
	return netip.Addr{}
}
