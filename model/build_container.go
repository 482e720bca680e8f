package model

import "slices"

// fillContainers reads what the containers run and may do.
func (l *loader) fillContainers(n *node, w *Workload) {
	if w.Manifests == ManifestsExternal {
		return
	}
	blocks := map[string]*node{w.Name: n}
	for _, b := range slices.Concat(n.all("container"), n.all("init_container")) {
		if !b.broken && blocks[b.labels[0]] == nil {
			blocks[b.labels[0]] = b
		}
	}
	for i, c := range slices.Concat(w.Containers, w.InitContainers) {
		if b := blocks[c.Name]; b != nil {
			l.fillContainer(n, b, c, 10001+i)
		}
	}
}

func (l *loader) fillContainer(n, b *node, c *Container, uid int) {
	c.Image = as[Image](l, b, "image")
	l.findRegistry(b, &c.Image)
	if !l.has(b, "image") && as[Manifests](l, n, "manifests") == ManifestsGenerate {
		l.errorf(b.at, "Missing image", "%s needs an image, for example image = \"registry.example.com/shop/%s:v1.0.0\".", b.describe(), c.Name)
	}
	c.Command = each[string](l, b, "command")
	c.Args = each[string](l, b, "args")
	c.Env = table[string](l, b, "env")
	l.checkPlainValues(b)
	c.Resources = l.buildResources(b)
	c.Security = l.buildSecurity(b, uid)
	if b.schema.blocks["probe"] != nil {
		for _, p := range b.all("probe") {
			if p.broken {
				continue
			}
			switch probe := l.buildProbe(n, p); p.labels[0] {
			case "readiness":
				c.Probes.Readiness = probe
			case "liveness":
				c.Probes.Liveness = probe
			case "startup":
				c.Probes.Startup = probe
			}
		}
	}
}

func (l *loader) buildSecurity(b *node, uid int) Security {
	s := Security{User: uid, Group: uid}
	sec := b.one("security")
	if sec == nil {
		return s
	}
	s.RunAsRoot = as[bool](l, sec, "run_as_root")
	s.Privileged = as[bool](l, sec, "privileged")
	s.WritableRoot = as[bool](l, sec, "writable_root")
	s.Capabilities = sortedTexts(each[string](l, sec, "capabilities"))
	s.Escalation = as[bool](l, sec, "escalation")
	s.Unconfined = as[bool](l, sec, "unconfined")
	if s.RunAsRoot {
		s.User, s.Group = 0, 0
	}
	if l.has(sec, "user") {
		s.User = as[int](l, sec, "user")
		s.Group = s.User
		if v := l.get(sec, "user"); v != nil && (s.User == 0) != s.RunAsRoot {
			if s.RunAsRoot {
				l.errorf(v.at, "Contradiction", "run_as_root = true means user 0. Leave one of the two out.")
			} else {
				l.errorf(v.at, "Root user", "User 0 is root. Choose another number, or write run_as_root = true, which needs an exception.")
			}
		}
	}
	if l.has(sec, "group") {
		s.Group = as[int](l, sec, "group")
		if v := l.get(sec, "group"); v != nil && s.Group == 0 && !s.RunAsRoot {
			l.errorf(v.at, "Root group", "Group 0 is root's. Choose another number, or write run_as_root = true, which needs an exception.")
		}
	}
	// Kubernetes refuses privileged containers and CAP_SYS_ADMIN without escalation (validation of securityContext).
	if slices.Contains(s.Capabilities, "SYS_ADMIN") && !s.Escalation && !s.Privileged {
		l.errorf(l.at(sec, "capabilities"), "Contradiction", "Kubernetes refuses SYS_ADMIN without escalation = true.")
	}
	if s.Privileged {
		s.Escalation = true
	}
	return s
}

func (l *loader) buildProbe(n, b *node) *Probe {
	p := &Probe{Delay: as[int](l, b, "delay"), Period: as[int](l, b, "period"), Failures: as[int](l, b, "failures")}
	var kinds []string
	for _, k := range []string{"http", "grpc", "tcp", "exec"} {
		if l.has(b, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) != 1 {
		l.errorf(b.at, "Ambiguous probe", "%s needs exactly one of http, grpc, tcp and exec.", b.describe())
		return p
	}
	p.Kind = ProbeKind(kinds[0])
	p.Headers = table[string](l, b, "headers")
	switch p.Kind {
	case ProbeHTTP:
		p.Path = as[string](l, b, "http")
		p.Port = l.portOf(n, b, "port")
	case ProbeGRPC, ProbeTCP:
		p.Port = l.portOf(n, b, kinds[0])
	case ProbeExec:
		p.Command = each[string](l, b, "exec")
		l.notEmpty(b, "exec", "Name the program.")
	}
	for _, only := range []string{"port", "headers"} {
		if l.has(b, only) && p.Kind != ProbeHTTP {
			l.errorf(l.at(b, only), "Useless "+only, "%s belongs to http probes only.", only)
		}
	}
	return p
}
