package templates

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// NFTRule is one rule of an nftables chain, for both address families at once. Empty fields match everything.
type NFTRule struct {
	In, Out     string // interface names; lower-case letters and digits
	From        []netip.Prefix
	NotFrom     bool // everything but From
	To          []netip.Prefix
	Protocol    string // "tcp", "udp", "sctp", "esp", "echo-request"
	First, Last int    // ports of tcp, udp and sctp; 0: all
	While       string // the rule holds while the port is in the table's set of this name; empty: always
	Verdict     string // "accept" or "drop"
	Comment     string
}

// NFT writes the rule as one line for each address family that it concerns, each indented by eight spaces. It refuses
// what it cannot express rather than write a wider rule.
func NFT(r NFTRule) (string, error) {
	var lines []string
	for _, family := range []struct {
		name string
		is4  bool
	}{{"ip", true}, {"ip6", false}} {
		line, ok, err := nftLine(r, family.name, family.is4)
		if err != nil {
			return "", err
		}
		if ok {
			lines = append(lines, "        "+line)
		}
	}
	if len(lines) == 2 && lines[0] == lines[1] {
		lines = lines[:1]
	}
	return strings.Join(lines, "\n"), nil
}

func nftLine(r NFTRule, family string, is4 bool) (line string, ok bool, err error) {
	from, to := ofFamily(r.From, is4), ofFamily(r.To, is4)
	if len(r.From) > 0 && len(from) == 0 && !r.NotFrom || len(r.To) > 0 && len(to) == 0 {
		return "", false, nil
	}
	var words []string
	for _, i := range []struct{ key, name string }{{"iifname", r.In}, {"oifname", r.Out}} {
		if i.name == "" {
			continue
		}
		if strings.Trim(i.name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || len(i.name) > 15 {
			return "", false, fmt.Errorf("interface name %q", i.name)
		}
		words = append(words, i.key, `"`+i.name+`"`)
	}
	switch {
	case r.NotFrom && len(from) == 0:
		words = append(words, "meta nfproto", map[bool]string{true: "ipv4", false: "ipv6"}[is4])
	case r.NotFrom:
		words = append(words, family, "saddr !=", nftSet(from))
	case len(from) > 0:
		words = append(words, family, "saddr", nftSet(from))
	}
	if len(to) > 0 {
		words = append(words, family, "daddr", nftSet(to))
	}
	switch r.Protocol {
	case "":
	case "tcp", "udp", "sctp":
		if r.First < 1 || r.Last < r.First || r.Last > 65535 {
			return "", false, fmt.Errorf("ports %d-%d", r.First, r.Last)
		}
		port := fmt.Sprint(r.First)
		if r.Last > r.First {
			port += fmt.Sprintf("-%d", r.Last)
		}
		words = append(words, r.Protocol, "dport", port)
		if r.While != "" {
			if strings.Trim(r.While, "abcdefghijklmnopqrstuvwxyz_") != "" {
				return "", false, fmt.Errorf("set name %q", r.While)
			}
			words = append(words, r.Protocol, "dport", "@"+r.While)
		}
	case "esp":
		words = append(words, "meta l4proto esp")
	case "echo-request":
		words = append(words, map[bool]string{true: "icmp", false: "icmpv6"}[is4], "type echo-request")
	default:
		return "", false, fmt.Errorf("protocol %q", r.Protocol)
	}
	if r.While != "" && r.First == 0 {
		return "", false, fmt.Errorf("set %q without ports", r.While)
	}
	if r.Verdict != "accept" && r.Verdict != "drop" {
		return "", false, fmt.Errorf("verdict %q", r.Verdict)
	}
	if r.Verdict == "accept" && len(r.From) == 0 && !r.NotFrom && r.In == "" && len(r.To) == 0 {
		return "", false, errors.New("accept without a source, an interface or a destination")
	}
	words = append(words, r.Verdict)
	if r.Comment != "" {
		words = append(words, "comment", NFTString(r.Comment))
	}
	return strings.Join(words, " "), true, nil
}

func ofFamily(all []netip.Prefix, is4 bool) []netip.Prefix {
	var some []netip.Prefix
	for _, p := range all {
		if p.Addr().Is4() == is4 {
			some = append(some, p)
		}
	}
	return some
}

// nftSet writes prefixes as an anonymous set; a single one stands alone.
func nftSet(prefixes []netip.Prefix) string {
	var items []string
	for _, p := range prefixes {
		if p.IsSingleIP() {
			items = append(items, p.Addr().String())
		} else {
			items = append(items, p.Masked().String())
		}
	}
	if len(items) == 1 {
		return items[0]
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

// NFTString quotes a comment. nftables has no escapes in strings and allows 128 bytes: other characters become "_".
func NFTString(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return '_'
		}
		return r
	}, s)
	return `"` + s[:min(len(s), 120)] + `"`
}
