package verify

import (
	"hash/crc32"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"testing"

	"k8s.io/api/networking/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// maxFuzz bounds what one run of a target reads; longer inputs find nothing that shorter ones do not.
const maxFuzz = 64 << 10

// corpus returns the files of a tree whose base names match, one for each name, as seeds.
func corpus(f *testing.F, patterns ...string) (map[string][]byte, []string) {
	f.Helper()
	spec := loadExample(f, "../../model/testdata/sketch")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		f.Fatal(err)
	}
	files := set.Files()
	seen := map[string]bool{}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, p := range patterns {
			if ok, _ := path.Match(p, path.Base(name)); ok && !seen[path.Base(name)] {
				seen[path.Base(name)] = true
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		f.Fatalf("no file of the tree matches %v", patterns)
	}
	return files, names
}

// fuzzText fuzzes a parser of one kind of file. Seeds are the files of a real tree, and those of YAML with some of their
// values null or empty, which mutations of bytes hardly ever make of them.
func fuzzText(f *testing.F, parse func(t *testing.T, data []byte), patterns ...string) {
	f.Helper()
	files, names := corpus(f, patterns...)
	for _, name := range names {
		f.Add(files[name])
		if path.Ext(name) == ".yaml" {
			n := 0
			reshaped(f, files[name], nothing[:3], func(_ string, data []byte) {
				if n++; n%67 == 0 {
					f.Add(data)
				}
			})
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= maxFuzz {
			torture.Bounded(t, len(data), func() { parse(t, data) })
		}
	})
}

// Whatever bytes stand in a file of the tree, verify answers with findings and never panics; and bytes that are not
// the generated ones never prove what the generated tree does not prove. Only the checks that look at the file are run,
// which is ten times as fast, and for one input of sixteen all of them.
func FuzzVerify(f *testing.F) {
	j := judge(f, "../../model/testdata/sketch")
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(j.files)), func(name string) bool { return path.Ext(name) == ".md" }) // nobody reads them
	for i, name := range names {
		if i%12 == 0 { // "go test" runs every seed
			f.Add(uint16(i), j.files[name])
		}
	}
	concerned := map[string][]*Check{}
	f.Fuzz(func(t *testing.T, i uint16, data []byte) {
		if len(data) > maxFuzz {
			return
		}
		name, checks := names[int(i)%len(names)], All
		if crc32.ChecksumIEEE(data)%16 != 0 {
			if concerned[name] == nil {
				concerned[name] = j.concerned(name)
			}
			checks = concerned[name]
		}
		torture.Bounded(t, len(data)+maxFuzz, func() { j.with(t, name, map[string][]byte{name: data}, checks) })
	})
}

func FuzzNFTables(f *testing.F) {
	fuzzText(f, func(t *testing.T, data []byte) {
		table, err := readNFT(data)
		if err == nil && table == nil {
			t.Error("neither a table nor an error")
		}
		_, _ = readGateway(data, "input")
	}, "*.nft")
}

func FuzzScript(f *testing.F) {
	fuzzText(f, func(_ *testing.T, data []byte) {
		_, _ = readScript(string(data))
		_, _ = parseScript(string(data), "set", "trap", "exit")
		_, _ = sameCommands(data, nil, nil)
	}, "*.sh")
}

func FuzzSSHDConfig(f *testing.F) {
	want := wantSSHD(model.Ubuntu2404, 10)
	fuzzText(f, func(_ *testing.T, data []byte) { _ = judgeSSHD(data, want) }, "sshd_config")
}

func FuzzUnit(f *testing.F) {
	fuzzText(f, func(_ *testing.T, data []byte) {
		_ = judgeFirewallUnit(data)
		_ = judgeKeyUnit(data)
		_ = checkBackupUnit(data, nil)
	}, "*.service", "*.timer")
}

func FuzzWireGuard(f *testing.F) {
	fuzzText(f, func(_ *testing.T, data []byte) { _, _ = readINI(data) }, "*.conf")
}

func FuzzContainerd(f *testing.F) {
	fuzzText(f, func(_ *testing.T, data []byte) { _, _ = readTOML(data) }, "*.toml")
}

func FuzzWorkflow(f *testing.F) {
	fuzzText(f, func(_ *testing.T, data []byte) {
		if w, err := readWorkflow(data); err == nil {
			for _, j := range w.Jobs {
				_, _, _ = j.find("cosign")
			}
		}
	}, "build.yaml", "verify.yaml")
}

// Objects are read as a kustomization reaches them: split, decoded strictly, indexed.
func FuzzObjects(f *testing.F) {
	d := newDecoder()
	fuzzText(f, func(_ *testing.T, data []byte) {
		docs, err := splitYAML(data)
		if err != nil {
			return
		}
		for _, doc := range docs {
			_, _ = d.object(doc)
			var k kustomizationFile
			_ = decodeStrict(doc, &k)
		}
	}, "*.yaml")
}

// What a policy allows must not depend on the order of its parts, nor may reading or asking it panic.
func FuzzNetworkPolicy(f *testing.F) {
	d := newDecoder()
	fuzzText(f, func(_ *testing.T, data []byte) {
		docs, err := splitYAML(data)
		if err != nil {
			return
		}
		var policies []*netPolicy
		for _, doc := range docs {
			o, err := d.object(doc)
			if err != nil {
				continue
			}
			if n, ok := o.Value.(*v1.NetworkPolicy); ok {
				if p, err := parseNetworkPolicy("f.yaml", n); err == nil {
					policies = append(policies, p)
				}
			}
			var c generate.CiliumNetworkPolicy
			if decodeStrict(doc, &c) == nil {
				if p, err := parseCilium("f.yaml", &c); err == nil {
					policies = append(policies, p)
				}
			}
		}
		e := newEvaluator(policies, map[string]map[string]string{"shop": {}})
		_ = e.selecting("shop", map[string]string{"app.kubernetes.io/name": "cart"})
		_ = e.touching("shop", map[string]string{})
	}, "networkpolicy-*.yaml", "ciliumnetworkpolicy-*.yaml", "cilium*.yaml")
}

// Sets of addresses hold the laws of sets, whatever the prefixes.
func FuzzAddresses(f *testing.F) {
	f.Add("10.0.0.0/8 10.1.0.0/16", "10.0.0.0/9 ::/0")
	f.Add("0.0.0.0/0 255.255.255.255/32", "::ffff:1.2.3.4/128 fe80::/10")
	parse := func(text string) addrSet {
		var all []netip.Prefix
		for _, w := range strings.Fields(text) {
			if p, err := netip.ParsePrefix(w); err == nil && len(all) < 64 {
				all = append(all, p)
			}
		}
		return addrs(all...)
	}
	f.Fuzz(func(t *testing.T, left, right string) {
		a, b := parse(left), parse(right)
		only := a.minus(b)
		if only.overlaps(b) {
			t.Errorf("%v without %v overlaps it: %v", a, b, only)
		}
		if rest := a.minus(only).minus(b); len(rest) > 0 {
			t.Errorf("%v of %v is neither in %v nor outside", rest, a, b)
		}
		for _, r := range a {
			if in := b.contains(r.lo); in == only.contains(r.lo) {
				t.Errorf("%s: in %v is %t, in the difference too", r.lo, b, in)
			}
		}
	})
}
