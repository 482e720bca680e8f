package model

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Ten lines can ask for more than any machine has: locals that double, loops in loops, a width of a billion. So
// evaluation is charged. The meter stands around each expression that can run many times or make something large, in
// the tree that HCL's parser made; functions whose result is out of proportion are charged before they run, see costs.

// meter counts the steps that evaluation may still take.
type meter struct {
	left  int // of the expression that is being evaluated
	total int // of all expressions
	spent *exceeded
}

// exceeded is what a meter ends an evaluation with. HCL's functions catch it and go on; the next charge ends them again.
type exceeded struct{ summary, detail string }

func nestedTooDeeply() *exceeded {
	return &exceeded{"Nested too deeply", "This has more than " + limitDepth.String() + " inside each other. Name parts of it in locals."}
}

func textTooLong() *exceeded {
	return &exceeded{"Text too long", "The text has more than " + limitText.String() + ", which is more than Kubernetes takes in one object."}
}

func numberTooLong() *exceeded {
	return &exceeded{"Number too long", "The number has more than " + limitDigits.String() + ", or an exponent of more than three."}
}

func newMeter() *meter { return &meter{left: limitSteps.Most, total: limitWork.Most} }

// charge takes steps off the meter.
func (m *meter) charge(n int) {
	n = min(n, m.left+1) // what is refused before it is done
	m.left -= n
	m.total -= n
	if m.left < 0 || m.total < 0 {
		m.exceed(&exceeded{"Too much to evaluate", "This takes more than " + limitSteps.String() + ". Repeat less, or write the value out."})
	}
}

// chargeProduct is charge for a number that may not fit.
func (m *meter) chargeProduct(a, b int) {
	if a > 0 && b > limitSteps.Most/a {
		m.charge(limitSteps.Most + 1)
	}
	m.charge(a * b)
}

func (m *meter) exceed(e *exceeded) {
	if m.spent == nil {
		m.spent = e
	}
	panic(e)
}

// Steps.
const (
	stepsEach  = 8     // to evaluate an expression, besides one for each part of it
	stepsError = 1_000 // for a problem, which is kept with its words
	madeValue  = 4     // for a value that was made
	compared   = 64    // for a value that is compared with another one: cty looks at each inner one again and again
	seenBytes  = 16    // bytes of text that one step looks at
	madeBytes  = 4     // bytes of text that one step makes
)

// made charges for a value that was made, and holds its texts against their bound.
func (m *meter) made(v cty.Value) { m.weigh(v, madeValue, madeBytes, 0) }

// weigh charges for each value inside the value. A value that holds another one twice is as heavy as it looks: whatever
// walks over it meets both.
func (m *meter) weigh(v cty.Value, each, bytes, depth int) {
	m.charge(each)
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || v.IsMarked() {
		return
	}
	if depth > limitDepth.Most {
		m.exceed(nestedTooDeeply())
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		n := len(v.AsString())
		m.charge(n / bytes)
		if numeric(v.AsString()) {
			m.chargeProduct(n/16, n/16) // what reading it as a number costs
		}
		if n > limitText.Most {
			m.exceed(textTooLong())
		}
	case ty == cty.Number:
		f := v.AsBigFloat()
		if e := f.MantExp(nil); f.IsInf() || e > maxBits || e < -maxBits || f.Prec() > maxBits {
			m.exceed(&exceeded{"Number out of range", "The number has more than a thousand digits before or after the point."})
		}
	case ty.IsPrimitiveType() || ty.IsCapsuleType():
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			m.weigh(e, each, bytes, depth+1)
		}
	}
}

// maxBits bounds numbers while computing: about a thousand decimal digits. Written out, 1e600000000 fills the memory.
const maxBits = 3400

// metered is an expression that the meter stands around.
type metered struct {
	hclsyntax.Expression
	meter *meter
	bare  hclsyntax.Expression // as parsed
	size  int                  // expressions inside
	each  int                  // steps for each value in the result
	bytes int                  // bytes of text in the result for a step
}

// UnwrapExpression lets HCL's static analysis see what the meter stands around.
func (e *metered) UnwrapExpression() hcl.Expression { return e.bare }

// Value evaluates the expression and charges for it.
func (e *metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	e.meter.charge(e.size + stepsEach)
	v, diags := e.Expression.Value(ctx)
	if diags.HasErrors() {
		e.meter.charge(stepsError)
	} else {
		e.meter.weigh(v, e.each, e.bytes, 0)
	}
	return v, diags
}

// bare returns an expression as it was parsed.
func bare(expr hcl.Expression) hcl.Expression {
	if m, ok := expr.(*metered); ok {
		return m.bare
	}
	return expr
}

// body puts the meter around the expressions of a body.
func (m *meter) body(b *hclsyntax.Body) {
	for _, a := range b.Attributes {
		a.Expr = m.around(a.Expr)
	}
	for _, c := range b.Blocks {
		m.body(c.Body)
	}
}

// around puts the meter around an expression and those inside it.
func (m *meter) around(e hclsyntax.Expression) hclsyntax.Expression {
	return m.wrap(e, m.inside(e))
}

func (m *meter) wrap(e hclsyntax.Expression, size int) hclsyntax.Expression {
	w := &metered{Expression: e, meter: m, bare: e, size: size, each: 1, bytes: seenBytes}
	switch e.(type) {
	case *hclsyntax.FunctionCallExpr, *hclsyntax.TemplateExpr, *hclsyntax.TemplateJoinExpr, *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		w.each, w.bytes = madeValue, madeBytes
	case *hclsyntax.ScopeTraversalExpr:
		// HCL finds the names in an expression by their type. It looks inside what it does not know, not at it.
		w.Expression = &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}
	}
	return w
}

// inside puts the meter around the parts of an expression, and returns how many there are, with the expression itself.
func (m *meter) inside(e hclsyntax.Expression) int {
	size := 1
	// A part that only names or holds a value costs nothing where it is evaluated once; often says that it is not.
	part := func(at *hclsyntax.Expression, often bool) {
		if *at == nil {
			return
		}
		n := m.inside(*at)
		size += n
		switch (*at).(type) {
		case *hclsyntax.LiteralValueExpr, *hclsyntax.ScopeTraversalExpr, *hclsyntax.AnonSymbolExpr:
			if !often {
				return
			}
		case *hclsyntax.ObjectConsKeyExpr:
			return
		}
		*at = m.wrap(*at, n)
	}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if ty := e.Val.Type(); ty == cty.String && !e.Val.IsNull() {
			size += len(e.Val.AsString()) / seenBytes
		}
	case *hclsyntax.BinaryOpExpr:
		part(&e.LHS, true)
		part(&e.RHS, true)
		if e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual {
			e.LHS.(*metered).each, e.RHS.(*metered).each = compared, compared
		}
	case *hclsyntax.UnaryOpExpr:
		part(&e.Val, true)
	case *hclsyntax.ConditionalExpr:
		part(&e.Condition, false)
		part(&e.TrueResult, true)
		part(&e.FalseResult, true)
	case *hclsyntax.FunctionCallExpr:
		for i := range e.Args {
			part(&e.Args[i], true)
		}
	case *hclsyntax.ForExpr:
		part(&e.CollExpr, false)
		part(&e.KeyExpr, true)
		part(&e.ValExpr, true)
		part(&e.CondExpr, true)
	case *hclsyntax.SplatExpr:
		part(&e.Source, false)
		part(&e.Each, true)
	case *hclsyntax.IndexExpr:
		part(&e.Collection, false)
		part(&e.Key, false)
	case *hclsyntax.RelativeTraversalExpr:
		part(&e.Source, false)
	case *hclsyntax.ParenthesesExpr:
		part(&e.Expression, false)
	case *hclsyntax.TupleConsExpr:
		for i := range e.Exprs {
			part(&e.Exprs[i], false)
		}
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			part(&e.Items[i].KeyExpr, false)
			part(&e.Items[i].ValueExpr, false)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		part(&e.Wrapped, false)
	case *hclsyntax.TemplateExpr:
		for i := range e.Parts {
			_, literal := e.Parts[i].(*hclsyntax.LiteralValueExpr)
			part(&e.Parts[i], !literal) // HCL knows a plain text by its one literal part
		}
	case *hclsyntax.TemplateJoinExpr:
		part(&e.Tuple, false)
	case *hclsyntax.TemplateWrapExpr:
		part(&e.Wrapped, false)
	}
	return size
}

// compute evaluates an expression that a meter stands around. It is the only way to a value: what passes a bound becomes
// a diagnostic at the expression.
func (l *loader) compute(expr hclsyntax.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	var v cty.Value
	var diags hcl.Diagnostics
	if beyond := l.within(expr.Range(), func() {
		if v, diags = expr.Value(ctx); !diags.HasErrors() {
			l.meter.made(v)
		}
	}); beyond != nil {
		return cty.DynamicVal, beyond.at(expr.Range())
	}
	return v, diags
}

// within runs what evaluates an expression, for which the steps of one are left. The result is what was exceeded, or nil.
func (l *loader) within(at hcl.Range, part func()) *exceeded {
	m := l.meter
	m.left, m.spent = limitSteps.Most, nil
	func() {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(*exceeded); !ok {
					panic(r)
				}
			}
		}()
		part()
	}()
	if m.spent != nil {
		l.spend(at, 0)
	}
	return m.spent
}

// spend charges for work outside of an expression, and ends the loading when the steps of all expressions are spent.
func (l *loader) spend(at hcl.Range, n int) {
	if l.meter.total -= n; l.meter.total < 0 {
		l.stop(at, "Too much to evaluate", "Here all expressions together have taken more than %s. Repeat less, or write values out.", limitWork)
	}
}
