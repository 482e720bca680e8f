package threatmodel

import (
	"fmt"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// remedies says what brings a control that is neither attested nor weakened by a value: %s is the name of its subject.
var remedies = map[model.ControlID]string{
	model.ImageDigest:        "let the pipeline write the image's digest to images.bartizan.json",
	model.DigestsEnforced:    "let the pipeline write the digests of all images to images.bartizan.json",
	model.ExceptionsConfined: "give add-ons whose pods need exceptions a namespace at the restricted level, or declare their pods as workloads",
	model.NodeSSHClosed:      `write ssh = "on-request" in the node_pool`,
	model.RuntimeSandbox:     `place the workload on a node_pool with runtime = "gvisor"`,
}

// change says in the language of the specification what would bring the control to its subject.
func (a *analysis) change(c *Control) string {
	m := model.LookupControl(c.ID)
	switch {
	case a.failed[c.hold()] != "":
		return "leave out --assume-fault " + a.failed[c.hold()]
	case c.State == StateWithout:
		return "leave out --without " + string(c.ID)
	case len(c.Weakenings) > 0:
		var list []string
		for _, w := range c.Weakenings {
			list = append(list, string(w.Address))
		}
		return "take away " + strings.Join(list, ", ")
	case c.State == model.Attested.String():
		return "attestation " + c.Attestation + " states it: --trust-attested counts it"
	case m != nil && m.Attested:
		return fmt.Sprintf("an attestation with control = %q and subject = %s (bartizan explain attestation shows one), and --trust-attested", c.ID, c.Subject)
	case remedies[c.ID] != "":
		return remedies[c.ID]
	}
	return "see bartizan explain " + string(c.ID)
}
