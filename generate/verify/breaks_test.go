package verify

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// spot is one thing in a generated file of the control plane that can be broken: a flag of a component, a field, or an
// entry of a list. Spots are found in the bytes, so that a new flag or field is broken without anybody's help.
type spot struct {
	file string // below clusters/shop/cluster
	doc  int    // number of the document in the file
	path []any  // names of fields and indexes of lists, from the document's root
	id   string // "init.yaml ClusterConfiguration apiServer.extraArgs.profiling"; indexes of other lists are "[]"
	flag bool   // it is an entry {name, value} of a list of flags
}

// controlPlaneFiles are the files of which every line is broken: what kubeadm, the kubelet and the API server read.
var controlPlaneFiles = regexp.MustCompile(`^(init|join-[a-z0-9-]+)\.yaml$|^(hardening|patches)/.*\.yaml$`)

// spots returns all spots of a file's documents, in order.
func spots(file string, docs []any) []spot {
	var all []spot
	for i, doc := range docs {
		kind, _ := doc.(map[string]any)["kind"].(string)
		walk(doc, nil, file+" "+kind+" ", func(at []any, id string, flag bool) {
			all = append(all, spot{file: file, doc: i, path: at, id: id, flag: flag})
		})
	}
	return all
}

func walk(node any, at []any, id string, visit func(at []any, id string, flag bool)) {
	below := func(key any, value any, id string, flag bool) {
		at := append(slices.Clone(at), key)
		visit(at, id, flag)
		if !flag {
			walk(value, at, id, visit)
		}
	}
	dot := "."
	if len(at) == 0 {
		dot = ""
	}
	switch n := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			below(key, n[key], id+dot+key, false)
		}
	case []any:
		for i, value := range n {
			if name, ok := extraArg(value); ok {
				below(i, value, id+"."+name, true)
			} else {
				below(i, value, id+"[]", false)
			}
		}
	}
}

// extraArg returns the name of an entry of extraArgs.
func extraArg(value any) (string, bool) {
	m, ok := value.(map[string]any)
	name, named := m["name"].(string)
	_, valued := m["value"].(string)
	return name, ok && named && valued && len(m) == 2
}

func documents(t *testing.T, data []byte) []any {
	t.Helper()
	docs, err := splitYAML(data)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]any, len(docs))
	for i, doc := range docs {
		if err := yaml.Unmarshal(doc, &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// edit changes what stands at the key of a map or a list, and returns the map or list.
type edit func(parent, key any) any

// broken returns the file with the edit made at the spot.
func broken(t *testing.T, docs []any, s spot, e edit) []byte {
	t.Helper()
	var out bytes.Buffer
	for i, doc := range docs {
		if i > 0 {
			out.WriteString("---\n")
		}
		if i == s.doc {
			doc = editAt(copied(doc), s.path, e)
		}
		text, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	return out.Bytes()
}

func copied(node any) any {
	switch n := node.(type) {
	case map[string]any:
		m := make(map[string]any, len(n))
		for key, value := range n {
			m[key] = copied(value)
		}
		return m
	case []any:
		l := make([]any, len(n))
		for i, value := range n {
			l[i] = copied(value)
		}
		return l
	}
	return node
}

func editAt(node any, at []any, e edit) any {
	if len(at) == 1 {
		return e(node, at[0])
	}
	switch n := node.(type) {
	case map[string]any:
		n[at[0].(string)] = editAt(n[at[0].(string)], at[1:], e)
	case []any:
		n[at[0].(int)] = editAt(n[at[0].(int)], at[1:], e)
	}
	return node
}

// valueAt returns what stands at the path, or nil.
func valueAt(node any, at []any) any {
	for _, key := range at {
		switch n := node.(type) {
		case map[string]any:
			node = n[key.(string)]
		case []any:
			node = n[key.(int)]
		}
	}
	return node
}

func set(value any) edit {
	return func(parent, key any) any {
		switch p := parent.(type) {
		case map[string]any:
			p[key.(string)] = value
		case []any:
			p[key.(int)] = value
		}
		return parent
	}
}

func remove(parent, key any) any {
	switch p := parent.(type) {
	case map[string]any:
		delete(p, key.(string))
	case []any:
		return slices.Delete(p, key.(int), key.(int)+1)
	}
	return parent
}

// breaks returns the ways to break the spot, by name.
func breaks(s spot, value any) map[string]edit {
	b := map[string]edit{"removed": remove}
	if m, ok := value.(map[string]any); ok && s.flag {
		name, old := m["name"].(string), m["value"].(string)
		b["misspelt"] = set(map[string]any{"name": name + "s", "value": old})
		b["bad value"] = set(map[string]any{"name": name, "value": "@"})
		if weak := weakened(s, old); weak != nil {
			b["weakened"] = set(map[string]any{"name": name, "value": weak})
		}
		return b
	}
	b["bad value"] = set("@")
	if _, text := value.(string); !text {
		b["bad value"] = set("many")
	}
	if weak := weakened(s, value); weak != nil {
		b["weakened"] = set(weak)
	}
	if name, ok := s.path[len(s.path)-1].(string); ok {
		b["misspelt"] = func(parent, _ any) any {
			m := parent.(map[string]any)
			m[name+"s"] = m[name]
			delete(m, name)
			return m
		}
	}
	return b
}

// Every flag, field and entry of every file that configures the control plane is removed, weakened, misspelt and given a
// bad value. Each time some check must find something in that file, unless unclaimed says why nothing is lost. A new flag
// is broken because it stands in the bytes: without a check, or without a value in insecure, this test fails.
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
	docs := map[string][]any{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if below, ok := strings.CutPrefix(file, dir); ok && controlPlaneFiles.MatchString(below) {
			docs[file] = documents(t, files[file])
		}
	}
	base := slices.IndexFunc(docs[initFile], func(d any) bool { return valueAt(d, []any{"kind"}) == "KubeletConfiguration" })
	for _, file := range slices.Sorted(maps.Keys(docs)) {
		var todo []spot
		for _, s := range spots(strings.TrimPrefix(file, dir), docs[file]) {
			if key := fmt.Sprint(s.id, s.path, valueAt(docs[file][s.doc], s.path)); !done[key] {
				done[key] = true
				todo = append(todo, s)
			}
		}
		t.Run(name+"/"+strings.TrimPrefix(file, dir), func(t *testing.T) {
			t.Parallel()
			for _, s := range todo {
				for how, e := range breaks(s, valueAt(docs[file][s.doc], s.path)) {
					edited := maps.Clone(files)
					edited[file] = broken(t, docs[file], s, e)
					if strings.HasPrefix(s.file, "patches/") && how == "removed" {
						// What a pool's patch leaves out comes from the cluster's configuration: it must go there too.
						edited[initFile] = broken(t, docs[initFile], spot{doc: base, path: s.path}, e)
					}
					if noticed(spec, edited, file) {
						continue
					}
					if i := excuseFor(s.id, how); i >= 0 {
						excused[i].Store(true)
					} else {
						t.Errorf("%s: %s, and nobody notices", s.id, how)
					}
				}
			}
		})
	}
}

// noticed reports whether a check finds something in the file. The audit policy is evaluated last: it takes long.
func noticed(spec *model.Spec, files map[string][]byte, file string) bool {
	p := &Pass{Spec: spec, Files: files, result: &Result{}, cache: &cache{}}
	for _, p.check = range append(slices.DeleteFunc(slices.Clone(clusterChecks), func(c *Check) bool { return c == audit }), audit) {
		p.check.Run(p)
		if slices.ContainsFunc(p.result.Findings, func(f Finding) bool { return f.Path == file && f.Message != "" }) {
			return true
		}
	}
	return false
}

// excuseFor returns the index of the reason why the break of the spot needs no finding, or -1.
func excuseFor(id, how string) int {
	return slices.IndexFunc(unclaimed, func(u excuse) bool {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(u.id), `\*`, ".*")
		return regexp.MustCompile("^"+pattern+"$").MatchString(id) && (len(u.breaks) == 0 || slices.Contains(u.breaks, how))
	})
}

// Every flag has a value in insecure that is worse than ours, so that "weakened" is no empty word.
func TestEveryFlagHasAnInsecureValue(t *testing.T) {
	files := clusterTree(t, clusterSpec()).Files()
	for file, data := range files {
		if path.Base(file) != "init.yaml" {
			continue
		}
		docs := documents(t, data)
		for _, s := range spots("init.yaml", docs) {
			value := valueAt(docs[s.doc], s.path)
			if m, ok := value.(map[string]any); ok && s.flag && weakened(s, m["value"]) == nil {
				t.Errorf("%s = %q: say in insecure which value is worse", s.id, m["value"])
			}
		}
	}
}
