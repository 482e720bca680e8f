package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

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
	return len(a.Type.Values) == 0 && len(a.Type.Kinds) == 0 && !strings.Contains(ty, "whole number") && !strings.Contains(ty, "true or false") &&
		!slices.Contains(strict, ty)
}

// strict are types of which no value has a free word in it. Looking for a harmless word that fits is what takes longest.
var strict = []string{"expression", "CIDR", "list: CIDR", "CIDR, or a list", "IP address", "map: DNS label to IP address", "WireGuard public key",
	"list: PEM public key", "age public key", "Kubernetes quantity", "Kubernetes version", "version", "date", "cron schedule", "port name"}

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
