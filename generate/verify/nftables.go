package verify

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nftTable is a table of nftables, read from the subset of the language that we write. What is not in the subset is
// an error, never ignored.
type nftTable struct {
	chains map[string]*nftChain
	sets   map[string][]string // the lines of each
}

type nftChain struct {
	hook  string // "type filter hook input priority filter - 10; policy drop;", empty for chains that are jumped to
	rules []nftRule
}

// nftRule is one rule.
type nftRule struct {
	line     int
	text     string // without comment; identifies rules that are allowed only literally
	literal  bool   // none of the fields below applies
	in, out  string
	from, to addrSet // nil: all
	proto    string  // "", "tcp", "udp", "sctp", "esp", "echo"
	first    int
	last     int
	while    string // the rule holds while the port is in this set of the table; empty: always
	verdict  string
}

// Rules that are compared as text: they match connection state, interfaces or the link, not addresses and ports.
const (
	nftLoopback    = `iifname "lo" accept`
	nftEstablished = `ct state established,related accept`
	nftInvalid     = `ct state invalid drop`
	nftNotLocal    = `fib daddr type != local accept`
	nftCiliumProxy = `meta mark & 0x00000f00 == 0x00000200 accept`
	nftNeighbours  = `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 accept`
	nftDHCP        = `udp sport 67 udp dport 68 accept`
	nftDHCPv6      = `ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept`
	nftJumpAdmit   = `jump admit`
	nftDrop        = `drop`

	nftLoopbackOut   = `oifname "lo" accept`
	nftNeighboursOut = `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } ip6 hoplimit 255 accept`
	nftDHCPOut       = `udp sport 68 udp dport 67 accept`
	nftDHCPv6Out     = `ip6 saddr fe80::/10 udp sport 546 udp dport 547 accept`
)

var nftLiterals = []string{
	nftLoopback, nftEstablished, nftInvalid, nftNotLocal, nftCiliumProxy, nftNeighbours, nftDHCP, nftDHCPv6, nftJumpAdmit, nftDrop,
	nftLoopbackOut, nftNeighboursOut, nftDHCPOut, nftDHCPv6Out,
}

var (
	nftComment = regexp.MustCompile(`^(.*?)(?: comment "[^"\\]*")?$`)
	nftSet     = regexp.MustCompile(`^set ([a-z_]+) \{$`)
	nftSetLine = regexp.MustCompile(`^[a-z-]+ (?:[^{};"\\]+|= \{[^{};"\\]*\})$`)
	nftName    = regexp.MustCompile(`^chain ([a-z]+) \{$`)
	nftHook    = regexp.MustCompile(`^type filter hook [a-z]+ priority [a-z]+(?: [+-] [0-9]+)?; policy (?:accept|drop);$`)
)

// readNFT reads a file that replaces the table "inet bartizan" and does nothing else.
func readNFT(data []byte) (*nftTable, error) {
	t := &nftTable{chains: map[string]*nftChain{}, sets: map[string][]string{}}
	head := []string{"table inet bartizan", "delete table inet bartizan", "table inet bartizan {"}
	var chain *nftChain
	set, done := "", false
	for i, line := range strings.Split(string(data), "\n") {
		n := i + 1
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		switch {
		case strings.HasSuffix(line, `\`):
			return nil, fmt.Errorf("line %d: continued lines are not understood", n)
		case done:
			return nil, fmt.Errorf("line %d: %q follows the table", n, line)
		case len(head) > 0:
			if line != head[0] {
				return nil, fmt.Errorf("line %d: %q stands where %q is expected", n, line, head[0])
			}
			head = head[1:]
		case set != "" && line == "}":
			set = ""
		case set != "":
			if !nftSetLine.MatchString(line) {
				return nil, fmt.Errorf("line %d: %q is not understood in a set", n, line)
			}
			t.sets[set] = append(t.sets[set], line)
		case chain == nil && line == "}":
			done = true
		case chain == nil && nftSet.MatchString(line):
			set = nftSet.FindStringSubmatch(line)[1]
			if _, twice := t.sets[set]; twice {
				return nil, fmt.Errorf("line %d: the set %s stands twice", n, set)
			}
			t.sets[set] = []string{}
		case chain == nil:
			m := nftName.FindStringSubmatch(line)
			if m == nil || t.chains[m[1]] != nil {
				return nil, fmt.Errorf("line %d: %q is not a new chain", n, line)
			}
			chain = &nftChain{}
			t.chains[m[1]] = chain
		case line == "}":
			chain = nil
		case nftHook.MatchString(line):
			if chain.hook != "" || len(chain.rules) > 0 {
				return nil, fmt.Errorf("line %d: the hook is not the chain's first line", n)
			}
			chain.hook = line
		default:
			r, err := readNFTRule(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			r.line = n
			chain.rules = append(chain.rules, r)
		}
	}
	if !done {
		return nil, fmt.Errorf("the table does not end")
	}
	return t, nil
}

func readNFTRule(line string) (nftRule, error) {
	r := nftRule{text: nftComment.FindStringSubmatch(line)[1]}
	if slices.Contains(nftLiterals, r.text) {
		r.literal = true
		return r, nil
	}
	w := words(strings.Fields(r.text))
	fail := func() (nftRule, error) { return r, fmt.Errorf("rule %q is not understood", r.text) }
	if w.take("iifname") {
		r.in = strings.Trim(w.next(), `"`)
	}
	if w.take("oifname") {
		r.out = strings.Trim(w.next(), `"`)
	}
	for _, nfproto := range []struct {
		word string
		set  addrSet
	}{{"ipv4", allIPv4}, {"ipv6", allIPv6}} {
		if w.take("meta", "nfproto", nfproto.word) {
			r.from = nfproto.set
		}
	}
	for _, family := range []struct {
		word string
		all  addrSet
	}{{"ip", allIPv4}, {"ip6", allIPv6}} {
		if w.take(family.word, "saddr") {
			not := w.take("!=")
			set, err := w.addrs(family.all)
			if err != nil || r.from != nil {
				return fail()
			}
			if r.from = set; not {
				r.from = family.all.minus(set)
			}
		}
		if w.take(family.word, "daddr") {
			set, err := w.addrs(family.all)
			if err != nil || r.to != nil {
				return fail()
			}
			r.to = set
		}
	}
	switch {
	case w.take("meta", "l4proto", "esp"):
		r.proto = "esp"
	case w.take("icmp", "type", "echo-request"), w.take("icmpv6", "type", "echo-request"):
		r.proto = "echo"
	default:
		for _, proto := range []string{"tcp", "udp", "sctp"} {
			if w.take(proto, "dport") {
				r.proto = proto
				first, last, ok := strings.Cut(w.next(), "-")
				if !ok {
					last = first
				}
				a, errA := strconv.ParseUint(first, 10, 16)
				b, errB := strconv.ParseUint(last, 10, 16)
				if errA != nil || errB != nil || b < a {
					return fail()
				}
				r.first, r.last = int(a), int(b)
				if len(w) > 1 && w[0] == proto && w[1] == "dport" {
					w = w[2:]
					name, isSet := strings.CutPrefix(w.next(), "@")
					if !isSet || name == "" {
						return fail()
					}
					r.while = name
				}
			}
		}
	}
	if r.verdict = w.next(); r.verdict != "accept" && r.verdict != "drop" || len(w) > 0 {
		return fail()
	}
	return r, nil
}

var (
	allIPv4 = addrs(netip.MustParsePrefix("0.0.0.0/0"))
	allIPv6 = addrs(netip.MustParsePrefix("::/0"))
	allIP   = allIPv4.union(allIPv6)
)

// words are the tokens of a rule that are not read yet.
type words []string

func (w *words) take(want ...string) bool {
	if len(*w) < len(want) || !slices.Equal((*w)[:len(want)], want) {
		return false
	}
	*w = (*w)[len(want):]
	return true
}

func (w *words) next() string {
	if len(*w) == 0 {
		return ""
	}
	first := (*w)[0]
	*w = (*w)[1:]
	return first
}

// addrs reads an address, a prefix or an anonymous set of them, all of the family.
func (w *words) addrs(family addrSet) (addrSet, error) {
	var items []string
	if w.take("{") {
		for {
			item := w.next()
			if item == "" {
				return nil, fmt.Errorf("the set does not end")
			}
			comma := strings.HasSuffix(item, ",")
			items = append(items, strings.TrimSuffix(item, ","))
			if !comma {
				break
			}
		}
		if !w.take("}") {
			return nil, fmt.Errorf("the set does not end")
		}
	} else {
		items = []string{w.next()}
	}
	set := addrSet{}
	for _, item := range items {
		if !strings.Contains(item, "/") {
			a, err := netip.ParseAddr(item)
			if err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("%q is no address", item)
			}
			item = netip.PrefixFrom(a, a.BitLen()).String()
		}
		p, err := netip.ParsePrefix(item)
		if err != nil || p != p.Masked() || !family.contains(p.Addr()) {
			return nil, fmt.Errorf("%q is no prefix of the family", item)
		}
		set = set.union(addrs(p))
	}
	return set, nil
}

// accepts returns the sources that the rules accept for one protocol and port, on the way to the destination from the
// interface to the other. Literal rules do not count. Later rules see what earlier ones left. A rule that holds for a while
// only accepts, and takes nothing from later ones.
func accepts(rules []nftRule, in, out, proto string, port int, to netip.Addr) addrSet {
	left, accepted := allIP, addrSet{}
	for _, r := range rules {
		if r.literal || r.in != "" && r.in != in || r.out != "" && r.out != out || r.to != nil && !r.to.contains(to) {
			continue
		}
		if r.proto != "" && (r.proto != proto || r.proto != "esp" && r.proto != "echo" && (port < r.first || port > r.last)) {
			continue
		}
		hit := left
		if r.from != nil {
			hit = left.minus(left.minus(r.from))
		}
		if r.verdict == "accept" {
			accepted = accepted.union(hit)
		}
		if r.while == "" {
			left = left.minus(hit)
		}
	}
	return accepted
}

// cells returns the first port of each range on which nothing changes: ports that no boundary separates are treated
// alike by the rules and by what is declared.
func cells(boundaries []int) []int {
	boundaries = append(boundaries, 0)
	slices.Sort(boundaries)
	return slices.Compact(boundaries)
}
