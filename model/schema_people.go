package model

var teamBlock = &BlockType{
	Name:   "team",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A group of people with one group at the identity provider.",
	Example: `team "sre" {
  oidc_group = "sre"
  can "operate" { in = [namespace.shop] }
  break_glass {
    hours     = 2
    approvers = [team.security]
  }
}`,
	Attributes: []*Attribute{
		{Name: "oidc_group", Type: groupType, Required: true, Doc: "Name of the group in the tokens, without prefix."},
		{Name: "inspects", Type: listOf(to("cluster")), Example: "inspects = [cluster.main]", Doc: "Clusters of which it reads what belongs to no namespace: nodes and what they use, volumes, classes, definitions, roles, policies and certificate requests. It changes nothing there, and reads neither Secrets nor what stands in namespaces."},
		{Name: "code_owner", Type: textType("@organisation/team", parseCodeOwner), Derived: "owns no files", Doc: "The team's name at the Git host, for CODEOWNERS."},
	},
	Blocks: []*BlockType{
		{
			Name:   "can",
			Labels: []Label{{"ACTION", enum(ActionView, ActionOperate, ActionDeploy)}},
			Doc: "Standing rights in namespaces: \"view\" reads everything but Secrets; \"operate\" also restarts and scales; " +
				"\"deploy\" changes workloads directly, past GitOps.",
			Attributes: []*Attribute{
				{Name: "in", Type: listOf(to("namespace")), Required: true, Doc: "Namespaces."},
			},
			Weakening: &Weakness{Doc: "A stolen login changes what runs, without review.", Values: []any{"deploy"}},
			Example:   `can "operate" { in = [namespace.shop] }`,
		},
		{
			Name: "break_glass",
			Doc:  "Access beyond the standing rights, for hours, with approval.",
			Example: `break_glass {
  hours     = 2
  approvers = [team.security]
}`,
			Attributes: []*Attribute{
				{Name: "hours", Type: number(1, 8), Default: 2, Doc: "Hours after which the access ends by itself."},
				{Name: "approvers", Type: listOf(to("team")), Required: true, Example: "approvers = [team.security]", Doc: "Other teams, of which one must approve. They also own the guards: CODEOWNERS gives them every file but the workloads of namespaces."},
			},
		},
	},
}

var namespaceBlock = &BlockType{
	Name:   "namespace",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A namespace with one owner and one level of trust.",
	Example: `namespace "shop" {
  owner = team.sre
}`,
	Attributes: []*Attribute{
		{Name: "cluster", Type: to("cluster"), Derived: "the only cluster", Doc: "Cluster of the namespace."},
		{Name: "name", Type: labelType, Derived: "the label", Example: `name = "shop-of-green"`, Doc: "What the cluster calls it, where two clusters have namespaces of one name. The label is then its name in the specification alone."},
		{Name: "owner", Type: to("team"), Required: true, Doc: "Team that answers for it."},
		{Name: "pod_security", Type: enum(Restricted, Baseline, Privileged), Default: "restricted", Doc: "Level of the Pod Security Standards that admission enforces.",
			Weakening: &Weakness{Doc: "Pods that can reach their node are admitted.", Values: []any{"baseline", "privileged"}}},
		{Name: "labels", Type: mapOf(labelKeyType, labelValType), Doc: "Further labels."},
	},
	Blocks: []*BlockType{{
		Name: "quota",
		Doc:  "What all pods of the namespace together may use. Left out, and for each attribute left out: the default quota.",
		Example: `quota {
  cpu     = "20"
  memory  = "40Gi"
  storage = "100Gi"
  pods    = 200
}`,
		Attributes: []*Attribute{
			{Name: "cpu", Type: quantityType, Doc: "CPUs, for example \"20\"."},
			{Name: "memory", Type: quantityType, Doc: "Memory, for example \"40Gi\"."},
			{Name: "storage", Type: quantityType, Doc: "Storage of all claims, for example \"100Gi\"."},
			{Name: "pods", Type: number(1, 100000), Example: "pods = 200", Doc: "Number of pods."},
		},
	}},
}

var exceptionBlock = &BlockType{
	Name:   "exception",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "Accepts weakenings by name, for a time. Each weakening of the specification needs exactly one exception. `bartizan explain weakenings` lists all there are.",
	Attributes: []*Attribute{
		{Name: "allows", Type: listOf(&Type{Name: "address of a weakening", shape: reference, Kinds: []string{weakeningKind}}), Required: true, Doc: "Addresses of exactly the attributes, keys or elements that are weak."},
		{Name: "reason", Type: lineType, Required: true, Doc: "Why it is needed."},
		{Name: "owner", Type: to("team"), Required: true, Doc: "Who answers for it."},
		{Name: "expires", Type: dateType, Required: true, Doc: "The first day on which it no longer holds."},
		{Name: "on_expiry", Type: enum(ExpiryReport, ExpiryRefuse), Default: "report", Example: `on_expiry = "refuse"`, Doc: "What happens on that day. With \"report\", `validate` and `verify` fail, and the cluster goes on as before. " +
			"With \"refuse\", the cluster also lets in no more pods that need the exception: pods that run stay, but none is made again after a crash of its node, an eviction, a rollout or a scale-up, so the workload goes down pod by pod. Only a new date that is generated and applied ends that. " +
			"Refused is what shows in a pod: what host and security blocks allow, and pods below the restricted level in the namespace of an add-on. Debug containers are judged by the day on which their pod was made."},
	},
	Example: `exception "node-exporter" {
  allows  = [workload.monitoring.node-exporter.host.paths["/"]]
  reason  = "reads host metrics"
  owner   = team.sre
  expires = "2027-03-31"
}`,
}

var attestationBlock = &BlockType{
	Name:   "attestation",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A control that no file can prove, stated by a named team with evidence and a review date.",
	Example: `attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.main
  by        = team.security
  evidence  = "https://wiki.example.com/idp-mfa"
  review_by = "2027-06-30"
}`,
	Attributes: []*Attribute{
		{Name: "control", Type: textType("control", parseAttestable).like("idp-mfa"), Required: true, Doc: "Id of the control; `bartizan controls` marks those that can be attested."},
		{Name: "subject", Type: &Type{Name: "reference to a block", shape: reference}, Required: true, Doc: "Block that has the control."},
		{Name: "by", Type: to("team"), Required: true, Doc: "Who states it."},
		{Name: "evidence", Type: lineType, Required: true, Doc: "Where the evidence is: a URL or the name of a document."},
		{Name: "review_by", Type: dateType, Required: true, Doc: "The first day on which the statement no longer counts."},
	},
}

var assetBlock = &BlockType{
	Name:   "asset",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "Something worth attacking. etcd, the control plane and secrets are built in.",
	Example: `asset "orders" {
  held_by     = [workload.shop.cart]
  sensitivity = "critical"
}`,
	Attributes: []*Attribute{
		{Name: "held_by", Type: listOf(to("workload")), Required: true, Doc: "Workloads that hold it."},
		{Name: "sensitivity", Type: enum(SensitivityNormal, SensitivityHigh, SensitivityCritical), Default: "high", Doc: "How much it matters."},
	},
}

var invariantBlock = &BlockType{
	Name:   "invariant",
	Labels: []Label{{"NAME", labelType}},
	Example: `invariant "orders-are-far" {
  condition     = tolerance(zone.internet, asset.orders) >= 2
  error_message = "At least two faults must coincide before an attacker from the internet reaches the orders."
}`,
	Doc: "What must hold of the threat model, or of who may connect to whom. bartizan threatmodel judges it, shows the nearest attack where it does not hold, and exits with status 1.",
	Attributes: []*Attribute{
		{Name: "condition", Type: anyType, Required: true, Example: "condition = tolerance(zone.internet, asset.orders) >= 2", Doc: "True or false. tolerance(FROM, TO) is the number of faults that must coincide before an attacker who starts at FROM (a zone, workload, team, pipeline, repository, node pool or foreign cluster) reaches TO (an asset, workload, node pool or cluster); 0 is an open way. To reach a workload is to run code in it; to reach an asset is to read it, which whoever may call a workload that holds it is taken to do. called_only_by(TO, FROM…) says that the files let nobody else connect to TO, a port or any port of a workload; FROM are workloads, namespaces, gateways, zones and other sources, or lists of them, such as values(workload.shop). It holds only where it is proved that the network policies admit the declared sources alone. Kubelets reach the pods of their node in any case."},
		{Name: "error_message", Type: lineType, Required: true, Doc: "What to say where it does not hold."},
	},
}

var variableBlock = &BlockType{
	Name:   "variable",
	Labels: []Label{{"NAME", nameType}},
	Doc:    "A value that is chosen outside: by --var, --var-file or the environment variable BARTIZAN_VAR_name. Use it as var.NAME.",
	Example: `variable "environment" {
  type        = string
  default     = "staging"
  description = "which environment is described"
  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}`,
	Attributes: []*Attribute{
		{Name: "type", Type: anyType, Derived: "any", Example: "type = string", Doc: "Type of the value: string, number, bool, list(string), map(number), object({…}) and so on."},
		{Name: "default", Type: anyType, Derived: "the variable must be set", Example: `default = "staging"`, Doc: "Value where none is set."},
		{Name: "description", Type: lineType, Doc: "What it is for."},
	},
	Elsewhere: map[string]string{
		"sensitive": "No secret belongs in a specification, so no variable is sensitive. Leave it out, and name what is secret with a secret block of a workload.",
		"nullable":  "A variable may always be null. Say what it must be with a validation block.",
	},
	Blocks: []*BlockType{{
		Name: "validation",
		Many: true,
		Doc:  "A condition on the value. A variable may have several.",
		Example: `validation {
  condition     = contains(["staging", "production"], var.environment)
  error_message = "The environment is staging or production."
}`,
		Attributes: []*Attribute{
			{Name: "condition", Type: anyType, Required: true, Example: `condition = contains(["staging", "production"], var.environment)`, Doc: "Expression over var.NAME that must be true."},
			{Name: "error_message", Type: lineType, Required: true, Doc: "What to say where it is not."},
		},
	}},
}

var localsBlock = &BlockType{
	Name: "locals",
	Doc:  "Names for values that are used more than once. Use them as local.NAME.",
	Example: `locals {
  domain = "${var.environment}.example.com"
}`,
	Open: true,
}
