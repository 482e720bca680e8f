package model

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Invariant is a condition that must hold of the threat model. The model parses it and checks its types; what it asks is
// answered by whoever analyses attacks.
type Invariant struct {
	named
	Name    string
	Message string     // what to say where it does not hold
	Asks    []Question // whose answers the condition needs, sorted, each once

	condition func(tolerance func(Question) int) bool
}

// Question asks how many faults must coincide before an attacker who starts at one place reaches another.
type Question struct {
	From Address // of a block of attackerKinds
	To   Address // of a block of targetKinds
}

// Holds reports whether the condition is true. The function gives the number of faults of each question in Asks: 0 where
// a way is open today; where no set of faults that was looked at opens one, a number above the largest size looked at.
func (i *Invariant) Holds(tolerance func(Question) int) bool { return i.condition(tolerance) }

// attackerKinds are the kinds of blocks where an attacker may start: a zone, somebody with a device of a team, a job of a
// pipeline, a developer of a repository, code in a workload, somebody at the machines of a pool, a foreign cluster.
var attackerKinds = []string{"zone", "workload", "team", "pipeline", "repository", "node_pool", "foreign_cluster"}

// targetKinds are the kinds of blocks that an attacker may reach.
var targetKinds = []string{"asset", "workload", "node_pool", "cluster"}

// toleranceName is the function of conditions; it is known nowhere else.
const toleranceName = "tolerance"

// toleranceFunction answers questions by the function, which may not know the answer yet.
func toleranceFunction(answer func(Question) cty.Value) function.Function {
	address := func(args []cty.Value, i int, kinds []string) (Address, error) {
		r, ok := asRef(args[i])
		if !ok || !slices.Contains(kinds, r.kind) {
			return "", function.NewArgErrorf(i, "found %s where a reference to a %s is needed", friendly(args[i]), either(kinds))
		}
		return r.addr, nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "from", Type: cty.DynamicPseudoType}, {Name: "to", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			from, err := address(args, 0, attackerKinds)
			if err != nil {
				return cty.UnknownVal(cty.Number), err
			}
			to, err := address(args, 1, targetKinds)
			if err != nil {
				return cty.UnknownVal(cty.Number), err
			}
			return answer(Question{from, to}), nil
		},
	})
}

func (l *loader) buildInvariant(n *node) {
	i := n.object.(*Invariant)
	i.Message = as[string](l, n, "error_message")
	a := n.attribute("condition")
	if a == nil {
		return
	}
	expr, diags := l.native(a.expr)
	if diags.HasErrors() {
		l.diags = append(l.diags, diags...)
		return
	}
	names, ok := l.scope(expr.Variables(), a.each)
	if !ok {
		return
	}
	evaluate := func(answer func(Question) cty.Value) (cty.Value, hcl.Diagnostics) {
		ctx := l.functions().NewChild()
		ctx.Variables = names.value().AsValueMap()
		ctx.Functions = map[string]function.Function{toleranceName: toleranceFunction(answer)}
		return l.compute(expr, ctx)
	}
	// Nobody knows the answers yet: every branch is followed, and each question is heard.
	v, diags := evaluate(func(q Question) cty.Value {
		i.Asks = append(i.Asks, q)
		return cty.UnknownVal(cty.Number)
	})
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
		l.diags = append(l.diags, l.inUse(d))
	}
	switch {
	case diags.HasErrors():
	case v.Type() != cty.Bool || v.IsNull():
		l.errorf(a.expr.Range(), "Wrong type", "A condition is true or false, for example tolerance(zone.internet, asset.orders) >= 2.")
	case len(i.Asks) == 0:
		l.errorf(a.expr.Range(), "Nothing asked", "The condition does not speak of the threat model. Ask it: tolerance(FROM, TO) is the number of faults that must coincide before an attacker who starts at FROM reaches TO.")
	}
	slices.SortFunc(i.Asks, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	i.Asks = slices.Compact(i.Asks)
	i.condition = func(tolerance func(Question) int) bool {
		*l.meter = *newMeter() // the specification is read, and conditions may be asked as often as one likes
		v, diags := evaluate(func(q Question) cty.Value { return cty.NumberIntVal(int64(tolerance(q))) })
		// An answer can make a condition fail where it was not foreseen: an index beyond the end of a list. It then does not hold.
		return !diags.HasErrors() && v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True()
	}
}
