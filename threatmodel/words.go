package threatmodel

import (
	"fmt"

	"github.com/bartizan-dev/bartizan/model"
)

// Words are the terms of reports, in the order in which a reader meets them.
var Words = []*model.Word{
	{
		Name: "attacker", Also: []string{"attackers", "attacker profile"},
		Doc: "Where an analysis starts: somebody at a place, such as the internet, a workload or the machines of a pool, or with something granted or stolen. " +
			"The report lists the attackers with their ids, which --from takes. What an attacker holds he keeps.",
		See: []string{"position", "tolerance"},
	},
	{
		Name: "blast radius", Also: []string{"blast"},
		Doc: "What falls with a position: the assets that its new owner reaches who has nothing else, at once, and after one fault more. \"bartizan threatmodel --blast-radius\" tells it of every position, the greatest damage first; " +
			"--assume-breach tells the paths of one.",
		See: []string{"position", "fault"},
	},
	{
		Name: "position", Also: []string{"positions"},
		Doc: "Something that an attacker may hold: a place where he runs code, a credential, a right, a way to a service, data. Its id is the address of a thing of the specification, alone or with " +
			"what is meant of it after a slash: workload.shop.cart, workload.shop.cart/token, cluster.main/cluster-admin. --from, --to and --assume-breach take ids.",
		See: []string{"address", "reach", "attack step"},
	},
	{
		Name: "reach", Also: []string{"reaches"},
		Doc: "To come to hold a position. Who reaches a workload runs code in it; a connection that the specification allows is not yet that: who may connect is asked with called_only_by(TO, FROM…). " +
			"Who reaches an asset reads or changes it, for example as a client that a workload serves.",
		See: []string{"position", "invariant"},
	},
	{
		Name: "attack step", Also: []string{"step", "steps", "variant", "variants", "premise", "premises"},
		Doc: "What an attacker does to come from positions that he holds to another. The catalogue (\"bartizan steps\") gives each an id. A step has variants, the ways to take it: each needs all of its premises, " +
			"and each has its own controls that block it. A control blocks a variant, never a whole step.",
		See: []string{"blocked", "effort"},
	},
	{
		Name: "effort",
		Doc: fmt.Sprintf("What a path costs the attacker: the sum over its steps, each counted once, of %d for the intended use of what he holds, %d for a public tool or one command, "+
			"%d for skill and time, %d for a new vulnerability, a theft or coercion. It puts paths in order, cheapest first. It is neither hours nor a probability.", Intended, PublicTool, Skill, Hard),
		See: []string{"attack step"},
	},
	{
		Name: "fault", Also: []string{"faults", "F", "V", "T", "mix", "cause"},
		Doc: fmt.Sprintf("Something that goes wrong before a way opens: a file that is wrong or missing, or a statement that is not so (%s), a vulnerability that nobody knows yet (%s), a theft or an insider's act (%s). "+
			"1F+1V takes one of each. What hangs on one cause is one fault: controls that the same file proves fail together.", Configuration, Vulnerability, Theft),
		See: []string{"tolerance", "single point of failure", "trusted base"},
	},
	{
		Name: "tolerance", Also: []string{"fault tolerance"},
		Doc: "How many faults must coincide before an attacker reaches an asset; \"2 (2F or 1F+1V)\" adds of which classes. 0: it is open today. 1: it has a single point of failure. " +
			"Breaches of the trusted base are not counted. In an invariant, tolerance(FROM, TO) is this number. It counts possibilities that the catalogue knows; it is no probability.",
		See: []string{"fault", "open today", "single point of failure", "trusted base", "invariant"},
	},
	{
		Name: "open today", Also: []string{"open"},
		Doc: "The attacker gets there with what he holds: no control that is in force blocks the way, and no fault is needed. The report tells the cheapest path, and what would close it.",
		See: []string{"tolerance", "blocked"},
	},
	{
		Name: "single point of failure", Also: []string{"single points of failure", "single fault", "single faults", "N-1"},
		Doc: "One fault that alone opens an asset which is closed today. The list is complete for what the catalogue models, because single faults are always searched to the end.",
		See: []string{"fault", "tolerance"},
	},
	{
		Name: "no modelled path", Also: []string{"no path"},
		Doc: "No sequence of steps of the catalogue leads the attacker there, even if every control fails. It says nothing of ways that the catalogue does not know.",
		See: []string{"attack step", "searched, none found"},
	},
	{
		Name: "searched, none found", Also: []string{"at least", "lower bound", "not searched", "budget"},
		Doc: "Sets of so many faults were all looked at and none opens a way; larger ones were not looked at, so the tolerance is at least one more. --faults and --budget search further, as does a question about one attacker and one asset.",
		See: []string{"tolerance"},
	},
	{
		Name: "blocked", Also: []string{"blocked step", "nearest blocked steps", "frontier", "blocks"},
		Doc: "A step whose premises the attacker holds, and which a control in force prevents. The report names the control and the file that proves it. Controls that only hinder or reveal a step never block it.",
		See: []string{"control", "proved"},
	},
	{
		Name: "trusted base",
		Doc:  "What the whole design rests on, such as those who administer the identity provider, or the vendor of the network plugin. A breach of it is no fault that is counted: the report lists every part, and how many steps a breach of it opens.",
		See:  []string{"tolerance", "fault"},
	},
	{
		Name: model.Proved.String(), Also: []string{"proof"},
		Doc: "A check found the control in the bytes of a file, for its subject. Only such controls block steps. Proof is about files: a machine that does not run them is not covered.",
		See: []string{"claim", "attested", "absent"},
	},
	{
		Name: model.Attested.String(), Also: []string{"declared", "only stated", "--trust-attested"},
		Doc: "No file can prove the control; a team states it in an attestation, with evidence and a date of review. It blocks a step only with --trust-attested. " +
			"What a block merely declares, such as physical.disk_encryption, is not yet stated by anybody who vouches for it.",
		See: []string{"attestation", "proved", "absent"},
	},
	{
		Name: model.Absent.String(), Also: []string{StateUndone, StateWithout},
		Doc: "The control is neither proved nor attested, so it blocks nothing. \"" + StateUndone + "\": it is there, but the attacker brings it down on his way. \"" + StateWithout + "\": the analysis was asked to do without it, with --without.",
		See: []string{"proved", "attested", "weakening"},
	},
	{
		Name: model.Default.String(),
		Doc:  "Kubernetes or the provisioner has the control without us. It counts where the cluster is analysed without the generated files, with --before.",
		See:  []string{"proved", "absent"},
	},
	{
		Name: "accepted risk", Also: []string{"accepted risks"},
		Doc: "A weakening that an exception covers: it is in the files, and somebody has answered for it until a date.",
		See: []string{"exception", "weakening"},
	},
	{
		Name: "what would help most", Also: []string{"help", "pairs", "pair"},
		Doc: "Additions, each with the number of pairs of attacker and asset that would then withstand one fault more. Each says what to write into the specification, or what to do and then to attest.",
		See: []string{"tolerance", "attestation"},
	},
}
