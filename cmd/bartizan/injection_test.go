package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
	"github.com/bartizan-dev/bartizan/threatmodel/render"
)

// everything is a specification that uses every block and attribute of the language.
const everything = "../../model/testdata/everything"

// files generates the tree in memory and proves every claim.
func files(l *model.Loaded) (map[string][]byte, error) {
	set, err := generate.Run(l.Spec, generate.All)
	if err != nil {
		return nil, err
	}
	files := set.Files()
	if missing := verify.Run(l.Spec, files, verify.All).Unproved(set.Claims); len(missing) > 0 {
		return nil, fmt.Errorf("not proved:\n%s", claimList(missing))
	}
	return files, nil
}

// allFiles are the files of the tree, and all reports of the threat model, which take long.
func allFiles(l *model.Loaded) (map[string][]byte, error) {
	t, err := newTree(l.Spec)
	if err != nil {
		return nil, err
	}
	posture := t.posture()
	options := threatmodel.Options{Faults: 1, Paths: 1}
	graph := threatmodel.Build(l.Spec)
	report, err := graph.Analyse(posture, options)
	if err != nil {
		return nil, err
	}
	report.Risks = threatmodel.Risks(l.Spec, today)
	if report.Invariants, err = graph.Judge(posture, options); err != nil {
		return nil, err
	}
	title := reportTitle(l.Spec)
	// How much a fitted overview shows depends on how wide the names are.
	reports, err := reportSet(title, report, render.Overview(title, report), reportFormats)
	if err != nil {
		return nil, err
	}
	all := t.set.Files()
	for name, text := range reports.Files() {
		all["reports/"+name] = text
	}
	return all, nil
}

// combined hold the marks of all languages at once; a field is given the first that it accepts.
var combined = []string{
	"x\n---\nMatch all\n[Service]\nExecStart=/bin/sh\nEOF\nBARTIZAN\n# h\n```\n- \"'`$(touch /tmp/x)${x}%{if}{{.}}</script>]]>--><x a='b'>&lt;\\n\\ |\t*_~[a](javascript:b)![c](d);#",
	"\"'`$(touch /tmp/x) ${x} ${{ y }} %{if} {{.}} </script>]]>--><x a='b'>&lt; \\n\\ | *_~[a](javascript:b)![c](d) ; # %s %% ../.. é漢",
	"/x/@+._-",
}

// torment tries values in fields and counts.
type torment struct {
	t      *testing.T
	in     *injector
	fields []*field
	names  assignment // of attributes, in the JSON form
	// again: other choices are tried. Long values were judged before, and reports do not depend on the choices.
	again bool

	harmless assignment        // the last texts that files were generated with to compare with
	base     map[string][]byte // and these files

	pairs, refused, accepted, trees, read int
}

// A hostile value in any field of the language is refused with a diagnostic at its line, or reaches each file of the tree
// such that a parser of the file's language finds the same structure as with a harmless value, and the value itself. The
// form with profiles and the JSON form take the same values and mean the same.
//
// With BARTIZAN_TORTURE set, each value is tried in each field, and with other choices of kinds too; otherwise values
// that hold the marks of all languages.
func TestHostileValuesAreRefusedOrEncoded(t *testing.T) {
	full := os.Getenv("BARTIZAN_TORTURE") != ""
	t.Run("as written", func(t *testing.T) { torturing(t, "as written", newInjector(t, everything), full, false) })
	if full {
		t.Run("other choices", func(t *testing.T) {
			in := newInjector(t, everything)
			in.replace(t, otherChoices)
			torturing(t, "other choices", in, full, true)
		})
	}
}

// kubeVIP is what testdata/everything says of the load balancer.
const kubeVIP = `kind    = "kube-vip"
      address = "10.0.0.10"
      image   = "registry.example.com:5000/mirror/kube-vip:v1.1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`

// otherChoices make other generators write: for each enumeration, what testdata/everything does not say.
var otherChoices = [][2]string{
	{`"argocd"`, `"flux"`}, {`"gitlab-ci"`, `"github-actions"`}, {kubeVIP, `kind    = "external"
      address = "10.0.0.10"`},
	{`encryption { kms = "unix:///run/kms/socket.sock" }`, `encryption {}`}, {`manifests = "patch"`, `manifests = "generate"
  image = "registry.example.com:5000/shop/agent:v1"`},
}

func torturing(t *testing.T, title string, in *injector, full, again bool) {
	s := newSurvey(t, in.text, !again)
	if l := in.native(nil); l.HasErrors() {
		t.Fatal(l.Text())
	}
	m := &torment{t: t, in: in, fields: choose(in, s), names: assignment{}, again: again}
	m.fields = slices.DeleteFunc(m.fields, func(f *field) bool {
		if f.isName() {
			m.names[f.place] = ""
		}
		return f.isName()
	})
	values := torture.Values()
	count := len(values)
	if full {
		for _, name := range torture.Names() {
			m.say(name, values[name])
			m.tree(name, m.judge(name, values[name], true))
		}
	} else {
		first := assignment{}
		for _, v := range combined {
			for p, v := range m.judge(v, v, false) {
				if _, ok := first[p]; !ok {
					first[p] = v
				}
			}
		}
		m.tree("combined", first)
		for _, name := range []string{"long", "not utf-8", "escape sequence"} {
			m.say(name, values[name])
		}
		count = len(combined)
	}
	fmt.Printf("torture: injection, %s: %d fields × %d values: %d pairs, %d refused, %d accepted; %d trees, of which %d files hold values and were read back\n",
		title, len(m.fields), count, m.pairs, m.refused, m.accepted, m.trees, m.read)
	if m.refused == 0 || m.accepted == 0 || m.read == 0 {
		t.Error("nothing was judged")
	}
}

// say judges what is said about a specification with the value in many fields, and where it names attributes. A long
// value stands in one field of each group: a file with more is too long itself.
func (m *torment) say(name, value string) {
	groups := map[bool]assignment{true: {}, false: {}}
	most := max(1<<20/(len(value)+1), 1)
	for _, f := range m.fields {
		if len(groups[f.named]) < most && f.apart(groups[f.named]) {
			groups[f.named][f.place] = value
		}
	}
	for _, together := range groups {
		m.words("many fields", name, m.in.native(together))
		m.words("many fields of the JSON form", name, m.in.json(together))
	}
	names := assignment{}
	// In one order, so that each run judges the same.
	for _, p := range slices.SortedFunc(maps.Keys(m.names), func(a, b *place) int { return cmp.Or(a.line-b.line, strings.Compare(a.name, b.name)) }) {
		if len(names) < most {
			names[p] = value
		}
	}
	l := m.in.json(names)
	if m.words("names of attributes", name, l); !l.HasErrors() {
		m.t.Errorf("an attribute %q is accepted", value)
	}
}

// judge loads the specification with a value in each of the fields, and returns where it is accepted. Values that are no
// names are judged together: an error at the place of one is its own, and those that remain must be accepted together. A
// name changes what others refer to, and stands alone, unless many are asked for. So does a value that is so long that two
// make a file too long, and only in fields of free text.
func (m *torment) judge(name, value string, alone bool) assignment {
	accepted, together := assignment{}, map[bool]assignment{true: {}, false: {}}
	var single []*place
	long := len(value) > 64<<10
	for _, f := range m.fields {
		if long && (m.again || f.harmless == "") {
			continue
		}
		m.pairs++
		if long || f.named && alone || !f.apart(together[f.named]) {
			single = append(single, f.place)
		} else {
			together[f.named][f.place] = value
		}
	}
	for _, named := range []bool{true, false} {
		try := together[named]
		n := len(try)
		left := maps.Clone(try)
		if taken := settle(m.in, try, assignment{}); taken != nil {
			m.refused += n - len(taken)
			maps.Copy(accepted, taken)
			continue
		}
		// What is wrong stands elsewhere.
		l := m.in.native(left)
		for p := range left {
			if blamed(l, p) {
				m.refused++
			} else {
				single = append(single, p)
			}
		}
	}
	for _, p := range single {
		l := m.in.native(assignment{p: value})
		m.words(p.name, name, l)
		if !l.HasErrors() {
			accepted[p] = value
		} else if m.refused++; !p.elsewhere() && !blamed(l, p) {
			m.t.Errorf("%s = %s: no error at line %d:\n%.900s", p.name, name, p.line, l.Text())
		}
	}
	m.accepted += len(accepted)
	return accepted
}

// words judges what is said about a specification.
func (m *torment) words(field, name string, l *model.Loaded) {
	if err := spoken(l); err != nil {
		m.t.Errorf("%s = %s: %v", field, name, err)
	}
}

// tree generates with the values in their places and with harmless ones instead, and reads every file back. Beside them
// stand the harmless texts of all other fields.
func (m *torment) tree(name string, accepted assignment) {
	with, without := taken(m.fields), taken(m.fields)
	for i, f := range m.fields {
		if v, ok := accepted[f.place]; ok && f.harmless != "" && !m.in.repeats(f.place, v) {
			with[f.place] = v
			if f.named { // what is sorted by name stays where it is
				if other := fmt.Sprintf("%sq%dx", v, i); !m.in.native(assignment{f.place: other}).HasErrors() {
					without[f.place] = other
				}
			}
		}
	}
	l := m.in.native(with)
	for l.HasErrors() { // two names are one now: the later is left out
		before := len(with)
		for _, f := range m.fields {
			if _, ok := accepted[f.place]; ok && with[f.place] != without[f.place] && blamed(l, f.place) {
				with[f.place] = without[f.place]
				before--
			}
		}
		if before == len(with) {
			m.t.Errorf("%s together: %s", name, l.Text())
			return
		}
		l = m.in.native(with)
	}
	var pairs []string
	left := assignment{}
	for _, f := range m.fields {
		if with[f.place] != without[f.place] {
			pairs = append(pairs, without[f.place], written(l, f, with[f.place]))
			left[f.place] = with[f.place]
		}
	}
	if len(left) == 0 {
		return
	}
	if p := m.in.profiles(with); p != nil && !sameLoaded(l, p) {
		m.t.Errorf("%s: with profiles it means something else: %s", name, p.Text())
	}
	if j := m.in.json(with); !sameLoaded(l, j) {
		m.t.Errorf("%s: the JSON form means something else: %s", name, j.Text())
	}
	base, err := m.compared(without)
	if err != nil {
		m.t.Errorf("%s: with harmless texts: %v", name, err)
		return
	}
	flaws, read := []string(nil), 0
	files, err := m.files(l)
	if err != nil {
		flaws = []string{err.Error()}
	} else {
		flaws, read = compareFiles(base, files, strings.NewReplacer(pairs...).Replace)
		m.write(name, files)
	}
	m.trees++
	m.read += read
	if len(flaws) > 0 && len(left) > 1 { // whose fault is it?
		halves := [2]assignment{{}, {}}
		n := 0
		for _, f := range m.fields {
			if v, ok := left[f.place]; ok {
				halves[2*n/len(left)][f.place] = v
				n++
			}
		}
		failed := m.t.Failed()
		m.tree(name, halves[0])
		m.tree(name, halves[1])
		if !failed && m.t.Failed() {
			return
		}
	}
	for _, flaw := range flaws {
		m.t.Errorf("%s, %.300q: %s", name, pairs, flaw)
	}
}

// written is the value as it is written to files: an image without a host stands there with the one that runtimes take.
func written(l *model.Loaded, f *field, value string) string {
	if a := model.LookupAttribute(f.name); a == nil || a.Type.Name != "image" {
		return value
	}
	for _, c := range l.Spec.Clusters {
		if lb := c.API.LoadBalancer; lb != nil && lb.Image.Written == value {
			return lb.Image.Pinned()
		}
	}
	return value
}

// files generates the tree, and the reports of the threat model if they are due.
func (m *torment) files(l *model.Loaded) (map[string][]byte, error) {
	if m.again {
		return files(l)
	}
	return allFiles(l)
}

// compared generates with harmless texts, which are mostly those of the time before.
func (m *torment) compared(texts assignment) (map[string][]byte, error) {
	if m.harmless == nil || !maps.Equal(m.harmless, texts) {
		base, err := m.files(m.in.native(texts))
		if err != nil {
			return nil, err
		}
		m.harmless, m.base = texts, base
	}
	return m.base, nil
}

// write writes the files to a directory, and looks that nothing else came to be around it.
func (m *torment) write(name string, files map[string][]byte) {
	set := &generate.Set{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		set.Artifacts = append(set.Artifacts, generate.Artifact{Path: path, Mode: 0o644, Data: files[path]})
	}
	around := m.t.TempDir()
	if _, err := generate.Write(set, filepath.Join(around, "x", "out"), generate.WriteOptions{}); err != nil {
		m.t.Errorf("%s: %v", name, err)
		return
	}
	err := filepath.WalkDir(around, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(filepath.Join(around, "x", "out"), path)
		if _, ours := files[filepath.ToSlash(rel)]; err == nil && !ours && filepath.Base(path) != ".bartizan.lock" || !filepath.IsLocal(rel) {
			m.t.Errorf("%s: %s was written", name, path)
		}
		return err
	})
	if err != nil {
		m.t.Error(err)
	}
	if err := os.RemoveAll(around); err != nil {
		m.t.Error(err)
	}
}
