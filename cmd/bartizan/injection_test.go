package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// everything is a specification that uses every block and attribute of the language.
const everything = "../../model/testdata/everything"

// field is one name of the survey: the place that is used for it, and a harmless text that fits there.
type field struct {
	*place
	harmless string // "": the field takes no free text
}

// harmlessForms are texts with a word in it of which at least one fits each field that takes free text.
var harmlessForms = []string{"%s", "%s.example.com", "/%s", "https://%s.example.com", "%s.example.com:6443",
	"registry.example.com:5000/shop/%s:v1", "@%s/team", "%s:", "s3://%s/x", "unix:///run/%s.sock"}

// choose finds for each field a place and a harmless text, such that all together are a specification.
func choose(in *injector, s *survey) []*field {
	var fields []*field
	for _, name := range s.names {
		fields = append(fields, &field{place: s.places[name][0]})
	}
	text := func(i int, form string) string { return fmt.Sprintf(form, fmt.Sprintf("hq%dx", i)) }
	open := func(i int) bool { return fields[i].harmless == "" && fields[i].takesText() }
	for n, form := range harmlessForms { // many at once, which is fast
		for _, named := range []bool{false, true} {
			try := assignment{}
			for i, f := range fields {
				if open(i) && f.named == named && n < tries(f) && f.apart(try) && f.apart(taken(fields)) {
					try[f.place] = text(i, form)
				}
			}
			for p := range settle(in, try, taken(fields)) {
				i := slices.Index(s.names, p.name)
				fields[i].harmless = text(i, form)
			}
		}
	}
	for i, f := range fields {
		places, forms := s.places[f.name], harmlessForms[:tries(f)]
		if !f.named {
			places = places[:min(len(places), 2)]
		}
		for _, p := range places {
			for _, form := range forms {
				if both := taken(fields); open(i) && p.apart(both) {
					if both[p] = text(i, form); !in.native(both).HasErrors() {
						f.place, f.harmless = p, text(i, form)
					}
				}
			}
		}
	}
	return fields
}

// tries is how many of the harmless forms may fit the field: names are labels.
func tries(f *field) int {
	if f.named {
		return 2
	}
	return len(harmlessForms)
}

// takesText reports whether the type of the field does not exclude free text. A key of for_each makes a block another
// one, and is tried by itself.
func (p *place) takesText() bool {
	if p.isName() {
		return false
	}
	if block, label, ok := strings.Cut(p.name, " "); ok && label != "key" {
		b := model.LookupBlock(block)
		i := slices.IndexFunc(b.Labels, func(l model.Label) bool { return l.Name == label })
		return i >= 0 && len(b.Labels[i].Type.Values) == 0 && label != "NAMESPACE"
	}
	if p.named {
		return !strings.HasSuffix(p.name, ".for_each key")
	}
	a := model.LookupAttribute(p.name)
	if a == nil {
		return false
	}
	ty := a.Type.Name
	return len(a.Type.Values) == 0 && len(a.Type.Kinds) == 0 && !strings.Contains(ty, "whole number") && !strings.Contains(ty, "true or false") && ty != "expression"
}

// elsewhere reports whether what is wrong with a text shows where it is used: with a variable where it is read, with a
// name, or with what for_each makes names of, where it is referred to.
func (p *place) elsewhere() bool {
	return p.named || strings.HasPrefix(p.name, "variable.") || strings.HasSuffix(p.name, ".for_each")
}

// taken are the harmless texts of the fields that have one.
func taken(fields []*field) assignment {
	a := assignment{}
	for _, f := range fields {
		if f.harmless != "" {
			a[f.place] = f.harmless
		}
	}
	return a
}

// settle returns those texts that are accepted, together, beside those that are already there.
func settle(in *injector, try, beside assignment) assignment {
	for len(try) > 0 {
		both := maps.Clone(beside)
		maps.Copy(both, try)
		l := in.native(both)
		if !l.HasErrors() {
			return try
		}
		before := len(try)
		maps.DeleteFunc(try, func(p *place, _ string) bool { return blamed(l, p) })
		if len(try) == before {
			return nil
		}
	}
	return nil
}

// isName reports whether the place is the name of an attribute, which only the JSON form can make any text.
func (p *place) isName() bool { return p.spots[0].as == attribute }

// files generates the tree in memory, which includes the proof of every claim, and all reports of the threat model.
func (in *injector) files(l *model.Loaded) (map[string][]byte, error) {
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
	reports, err := reportSet(reportTitle(l.Spec), report, reportFormats)
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
	torturing(t, "as written", newInjector(t, everything), full)
	if full {
		in := newInjector(t, everything)
		in.replace(t, otherChoices)
		torturing(t, "other choices", in, full)
	}
}

// otherChoices make other generators write: for each enumeration, what testdata/everything does not say.
var otherChoices = [][2]string{
	{`"argocd"`, `"flux"`}, {`"gitlab-ci"`, `"github-actions"`}, {`kind    = "external"`, `kind    = "kube-vip"`},
	{`encryption { kms = "unix:///run/kms/socket.sock" }`, `encryption {}`}, {`manifests = "patch"`, `manifests = "generate"
  image = "registry.example.com:5000/shop/agent:v1"`},
}

func torturing(t *testing.T, title string, in *injector, full bool) {
	s := newSurvey(t, in.text)
	if l := in.native(nil); l.HasErrors() {
		t.Fatal(l.Text())
	}
	m := &torment{t: t, in: in, fields: choose(in, s), names: assignment{}}
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
	for p := range m.names {
		if len(names) < most {
			names[p] = value
		}
	}
	l := m.in.json(names)
	if m.words("names of attributes", name, l); !l.HasErrors() {
		m.t.Errorf("an attribute %q is accepted", value)
	}
}

// judge loads the specification with a value in each of the fields, and returns where it is accepted. Fields whose type
// takes no free text are judged together first, and without alone all are: an error at the place of one is its own.
func (m *torment) judge(name, value string, alone bool) assignment {
	accepted := assignment{}
	groups := map[bool]assignment{true: {}, false: {}}
	var single []*place
	for _, f := range m.fields {
		m.pairs++
		if (!alone || f.harmless == "" && !f.named) && f.apart(groups[f.named]) {
			groups[f.named][f.place] = value
		} else {
			single = append(single, f.place)
		}
	}
	for _, together := range groups {
		l := m.in.native(together)
		for p := range together {
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
		if v, ok := accepted[f.place]; ok && f.harmless != "" {
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
			pairs = append(pairs, without[f.place], with[f.place])
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
	base, err := m.in.files(m.in.native(without))
	if err != nil {
		m.t.Errorf("%s: with harmless texts: %v", name, err)
		return
	}
	flaws, read := []string(nil), 0
	files, err := m.in.files(l)
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
