package verify

import (
	"net/netip"
	"slices"
)

// addrRange is a closed range of addresses of one family.
type addrRange struct{ lo, hi netip.Addr }

// addrSet is a set of IP addresses: ranges in ascending order that neither overlap nor touch; IPv4 before IPv6.
type addrSet []addrRange

// everywhere are all addresses.
var everywhere = addrs(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))

// last returns the highest address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// addrs returns the addresses of the prefixes.
func addrs(prefixes ...netip.Prefix) addrSet {
	s := make(addrSet, 0, len(prefixes))
	for _, p := range prefixes {
		s = append(s, addrRange{p.Masked().Addr(), last(p)})
	}
	return s.normal()
}

// normal sorts and joins ranges.
func (s addrSet) normal() addrSet {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b addrRange) int { return a.lo.Compare(b.lo) })
	out := s[:0]
	for _, r := range s {
		if n := len(out); n > 0 && sameFamily(out[n-1], r) {
			if next := out[n-1].hi.Next(); !next.IsValid() || r.lo.Compare(next) <= 0 {
				if r.hi.Compare(out[n-1].hi) > 0 {
					out[n-1].hi = r.hi
				}
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

func sameFamily(a, b addrRange) bool { return a.lo.Is4() == b.lo.Is4() }

// union returns the addresses of both sets.
func (s addrSet) union(t addrSet) addrSet { return slices.Concat(s, t).normal() }

// minus returns the addresses of s that are not in t.
func (s addrSet) minus(t addrSet) addrSet {
	left := slices.Clone(s)
	for _, cut := range t {
		var next addrSet
		for _, r := range left {
			if !sameFamily(r, cut) || cut.hi.Less(r.lo) || r.hi.Less(cut.lo) {
				next = append(next, r)
				continue
			}
			if r.lo.Less(cut.lo) {
				next = append(next, addrRange{r.lo, cut.lo.Prev()})
			}
			if cut.hi.Less(r.hi) {
				next = append(next, addrRange{cut.hi.Next(), r.hi})
			}
		}
		left = next
	}
	return left
}

// contains reports whether the address is in the set.
func (s addrSet) contains(a netip.Addr) bool {
	for _, r := range s {
		if r.lo.Is4() == a.Is4() && r.lo.Compare(a) <= 0 && a.Compare(r.hi) <= 0 {
			return true
		}
	}
	return false
}

// overlaps reports whether the sets share an address.
func (s addrSet) overlaps(t addrSet) bool {
	for _, a := range s {
		for _, b := range t {
			if sameFamily(a, b) && a.lo.Compare(b.hi) <= 0 && b.lo.Compare(a.hi) <= 0 {
				return true
			}
		}
	}
	return false
}

// String names the set by its first range, for messages.
func (s addrSet) String() string {
	if len(s) == 0 {
		return "no address"
	}
	text := s[0].lo.String()
	if s[0].hi != s[0].lo {
		text += "–" + s[0].hi.String()
	}
	if len(s) > 1 {
		text += " and others"
	}
	return text
}
