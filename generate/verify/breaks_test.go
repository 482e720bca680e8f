package verify

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/breaks"
	"github.com/bartizan-dev/bartizan/model"
)

// controlPlaneFiles are the files of which every line is broken: what kubeadm, the kubelets and the API server read.
var controlPlaneFiles = regexp.MustCompile(`^(init|join-[a-z0-9-]+)\.yaml$|^(hardening|patches|etcd|kube-vip)/.*\.yaml$`)

var memberName = regexp.MustCompile(`^etcd/etcd-[0-9]+`)

// Every flag, field and entry of every file that configures the control plane is removed, weakened, misspelt and given a
// bad value. Each time some check must find something in that file, unless unclaimed says why nothing is lost. A new flag
// is broken because it stands in the bytes: without a check, or without an insecure value, this test fails.
func TestEveryBreakOfTheControlPlaneIsNoticed(t *testing.T) {
	excused := make([]atomic.Bool, len(unclaimed))
	done := map[string]bool{} // spots with their values: a second cluster breaks what the first has not
	t.Run("clusters", func(t *testing.T) {
		for _, c := range []struct {
			name string
			edit func(*model.Cluster)
		}{
			{"secretbox", func(*model.Cluster) {}},
			{"choices", func(c *model.Cluster) {
				c.Encryption.KMS = "unix:///run/kms/socket.sock"
				c.Admission.AlwaysPullImages = true
				c.API.TLSCurves = []model.TLSCurve{model.CurveX25519, model.CurveX25519MLKEM768}
				c.Certificates = model.Certificates{Days: 90, AuthorityDays: 365}
			}},
			{"external etcd", externalEtcdNodes},
			{"weak tokens", func(c *model.Cluster) { c.ServiceAccounts.ExtendTokens, c.ServiceAccounts.MaxTokenHours = true, 100 }},
		} {
			breakEverything(t, c.name, clusterSpec(c.edit), done, excused)
		}
	})
	for i, u := range unclaimed {
		if !excused[i].Load() {
			t.Errorf("nothing needs the excuse for %q", u.id)
		}
	}
}

func breakEverything(t *testing.T, name string, spec *model.Spec, done map[string]bool, excused []atomic.Bool) {
	const dir, initFile = "clusters/shop/cluster/", "clusters/shop/cluster/init.yaml"
	files := clusterTree(t, spec).Files()
	parsed := map[string]*breaks.File{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if below, ok := strings.CutPrefix(file, dir); ok && controlPlaneFiles.MatchString(below) {
			parsed[file] = parse(t, files[file])
		}
	}
	base := slices.IndexFunc(parsed[initFile].Docs, func(d any) bool { return breaks.At(d, "kind") == "KubeletConfiguration" })
	for _, file := range slices.Sorted(maps.Keys(parsed)) {
		below := strings.TrimPrefix(file, dir)
		var todo []breaks.Spot
		for _, s := range parsed[file].Spots() {
			// Members of etcd are judged alike: what stands in the file of each is broken in one.
			if key := fmt.Sprint(memberName.ReplaceAllString(below, "etcd/"), s.ID, s.Path, s.Value); !done[key] {
				done[key] = true
				todo = append(todo, s)
			}
		}
		t.Run(name+"/"+below, func(t *testing.T) {
			t.Parallel()
			checks, found := slices.Clone(clusterChecks), false
			for _, s := range todo {
				for _, b := range s.Breaks() {
					edited := maps.Clone(files)
					edited[file] = broken(t, parsed[file], s, b)
					if path.Base(file) == kubeletPatchName && b.How == "removed" {
						// What a pool's patch leaves out comes from the cluster's configuration: it must go there too.
						edited[initFile] = broken(t, parsed[initFile], breaks.Spot{Doc: base, Path: s.Path}, b)
					}
					if checks, found = noticed(spec, edited, file, checks); found {
						continue
					}
					id := below + " " + s.ID
					if i := excuseFor(id, b.How); i >= 0 {
						excused[i].Store(true)
					} else {
						t.Errorf("%s: %s, and nobody notices", id, b.How)
					}
				}
			}
		})
	}
}

func parse(t *testing.T, data []byte) *breaks.File {
	t.Helper()
	f, err := breaks.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func broken(t *testing.T, f *breaks.File, s breaks.Spot, b breaks.Break) []byte {
	t.Helper()
	data, err := f.With(s, b.Edit)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// noticed returns the checks with the one at the front that finds something in the file, and whether there is one: what is
// broken in a file is mostly noticed by the same check, and no check knows what others found.
func noticed(spec *model.Spec, files map[string][]byte, file string, checks []*Check) ([]*Check, bool) {
	cache := newCache()
	for i, check := range checks {
		p := &Pass{Spec: spec, Files: files, check: check, result: &Result{}, cache: cache}
		check.Run(p)
		if slices.ContainsFunc(p.result.Findings, func(f Finding) bool { return f.Path == file && f.Message != "" }) {
			return slices.Insert(slices.Delete(checks, i, i+1), 0, check), true
		}
	}
	return checks, false
}

// excuseFor returns the index of the reason why the break of the spot needs no finding, or -1.
func excuseFor(id, how string) int {
	return slices.IndexFunc(unclaimed, func(u excuse) bool {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(u.id), `\*`, ".*")
		return regexp.MustCompile("^"+pattern+"$").MatchString(id) && (len(u.breaks) == 0 || slices.Contains(u.breaks, how))
	})
}

// Every flag has an insecure value in package breaks, so that "weakened" is no empty word.
func TestEveryFlagHasAnInsecureValue(t *testing.T) {
	flags := 0
	for _, s := range parse(t, clusterTree(t, clusterSpec()).Files()["clusters/shop/cluster/init.yaml"]).Spots() {
		if !s.Flag {
			continue
		}
		flags++
		if !slices.ContainsFunc(s.Breaks(), func(b breaks.Break) bool { return b.How == "weakened" }) {
			t.Errorf("%s = %q: say in insecure which value is worse", s.ID, s.Value)
		}
	}
	if flags < 40 {
		t.Errorf("only %d flags are found", flags)
	}
}
