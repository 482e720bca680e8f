package model

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

func (l *loader) buildEgress(w *Workload, b *node) {
	if b.broken {
		return
	}
	e := &Egress{
		Name:     b.labels[0],
		FQDNs:    sortedTexts(each[string](l, b, "fqdns")),
		CIDRs:    each[netip.Prefix](l, b, "cidrs"),
		Zones:    each[*Zone](l, b, "zones"),
		Port:     as[int](l, b, "port"),
		Protocol: as[Protocol](l, b, "protocol"),
	}
	if !l.has(b, "fqdns") && !l.has(b, "cidrs") && !l.has(b, "zones") {
		l.errorf(b.at, "Missing destination", "%s needs fqdns, cidrs or zones: where the workload may connect to.", b.describe())
	}
	for _, name := range []string{"fqdns", "cidrs", "zones"} {
		l.notEmpty(b, name, "Leave it out, or name a destination.")
	}
	byName(e.Zones, func(z *Zone) string { return z.Name })
	for _, z := range e.Zones {
		e.CIDRs = append(e.CIDRs, l.zoneCIDRs(z)...)
	}
	slices.SortFunc(e.CIDRs, comparePrefix)
	e.CIDRs = slices.Compact(e.CIDRs)
	w.Egress = append(w.Egress, e)
}

func comparePrefix(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}

// secretDir is where a container finds a directory for each of its secrets.
const secretDir = "/run/secrets/"

// checkSecretFiles reports variables that take the directory of a secret for its value.
func (l *loader) checkSecretFiles(n *node, s *SecretFile) {
	for _, c := range s.In {
		for _, v := range l.items(containerNode(n, c), "env") {
			if text, ok := v.v.(string); ok && strings.TrimSuffix(text, "/") == secretDir+s.Name && strings.HasSuffix(v.key, "_FILE") {
				l.errorf(v.at, "Not a file", "%s is a directory; each property of the secret is a file in it. Write for example \"%s%s/password\".", text, secretDir, s.Name)
			}
		}
	}
}

// buildFiles reads volumes, secrets and configuration files, and where they are mounted.
func (l *loader) buildFiles(n *node, w *Workload) {
	mounted := map[string]string{} // container and path → what is there
	mount := func(b *node, in []*Container, path string) {
		for _, c := range in {
			key := c.Name + path
			if first, ok := mounted[key]; ok && path != "" {
				l.errorf(b.at, "Duplicate path", "%s is mounted at %q of the container %q already.", first, path, c.Name)
			}
			mounted[key] = b.describe()
		}
	}
	for _, b := range n.all("volume") {
		if b.broken {
			continue
		}
		v := &Volume{
			Name: b.labels[0], Kind: as[VolumeKind](l, b, "kind"), Size: as[string](l, b, "size"), Path: as[string](l, b, "path"),
			Class: as[string](l, b, "class"), ReadOnly: as[bool](l, b, "read_only"), In: l.containers(w, b),
		}
		mount(b, v.In, v.Path)
		if v.Class != "" && v.Kind != Persistent {
			l.errorf(l.at(b, "class"), "Useless class", "Only persistent volumes have a storage class. Write kind = \"persistent\".")
		}
		w.Volumes = append(w.Volumes, v)
	}
	for _, b := range n.all("secret") {
		if b.broken {
			continue
		}
		s := &SecretFile{Name: b.labels[0], Store: as[*SecretStore](l, b, "from"), Path: as[string](l, b, "path"), In: l.containers(w, b), Env: as[string](l, b, "env")}
		mount(b, s.In, secretDir+s.Name)
		if l.has(b, "from") && !l.has(b, "path") {
			l.errorf(b.at, "Missing path", "%s comes from a store: write its path there, for example path = \"%s/%s\".", b.describe(), w.Name, s.Name)
		}
		if !l.has(b, "from") && l.has(b, "path") {
			l.errorf(l.at(b, "path"), "Missing from", "A path needs the store it leads through. Write for example from = secret_store.vault.")
		}
		if s.Env != "" && s.Path != "" && !strings.Contains(s.Path, "#") {
			l.errorf(l.at(b, "path"), "Which property?", "An entry of a store has several values, and a variable carries one. Write its name behind the entry, for example path = \"%s#password\".", s.Path)
		}
		l.checkSecretFiles(n, s)
		w.Secrets = append(w.Secrets, s)
	}
	for _, b := range n.all("config") {
		if b.broken {
			continue
		}
		c := &ConfigFile{Name: b.labels[0], Path: as[string](l, b, "path"), Content: as[string](l, b, "content"), In: l.containers(w, b)}
		mount(b, c.In, c.Path+"/"+c.Name)
		w.Config = append(w.Config, c)
	}
	byName(w.Volumes, func(v *Volume) string { return v.Name })
	byName(w.Secrets, func(s *SecretFile) string { return s.Name })
	byName(w.Config, func(c *ConfigFile) string { return c.Name })
}

// containers returns the containers that the attribute "in" names; left out, the first.
func (l *loader) containers(w *Workload, b *node) []*Container {
	if !l.has(b, "in") {
		return w.Containers[:min(1, len(w.Containers))]
	}
	all := slices.Concat(w.Containers, w.InitContainers)
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	var in []*Container
	for _, v := range l.items(b, "in") {
		i := slices.Index(names, of[string](v))
		if i < 0 {
			l.errorf(v.at, "Unknown container", "The workload has no container %q.%s", of[string](v), didYouMean(of[string](v), names))
			continue
		}
		if slices.Contains(in, all[i]) {
			l.errorf(v.at, "Repeated name", "%q stands twice in the list.", names[i])
			continue
		}
		in = append(in, all[i])
	}
	return in
}

// buildResources fills in what is left out: see [Resources].
func (l *loader) buildResources(b *node) Resources {
	r := Resources{}
	res := b.one("resources")
	if res != nil {
		r = Resources{
			CPU: as[string](l, res, "cpu"), Memory: as[string](l, res, "memory"),
			CPULimit: as[string](l, res, "cpu_limit"), MemoryLimit: as[string](l, res, "memory_limit"),
			EphemeralStorage: as[string](l, res, "ephemeral_storage"), EphemeralStorageLimit: as[string](l, res, "ephemeral_storage_limit"),
		}
	}
	r.CPU, r.CPULimit = bounds(r.CPU, r.CPULimit, "50m", 10)
	r.Memory, r.MemoryLimit = bounds(r.Memory, r.MemoryLimit, "64Mi", 2)
	r.EphemeralStorage, r.EphemeralStorageLimit = bounds(r.EphemeralStorage, r.EphemeralStorageLimit, "64Mi", 4)
	if res != nil {
		l.checkBound(res, "cpu_limit", r.CPU, r.CPULimit)
		l.checkBound(res, "memory_limit", r.Memory, r.MemoryLimit)
		l.checkBound(res, "ephemeral_storage_limit", r.EphemeralStorage, r.EphemeralStorageLimit)
	}
	return r
}

// bounds derives the request from the limit or the limit from the request, whichever is left out.
func bounds(request, limit, standard string, factor int) (string, string) {
	if request == "" {
		request = standard
		if limit != "" && quantityValue(limit) < quantityValue(standard) {
			request = limit
		}
	}
	if limit == "" {
		limit = multiply(request, factor)
	}
	return request, limit
}

func (l *loader) checkBound(n *node, name, request, limit string) {
	if quantityValue(limit) < quantityValue(request) {
		l.errorf(l.at(n, name), "Limit below request", "The limit %q is below the request %q.", limit, request)
	}
}

// multiply multiplies a quantity and keeps its unit: ten times "50m" is "500m", ten times "100m" is "1".
func multiply(q string, factor int) string {
	m := quantityPattern.FindStringSubmatch(q)
	if m == nil {
		return q
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return q
	}
	n *= float64(factor)
	if m[2] == "m" && math.Mod(n, 1000) == 0 {
		return strconv.FormatFloat(n/1000, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + m[2]
}
