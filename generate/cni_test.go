package generate

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// Cilium gives pods addresses of the declared families, and of no other.
func TestCiliumHasTheFamiliesOfThePods(t *testing.T) {
	const v4, v6 = "10.244.0.0/16", "fd00:10:244::/56"
	for _, test := range []struct {
		pods       []string
		ipv4, ipv6 bool
	}{
		{[]string{v4}, true, false}, {[]string{v6}, false, true}, {[]string{v6, v4}, true, true},
	} {
		spec := bootstrapSpec()
		c := spec.Clusters[0]
		c.Network.Pods = nil
		for _, p := range test.pods {
			c.Network.Pods = append(c.Network.Pods, netip.MustParsePrefix(p))
		}
		set, err := Run(spec, []*Generator{cni})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ IPv4, IPv6 struct{ Enabled *bool } }
		if err := yaml.Unmarshal(set.Files()[CiliumValues(c)], &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]*bool{&test.ipv4, &test.ipv6}, []*bool{got.IPv4.Enabled, got.IPv6.Enabled}); d != "" {
			t.Errorf("%v: %s", test.pods, d)
		}
	}
}
