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
	Calls   []CallQuestion

	condition func(Answers) bool
}

// Answers answers the questions of a condition.
type Answers struct {
	// Tolerance gives the number of faults of a question in Asks: 0 where a way is open today; where no set of faults that
	// was looked at opens one, a number above the largest size looked at.
	Tolerance func(Question) int
	// Callers gives all who may connect to the port or workload of a question in Calls. It is false where nobody knows,
	// because no file is proved to keep others away; a condition that needs it then does not hold.
	Callers func(CallQuestion) ([]Peer, bool)
}

// Question asks how many faults must coincide before an attacker who starts at one place reaches another.
type Question struct {
	From Address // of a block of attackerKinds
	To   Address // of a block of targetKinds
}

// CallQuestion asks whether nobody else may connect to a port, or to any port of a workload.
type CallQuestion struct {
	To   Address
	Only []Address // those who may, sorted; a namespace stands for its workloads
}

// Others returns those callers that the question does not name.
func (q CallQuestion) Others(callers []Peer) []Peer {
	var others []Peer
	for _, c := range callers {
		named := slices.Contains(q.Only, c.Addr())
		if w, ok := c.(*Workload); ok {
			named = named || slices.Contains(q.Only, w.Namespace.Addr())
		}
		if !named {
			others = append(others, c)
		}
	}
	return others
}

func (q CallQuestion) compare(o CallQuestion) int {
	return cmp.Or(cmp.Compare(q.To, o.To), slices.Compare(q.Only, o.Only))
}

// Holds reports whether the condition is true.
func (i *Invariant) Holds(a Answers) bool { return i.condition(a) }

// attackerKinds are the kinds of blocks where an attacker may start: a zone, somebody with a device of a team, a job of a
// pipeline, a developer of a repository, code in a workload, somebody at the machines of a pool, a foreign cluster.
var attackerKinds = []string{"zone", "workload", "team", "pipeline", "repository", "node_pool", "foreign_cluster"}

// targetKinds are the kinds of blocks that an attacker may reach.
var targetKinds = []string{"asset", "workload", "node_pool", "cluster"}

// calledKinds are what connections lead to, callerKinds the kinds of blocks that they come from.
var (
	calledKinds = []string{"port", "workload"}
	callerKinds = []string{"workload", "namespace", "gateway", "zone", "vpn", "jump_box", "node_pool", "foreign_cluster"}
)

// The functions of conditions, which are known nowhere else.
const (
	toleranceName  = "tolerance"
	calledOnlyName = "called_only_by"
)

// refArgument is the address that an argument of a condition's function names.
func refArgument(v cty.Value, i int, kinds []string) (Address, error) {
	r, ok := asRef(v)
	if !ok || !slices.Contains(kinds, r.kind) {
		return "", function.NewArgErrorf(i, "found %s where a reference to a %s is needed", friendly(v), either(kinds))
	}
	return r.addr, nil
}

// calledOnlyFunction answers questions by the function, which may not know the answer yet.
func calledOnlyFunction(answer func(CallQuestion) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "to", Type: cty.DynamicPseudoType}},
		VarParam: &function.Parameter{Name: "from", Type: cty.DynamicPseudoType},
		Type:     function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			to, err := refArgument(args[0], 0, calledKinds)
			if err != nil {
				return cty.UnknownVal(cty.Bool), err
			}
			q := CallQuestion{To: to}
			add := func(v cty.Value, i int) error {
				from, err := refArgument(v, i, callerKinds)
				if err == nil {
					q.Only = append(q.Only, from)
				}
				return err
			}
			for i, v := range args[1:] {
				var err error
				if t := v.Type(); !v.IsNull() && v.IsKnown() && (t.IsTupleType() || t.IsListType() || t.IsSetType()) {
					for it := v.ElementIterator(); it.Next() && err == nil; {
						_, x := it.Element()
						err = add(x, i+1)
					}
				} else {
					err = add(v, i+1)
				}
				if err != nil {
					return cty.UnknownVal(cty.Bool), err
				}
			}
			slices.Sort(q.Only)
			q.Only = slices.Compact(q.Only)
			return answer(q), nil
		},
	})
}

// toleranceFunction answers questions by the function, which may not know the answer yet.
func toleranceFunction(answer func(Question) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "from", Type: cty.DynamicPseudoType}, {Name: "to", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			from, err := refArgument(args[0], 0, attackerKinds)
			if err != nil {
				return cty.UnknownVal(cty.Number), err
			}
			to, err := refArgument(args[1], 1, targetKinds)
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
	evaluate := func(tolerance func(Question) cty.Value, calledOnly func(CallQuestion) cty.Value) (cty.Value, hcl.Diagnostics) {
		ctx := l.functions().NewChild()
		ctx.Variables = names.value().AsValueMap()
		ctx.Functions = map[string]function.Function{toleranceName: toleranceFunction(tolerance), calledOnlyName: calledOnlyFunction(calledOnly)}
		return l.compute(expr, ctx)
	}
	// Nobody knows the answers yet: every branch is followed, and each question is heard.
	v, diags := evaluate(func(q Question) cty.Value {
		i.Asks = append(i.Asks, q)
		return cty.UnknownVal(cty.Number)
	}, func(q CallQuestion) cty.Value {
		i.Calls = append(i.Calls, q)
		return cty.UnknownVal(cty.Bool)
	})
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
		l.diags = append(l.diags, l.inUse(d))
	}
	switch {
	case diags.HasErrors():
	case v.Type() != cty.Bool || v.IsNull():
		l.errorf(a.expr.Range(), "Wrong type", "A condition is true or false, for example tolerance(zone.internet, asset.orders) >= 2.")
	case len(i.Asks) == 0 && len(i.Calls) == 0:
		l.errorf(a.expr.Range(), "Nothing asked", "The condition does not speak of the threat model. Ask it: tolerance(FROM, TO) is the number of faults that must coincide before an attacker who starts at FROM reaches TO; called_only_by(TO, FROM…) says that nobody else may connect to TO.")
	}
	slices.SortFunc(i.Asks, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	i.Asks = slices.Compact(i.Asks)
	slices.SortFunc(i.Calls, CallQuestion.compare)
	i.Calls = slices.CompactFunc(i.Calls, func(a, b CallQuestion) bool { return a.compare(b) == 0 })
	i.condition = func(a Answers) bool {
		*l.meter = *newMeter() // the specification is read, and conditions may be asked as often as one likes
		// A question that hangs on the answer to another was not announced, and nobody has looked for its answer.
		v, diags := evaluate(func(q Question) cty.Value {
			if !slices.Contains(i.Asks, q) {
				return cty.UnknownVal(cty.Number)
			}
			return cty.NumberIntVal(int64(a.Tolerance(q)))
		}, func(q CallQuestion) cty.Value {
			if !slices.ContainsFunc(i.Calls, func(o CallQuestion) bool { return q.compare(o) == 0 }) {
				return cty.UnknownVal(cty.Bool)
			}
			callers, known := a.Callers(q)
			if !known {
				return cty.UnknownVal(cty.Bool)
			}
			return cty.BoolVal(len(q.Others(callers)) == 0)
		})
		// An answer can make a condition fail where it was not foreseen: an index beyond the end of a list. It then does not hold.
		return !diags.HasErrors() && v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True()
	}
}
