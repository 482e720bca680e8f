package templates_test

import (
	"net/netip"
	"testing"

	"github.com/bartizan-dev/bartizan/templates"
)

func TestConfTokenRefusesWhatEndsAWord(t *testing.T) {
	for _, bad := range []string{"", "a b", "a\nPermitRootLogin yes", "a#b", `a"b`, "a;b", "$(x)", "a\tb", "ä"} {
		if got, err := templates.ConfToken(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
	if got, err := templates.ConfToken(netip.MustParsePrefix("fd00::/8")); err != nil || got != "fd00::/8" {
		t.Errorf("a prefix became %q, %v", got, err)
	}
}

func TestNFTWritesEachFamilyOnItsOwnLine(t *testing.T) {
	rule := templates.NFTRule{
		From:     []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")},
		Protocol: "tcp", First: 22, Last: 23, Verdict: "accept", Comment: "a \"quoted\"\nword",
	}
	got, err := templates.NFT(rule)
	want := "        ip saddr { 10.0.0.1, 10.1.0.0/16 } tcp dport 22-23 accept comment \"a 'quoted'_word\"\n" +
		"        ip6 saddr fd00::/8 tcp dport 22-23 accept comment \"a 'quoted'_word\""
	if err != nil || got != want {
		t.Errorf("got %s\nwant %s (%v)", got, want, err)
	}
}

func TestNFTAcceptsWhileThePortIsInASet(t *testing.T) {
	got, err := templates.NFT(templates.NFTRule{
		From:     []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
		Protocol: "tcp", First: 22, Last: 22, While: "ssh_open", Verdict: "accept",
	})
	if want := "        ip saddr 10.0.0.1 tcp dport 22 tcp dport @ssh_open accept"; err != nil || got != want {
		t.Errorf("got %s\nwant %s (%v)", got, want, err)
	}
}

// An empty list of sources must not become a rule for every source.
func TestNFTRefusesToAcceptFromNowhere(t *testing.T) {
	for _, bad := range []templates.NFTRule{
		{Protocol: "tcp", First: 22, Last: 22, Verdict: "accept"},
		{In: "wg0", Protocol: "tcp", First: 0, Last: 22, Verdict: "accept"},
		{In: "wg0", Protocol: "tcp", First: 22, Last: 21, Verdict: "accept"},
		{In: "wg0", Protocol: "gre", Verdict: "accept"},
		{In: `wg0" accept`, Verdict: "accept"},
		{In: "wg0", Verdict: "jump x"},
		{In: "wg0", While: "open", Verdict: "accept"},
		{In: "wg0", Protocol: "tcp", First: 22, Last: 22, While: "open accept", Verdict: "accept"},
	} {
		if got, err := templates.NFT(bad); err == nil {
			t.Errorf("%+v became %q", bad, got)
		}
	}
}
