package threatmodel

// Elsewhere is an attack that published catalogues list by itself and that has no step of its own here: its number stays
// unused.
type Elsewhere struct {
	ID    string   // the number that it would have: "R-05"
	Title string   // plain words, as an order, as of [Step]
	Steps []string // ids of the steps that hold it; none where nothing of a specification decides about it
	Why   string
}

// TakenElsewhere lists the attacks without a step of their own, by number.
var TakenElsewhere = []*Elsewhere{
	{"C-05", "Register an aggregated API or a conversion of custom resources", []string{"C-02"}, "The same kinds of right give it as webhooks, it puts the attacker in the same place, and the same control stands against it."},
	{"D-04", "Drop the manifest of a static pod", []string{"D-03", "E-06"}, "Root on the node plants it; a pod becomes root on the node first, by a directory of the node that it may write to."},
	{"L-02", "Use a workload identity with wide rights in the cloud", nil, "A specification does not say what a cloud's roles may do. The node's own identity there is L-01."},
	{"L-03", "Make rights over the cloud's account into cluster-admin", []string{"D-15"}, "Who administers the account owns the machines, and the control plane where the provider runs it: a part of the trusted base."},
	{"O-06", "Attack a version that is no longer supported", []string{"E-10", "I-01"}, "Versions of Kubernetes that get no fixes are refused when the specification is read; known vulnerabilities of the rest have variants where they are exploited."},
	{"O-07", "Cross from test to production where they share a cluster, an account or a registry", []string{"D-01", "E-10", "I-04", "N-08", "N-15"}, "What is shared is one place of the graph, so that each way across it exists by itself; an invariant can demand that there is none."},
	{"P-05", "Inject a malicious sidecar", []string{"R-03", "R-06", "C-02"}, "It takes the right to change workloads, to add ephemeral containers, or to change all pods by a webhook."},
	{"P-07", "Use debug tools or an SSH server left behind", []string{"R-06", "P-01", "N-08"}, "Ephemeral containers are R-06; tools in an image make a foothold easier and open nothing; a server in a pod is a port that only its declared callers reach."},
	{"R-05", "Change a running workload", []string{"R-03"}, "Changing a workload gives what creating one gives, and takes the same place."},
	{"R-08", "Bind a stronger role", []string{"R-07"}, "A variant: it takes writing bindings together with bind."},
	{"R-09", "Impersonate users, groups or accounts", []string{"R-07"}, "Variants: everybody in the cluster, or the accounts of one namespace."},
	{"X-02", "Starve neighbours or the control plane", []string{"X-01"}, "What stands against waste stands against starving: limits, quotas, process ids, rates of events."},
	{"X-04", "Hide behind names and connections that look right", nil, "It opens nothing that was shut. What reveals an attacker is shown beside each step, and C-06 takes it from the records."},
}
